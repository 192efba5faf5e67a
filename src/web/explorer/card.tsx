/** A unit in few pixels: its first exemplars under their masks, what is said of it, and how far to trust it. */
import { memo, useLayoutEffect, useRef } from "react";
import { percent } from "../shared/numbers.js";
import { Link } from "../shared/router.js";
import { loadWhenCalm } from "./calm.js";
import { type Run, server, type UnitLine } from "./client.js";
import { Marked } from "./marked.js";
import { doubtName, silenceOf, unitName, verdictName } from "./words.js";

const ACROSS = 3;
export const TILES = 2 * ACROSS;

interface CardProps {
  readonly run: Run;
  readonly line: UnitLine;
  readonly to: string;
  /** Words to mark. */
  readonly words: string;
  readonly tabIndex: number;
  readonly index: number;
}

export const Card = memo(function Card({ run, line, to, words, tabIndex, index }: CardProps) {
  const { text, doubts, verdict, confidence } = line;
  return (
    <Link className="card" to={to} tabIndex={tabIndex} data-index={index}>
      <Tiles run={run} line={line} />
      <span className={text ? "says" : "says silent"}>
        {text ? <Marked text={text} words={words} /> : silenceOf(line, run)}
      </span>
      <span className="meta">
        <span className="name">{unitName(run, line)}</span>
        {confidence !== null && (
          <span className="confidence" title="Confidence: how far its other candidates say the same">
            <svg viewBox="0 0 28 4" aria-hidden="true">
              <rect width="28" height="4" rx="2" />
              <rect width={28 * confidence} height="4" rx="2" className="filled" />
            </svg>
            {percent(confidence)}
          </span>
        )}
      </span>
      <span className="tags">
        {verdict && <span className={`tag ${verdict}`}>{verdictName(verdict)}</span>}
        {doubts.map((doubt) => (
          <span key={doubt} className="tag doubt">
            {doubtName(doubt)}
          </span>
        ))}
      </span>
    </Link>
  );
});

/** Two rows of exemplars cut from one picture, which is asked for once the card has been there for a moment: not while it rushes past. */
function Tiles({ run, line }: { run: Run; line: UnitLine }) {
  const { source, count } = server.pictures.strip(run, line, TILES);
  const tiles = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => loadWhenCalm(tiles.current!, source), [source]);
  const width = `${(100 * count) / ACROSS}%`;
  const show = count > 0 && run.cannot.pictures === null;
  return (
    <span ref={tiles} className="tiles" style={{ aspectRatio: `${ACROSS * run.width} / ${2 * run.height}` }}>
      <span>{show && <img alt="" decoding="async" style={{ width }} />}</span>
      <span>{show && count > ACROSS && <img alt="" decoding="async" style={{ width, marginLeft: "-100%" }} />}</span>
    </span>
  );
}
