/** The units that fire on a picture, as a list to walk through: the one that is pointed at, or chosen, is shown on the picture. */
import { type KeyboardEvent, useEffect, useRef } from "react";
import { amount, percent } from "../shared/numbers.js";
import { type FiredLine, type Run, server } from "./client.js";
import { Marked } from "./marked.js";
import { unitsText } from "./places.js";
import { doubtName, silenceOf, unitName } from "./words.js";

const TILES = 5;

interface FiredProps {
  readonly run: Run;
  readonly lines: readonly FiredLine[];
  /** Words to mark. */
  readonly words: string;
  readonly chosen: FiredLine | undefined;
  readonly choose: (line: FiredLine) => void;
  readonly point: (line: FiredLine | undefined) => void;
  /** Whether somebody comes back to what was chosen. */
  readonly returns: boolean;
  readonly open: (line: FiredLine) => void;
}

export function Fired({ run, lines, words, chosen, choose, point, returns, open }: FiredProps) {
  const list = useRef<HTMLDivElement>(null);
  const walks = useRef(returns);
  const place = chosen ? lines.indexOf(chosen) : -1;
  useEffect(() => {
    if (!walks.current) return;
    walks.current = false;
    list.current?.children[place]?.scrollIntoView({ block: "nearest" });
    (list.current?.children[place] as HTMLElement | undefined)?.focus({ preventScroll: true });
  }, [place]);
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && chosen) {
      open(chosen);
      return;
    }
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -8,
      PageDown: 8,
      Home: -lines.length,
      End: lines.length,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(lines.length - 1, place + steps[event.key]));
    if (next === place) return;
    walks.current = true;
    choose(lines[next]);
  };
  return (
    <div
      ref={list}
      className="fired"
      role="listbox"
      aria-label="Units that fire, strongest first"
      onKeyDown={pressed}
      onPointerLeave={() => point(undefined)}
    >
      {lines.map((line, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys
        <div
          key={unitsText([line])}
          role="option"
          aria-selected={line === chosen}
          tabIndex={line === chosen || (place < 0 && i === 0) ? 0 : -1}
          onClick={() => choose(line)}
          onDoubleClick={() => open(line)}
          onPointerEnter={({ pointerType }) => pointerType === "mouse" && point(line)}
        >
          <FiredUnit run={run} line={line} words={words} />
        </div>
      ))}
    </div>
  );
}

function FiredUnit({ run, line, words }: { run: Run; line: FiredLine; words: string }) {
  const { text, doubts, activation, level, above } = line;
  return (
    <>
      <Strip run={run} line={line} count={TILES} />
      <span className="what">
        <span className={text ? "says" : "says silent"}>
          {text ? <Marked text={text} words={words} /> : silenceOf(line, run)}
        </span>
        <span className="soft small where">
          <span>
            {unitName(run, line)}, on {percent(above)} of the picture
          </span>
          {doubts.map((doubt) => (
            <span key={doubt} className="tag doubt">
              {doubtName(doubt)}
            </span>
          ))}
        </span>
      </span>
      <span
        className="stands small"
        title={`activation ${amount(activation)}, level ${amount(level)}; above it on ${percent(above)} of the picture`}
      >
        <Standing line={line} />
        {standing(line)}
      </span>
    </>
  );
}

/** How high the picture would stand among a unit's exemplars. */
export function standing({ outranks, exemplars }: FiredLine): string {
  if (exemplars === 0) return "no exemplars";
  if (outranks === 0) return `below all ${exemplars} exemplars`;
  if (outranks >= exemplars) return `above all ${exemplars} exemplars`;
  return `above ${outranks} of ${exemplars} exemplars`;
}

/** The same to be seen: a step for each exemplar, from the weakest; those that the picture is above are filled. */
function Standing({ line: { outranks, exemplars } }: { line: FiredLine }) {
  return (
    <svg viewBox={`0 0 ${Math.max(1, exemplars) * 4} 8`} preserveAspectRatio="none" aria-hidden="true">
      {Array.from({ length: exemplars }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name
        <rect key={i} x={4 * i} width="3" height="8" className={i < outranks ? "filled" : ""} />
      ))}
    </svg>
  );
}

/** A unit's first exemplars under their masks. */
export function Strip({ run, line, count }: { run: Run; line: FiredLine; count: number }) {
  const strip = server.pictures.strip(run, line, count);
  const ratio = `${Math.max(1, strip.count) * run.width} / ${run.height}`;
  return (
    <span className="strip" style={{ aspectRatio: ratio }}>
      {strip.count > 0 && run.cannot.pictures === null && (
        <img key={strip.source} src={strip.source} alt="" loading="lazy" />
      )}
    </span>
  );
}
