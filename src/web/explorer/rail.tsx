/** The filters beside the grid. */
import { useEffect, useState } from "react";
import { useAnswer, useQuiet } from "../shared/asking.js";
import { counted, percent, whole } from "../shared/numbers.js";
import { Slider } from "../shared/parts.js";
import { type Run, server, type UnitQuery } from "./client.js";
import { type Filter, filterCount, layersOf, layersText, SPEECH, USUAL } from "./filters.js";
import { doubtName, VERDICTS } from "./words.js";

interface RailProps {
  readonly run: Run;
  readonly filters: UnitQuery;
  /** Sets filters; what is as usual leaves the address. */
  readonly set: (changes: UnitQuery) => void;
}

export function Rail({ run, filters, set }: RailProps) {
  const [open, setOpen] = useState(false);
  const count = filterCount(filters);
  return (
    <aside className="rail" aria-label="Filters">
      <button type="button" className="opener" aria-expanded={open} onClick={() => setOpen(!open)}>
        Filters{count > 0 && ` (${count})`}
      </button>
      <div className={open ? "filters open" : "filters"}>
        <Layers {...{ run, filters, set }} />
        <Choices {...{ run, filters, set }} />
        {run.described > 0 && <Confidence filters={filters} set={set} />}
        <button type="button" disabled={count === 0} onClick={() => set(cleared(filters))}>
          Clear filters
        </button>
      </div>
    </aside>
  );
}

/** Words and order stay. */
const cleared = (filters: UnitQuery): UnitQuery => {
  const { q, meaning, sort, descending } = { ...USUAL, ...filters };
  return { ...USUAL, q, meaning, sort, descending };
};

function Layers({ run, filters, set }: RailProps) {
  const chosen = layersOf(filters.layers);
  const toggled = (place: number) =>
    chosen.includes(place) ? chosen.filter((other) => other !== place) : [...chosen, place];
  return (
    <fieldset className="layers">
      <legend>Layers</legend>
      {run.layers.map(({ place, display, name, units }) => (
        <label key={place} title={name}>
          <input
            type="checkbox"
            checked={chosen.includes(place)}
            onChange={() => set({ layers: layersText(toggled(place), run) })}
          />
          <span className="name">{display}</span>
          <span className="soft number">{whole(units)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Choices({ run, filters, set }: RailProps) {
  const clusters = useAnswer(run.described > 0 ? run.id : null, (signal) => server.clusters(run.id, signal)).value;
  const chosen = { ...USUAL, ...filters };
  const select = (name: Filter, text: string, options: readonly (readonly [string, string])[]) => (
    <label className="field">
      <span>{text}</span>
      <select value={chosen[name]} onChange={(event) => set({ [name]: event.target.value })}>
        {options.map(([value, shown]) => (
          <option key={value} value={value}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
  const doubts = run.doubts.map((doubt) => [doubt, `– ${doubtName(doubt)}`] as const);
  return (
    <>
      {doubts.length > 0 &&
        select("doubt", "Doubts", [
          ["any", "with or without"],
          ["certain", "without doubts"],
          ["doubted", "with doubts"],
          ...doubts,
        ])}
      {select("verdict", "Verdict", [["any", "any or none"], ["none", "not judged"], ...VERDICTS])}
      {run.described > 0 && select("speech", "Has", SPEECH)}
      {clusters &&
        clusters.length > 0 &&
        select("cluster", "About", [
          ["-1", "anything"],
          ...clusters.map(({ cluster, name, units }) => [String(cluster), `${name} (${whole(units)})`] as const),
        ])}
    </>
  );
}

/** The slider moves at once, the list follows when it rests. */
function Confidence({ filters, set }: Pick<RailProps, "filters" | "set">) {
  const said = Number(filters.minConfidence ?? 0);
  const [value, setValue] = useState(said);
  useEffect(() => setValue(said), [said]);
  const quiet = useQuiet(value, 150);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the slider rests
  useEffect(() => {
    if (quiet === value && quiet !== said) set({ minConfidence: String(quiet) });
  }, [quiet]);
  return (
    <div className="field">
      <Slider
        label="Confidence from"
        min={0}
        max={1}
        step={0.05}
        value={value}
        shown={percent(value)}
        onChange={setValue}
      />
    </div>
  );
}

export const found = (total: number, all: number): string =>
  total === all ? counted(all, "unit") : `${whole(total)} of ${counted(all, "unit")}`;
