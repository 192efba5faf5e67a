/** All units that a search finds, and what is known of single ones. */
import { type Run, server, type UnitLine, type UnitQuery, type UnitRef } from "./client.js";
import { MOST_SILENCED, nameOf } from "./silenced.js";

const PAGE = 500;
const known = new Map<string, UnitLine>();
const keyOf = (run: string, unit: UnitRef) => `${run}/${nameOf(unit)}`;

function note(run: string, units: readonly UnitLine[]): void {
  for (const unit of units) known.set(keyOf(run, unit), unit);
}

/** Some of what a search finds, and how many there are. */
export async function someUnits(run: Run, query: UnitQuery, limit: number, signal: AbortSignal) {
  const { total, units } = await server.units(run.id, { ...query, limit: String(limit) }, signal);
  note(run.id, units);
  return { total, units };
}

/** All that it finds, as many as can be switched off. */
export async function everyUnit(run: Run, query: UnitQuery, signal?: AbortSignal): Promise<UnitLine[]> {
  const all: UnitLine[] = [];
  for (let total = 1; all.length < Math.min(total, MOST_SILENCED); ) {
    const page = { ...query, offset: String(all.length), limit: String(PAGE) };
    const found = await server.units(run.id, page, signal);
    total = found.total;
    if (found.units.length === 0) break;
    all.push(...found.units);
  }
  note(run.id, all);
  return all;
}

/** What lists say of units, in their order; undefined for those that the run does not have. */
export async function linesOf(run: Run, units: readonly UnitRef[], signal: AbortSignal) {
  const unknown = units.filter((unit) => !known.has(keyOf(run.id, unit)));
  const outcomes = await Promise.allSettled(unknown.map((unit) => server.unit(run.id, unit, {}, signal)));
  note(
    run.id,
    outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [{ ...outcome.value, exemplars: outcome.value.exemplars.length }] : [],
    ),
  );
  return units.map((unit) => known.get(keyOf(run.id, unit)));
}
