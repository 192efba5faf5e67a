/** All units of a run that words and filters leave, and what to find them with. */
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../shared/keys.js";
import { Failure, Loading } from "../shared/parts.js";
import { go, Link } from "../shared/router.js";
import type { PageProps } from "./app.js";
import { isSite, type UnitQuery } from "./client.js";
import { FALLING, filtersOf, SORTS, USUAL } from "./filters.js";
import { Grid } from "./grid.js";
import { useUnitLines } from "./list.js";
import { listAddress, pageAddress } from "./places.js";
import { found, Rail } from "./rail.js";

const TYPING_MS = 90;

export function UnitsPage({ run, query }: PageProps) {
  const filters = filtersOf(query);
  const { lines, pending } = useUnitLines(run.id, filters);
  const set = (changes: UnitQuery) => {
    const next = filtersOf({ ...filters, ...changes } as Record<string, string>);
    scrollTo(0, 0);
    go(listAddress(run.id, next), { replace: true });
  };
  const { total, failure } = lines;
  return (
    <div className="units">
      <h1 className="unseen">Units of {run.name}</h1>
      <Rail run={run} filters={filters} set={set} />
      <div className="found">
        <div className="finder">
          <Search
            said={filters.q ?? ""}
            set={(q) => set(q ? { q } : { q, meaning: "0", ...(filters.sort === "relevance" && { sort: "layer" }) })}
          />
          {filters.q && !isSite && (
            <label className="near" title="Also units whose descriptions have words of like meaning">
              <input
                type="checkbox"
                checked={filters.meaning === "1"}
                onChange={(event) => set({ meaning: event.target.checked ? "1" : "0" })}
              />
              near words too
            </label>
          )}
          <Order filters={filters} set={set} />
          <p className="count soft" role="status">
            {total === undefined ? "" : found(total, run.units)}
            {pending && total !== undefined ? " …" : ""}
          </p>
          {total !== undefined && total > 0 && total < run.units && (
            <Link to={pageAddress(run.id, "switch-off", filters as Record<string, string>)}>Switch these off</Link>
          )}
        </div>
        {failure && <Failure failure={failure} again={lines.again} />}
        {total === undefined && !failure && <Loading what="Opening the units" />}
        {total === 0 && <p className="state">No unit matches. Try fewer or shorter words, or other filters.</p>}
        {total !== undefined && total > 0 && (
          <Grid key={lines.key} {...{ run, lines, total, filters: pending ? {} : filters }} />
        )}
      </div>
    </div>
  );
}

/** Searches as one types: the list follows when the typing rests. */
function Search({ said, set }: { said: string; set: (q: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(said);
  const sent = useRef(said);
  useEffect(() => {
    if (said === sent.current) return;
    sent.current = said;
    setTyped(said);
  }, [said]);
  const latest = useRef(set);
  latest.current = set;
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      latest.current(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useKeys({ "/": () => field.current?.select() });
  const toGrid = () => document.querySelector<HTMLElement>('.grid [tabindex="0"]')?.focus();
  return (
    <input
      ref={field}
      type="search"
      aria-label="Search the descriptions"
      placeholder="Search the descriptions  ( / )"
      value={typed}
      maxLength={200}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowDown" && event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        toGrid();
      }}
    />
  );
}

function Order({ filters, set }: { filters: UnitQuery; set: (changes: UnitQuery) => void }) {
  const { sort, descending } = { ...USUAL, ...filters };
  const falls = descending === "1";
  const turn = "Turn the order round";
  return (
    <span className="order">
      <label>
        <span className="soft">by </span>
        <select
          value={sort}
          onChange={(event) =>
            set({ sort: event.target.value, descending: FALLING.has(event.target.value) ? "1" : "0" })
          }
        >
          {SORTS.filter(([value]) => value !== "relevance" || filters.q).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        aria-label={turn}
        title={turn}
        aria-pressed={falls}
        onClick={() => set({ descending: falls ? "0" : "1" })}
      >
        <span aria-hidden="true">{falls ? "↓" : "↑"}</span>
      </button>
    </span>
  );
}
