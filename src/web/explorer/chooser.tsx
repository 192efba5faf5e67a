/** Choosing units: by words, by layer, one by one; and those that are chosen. */
import { useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { counted, whole } from "../shared/numbers.js";
import { Failure } from "../shared/parts.js";
import { Link } from "../shared/router.js";
import type { Run } from "./client.js";
import { everyUnit, linesOf, someUnits } from "./every-unit.js";
import { Marked } from "./marked.js";
import { unitPlace, unitsOf, unitsText } from "./places.js";
import { MOST_SILENCED, nameOf, withoutUnit, withUnits } from "./silenced.js";
import { silenceOf, unitName } from "./words.js";

const TYPING_MS = 120;
const SHOWN_FOUND = 8;
const SHOWN_CHOSEN = 6;
const MOST_SHOWN = 400;

interface ChooserProps {
  readonly run: Run;
  /** As an address has them. */
  readonly units: string;
  readonly set: (units: string) => void;
}

export function Chooser({ run, units, set }: ChooserProps) {
  const [words, setWords] = useState("");
  const [layer, setLayer] = useState("");
  const [failure, setFailure] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const query = { q: words, layers: layer };
  const asks = words.trim() !== "" || layer !== "";
  const found = useAnswer(
    asks ? JSON.stringify([run.id, query]) : null,
    (signal) => someUnits(run, { ...query, ...(words.trim() ? { sort: "relevance" } : {}) }, SHOWN_FOUND, signal),
    { delayMs: TYPING_MS },
  );
  const total = asks ? found.value?.total : undefined;
  const addAll = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      set(withUnits(units, await everyUnit(run, query)));
    } catch (error) {
      setFailure(error as Error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="chooser">
      <div className="sieve">
        <input
          type="search"
          aria-label="Find units to switch off"
          placeholder="Find units by words"
          value={words}
          maxLength={200}
          onChange={(event) => setWords(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && total && !found.pending && void addAll()}
        />
        <select aria-label="In layer" value={layer} onChange={(event) => setLayer(event.target.value)}>
          <option value="">all layers</option>
          {run.layers.map(({ place, display }) => (
            <option key={place} value={place}>
              {display}
            </option>
          ))}
        </select>
      </div>
      <p className="found-all" role="status">
        {total !== undefined &&
          !found.pending &&
          (total === 0 ? "No unit matches." : `${counted(total, "unit")} found`)}
        {total !== undefined && total > 0 && (
          <button type="button" disabled={busy || found.pending} onClick={addAll}>
            {busy ? "Adding …" : allOff(total)}
          </button>
        )}
      </p>
      {(failure ?? (asks ? found.failure : undefined)) && (
        <Failure failure={(failure ?? found.failure)!} again={failure ? addAll : found.again} />
      )}
      {asks && found.value && total !== 0 && (
        <Found run={run} lines={found.value.units} words={words} units={units} set={set} />
      )}
    </div>
  );
}

function allOff(total: number): string {
  if (total === 1) return "Switch it off";
  return total > MOST_SILENCED ? `Switch the first ${whole(MOST_SILENCED)} off` : `Switch all ${whole(total)} off`;
}

type Lines = Awaited<ReturnType<typeof someUnits>>["units"];

function Found({ run, lines, words, units, set }: ChooserProps & { lines: Lines; words: string }) {
  const off = new Set(unitsOf(units).map(nameOf));
  return (
    <ul className="finds" aria-label="Units found">
      {lines.map((line) => (
        <li key={nameOf(line)}>
          <button
            type="button"
            aria-pressed={off.has(nameOf(line))}
            onClick={() => set(off.has(nameOf(line)) ? withoutUnit(units, line) : withUnits(units, [line]))}
          >
            <span className={line.text ? "" : "silent"}>
              {line.text ? <Marked text={line.text} words={words} /> : silenceOf(line, run)}
            </span>
            <span className="soft small">{unitName(run, line)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The units that are switched off, each with a way to switch it on again. */
export function Chosen({ run, units, set }: ChooserProps) {
  const all = unitsOf(units);
  const [opened, setOpened] = useState(false);
  const shown = all.slice(0, opened ? MOST_SHOWN : SHOWN_CHOSEN);
  const text = unitsText(shown);
  const lines = useAnswer(shown.length > 0 ? `${run.id}/${text}` : null, async (signal) => {
    const found = await linesOf(run, shown, signal);
    return new Map(found.flatMap((line) => (line ? [[nameOf(line), line] as const] : [])));
  });
  const rest = all.length - shown.length;
  return (
    <section className="chosen">
      <h2>{all.length === 0 ? "No unit is switched off" : `${counted(all.length, "unit")} switched off`}</h2>
      {all.length === 0 && (
        <p className="soft">Find some above, or press “Switch off” on the page of a unit or of a picture.</p>
      )}
      <ul aria-label="Units switched off">
        {shown.map((unit) => {
          const line = lines.value?.get(nameOf(unit));
          const said = line ? line.text || silenceOf(line, run) : "…";
          return (
            <li key={nameOf(unit)}>
              <Link to={unitPlace(run.id, unit)} title={unitName(run, unit)}>
                {said} <span className="soft small">{unitName(run, unit)}</span>
              </Link>
              <Remove name={`${said}, ${unitName(run, unit)}`} remove={() => set(withoutUnit(units, unit))} />
            </li>
          );
        })}
      </ul>
      {all.length > 0 && (
        <p className="ways">
          {rest > 0 && (
            <>
              <span className="soft">and {whole(rest)} more</span>
              {!opened && (
                <button type="button" onClick={() => setOpened(true)}>
                  Show {whole(Math.min(rest, MOST_SHOWN - SHOWN_CHOSEN))} of them
                </button>
              )}
            </>
          )}
          <button type="button" onClick={() => set("")}>
            Switch all on again
          </button>
        </p>
      )}
    </section>
  );
}

function Remove({ name, remove }: { name: string; remove: () => void }) {
  return (
    <button
      type="button"
      className="plain"
      aria-label={`Switch on again: ${name}`}
      title="Switch on again"
      onClick={remove}
    >
      <span aria-hidden="true">×</span>
    </button>
  );
}
