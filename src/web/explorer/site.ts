/**
 * A site of files (`milan export --format site`, contract in `src/explorer/site.ts`): the page reads what was written, and searches, filters and
 * sorts by itself.
 */
import type { z } from "zod";
import type * as written from "../../explorer/api/site.js";
import { FailedRequest, getJson } from "../shared/asking.js";
import type { Cluster, Comparison, Dashboard, Run, Source, UnitQuery, UnitRef } from "./client.js";
import { listKey } from "./filters.js";
import type { Line } from "./site-list.js";

type Site = z.infer<typeof written.Site>;
type SiteUnits = z.infer<typeof written.SiteUnits>;
type SiteUnit = z.infer<typeof written.SiteUnit>;

const runAddress = (run: string) => `api/runs/${encodeURIComponent(run)}`;
const unitAddress = (run: string, { layer, unit }: UnitRef) => `${runAddress(run)}/units/${layer}/${unit}`;

export function siteOf(file: string): Source {
  let strip = 0;
  let without = "This needs a server: milan serve.";
  const lists = new Map<string, Promise<readonly Line[]>>();
  const linesOf = (run: string) => {
    const lines = lists.get(run) ?? getJson<SiteUnits>(`${runAddress(run)}/units.json`).then(({ units }) => units);
    lists.set(run, lines);
    lines.catch(() => lists.delete(run)); // another time it may be there
    return lines;
  };
  let last: { key: string; lines: readonly Line[] } | undefined;
  const listed = async (run: string, query: UnitQuery) => {
    const { offset: _, limit: __, ...filters } = query;
    const key = listKey(run, filters);
    if (last?.key !== key) {
      // the pages that a server serves do without it
      const { found } = await import("./site-list.js");
      last = { key, lines: found(await linesOf(run), filters) };
    }
    return last.lines;
  };
  const unitOf = (run: string, unit: UnitRef, signal?: AbortSignal) =>
    getJson<SiteUnit>(`${unitAddress(run, unit)}.json`, signal);
  const refuse = async (): Promise<never> => {
    throw new FailedRequest(without, 0);
  };
  return {
    runs: async (signal) => {
      ({ strip, without } = await getJson<Site>(file, signal));
      return getJson<Run[]>("api/runs.json", signal);
    },
    units: async (run, query) => {
      const lines = await listed(run, query);
      const offset = Number(query.offset ?? 0);
      const units = lines.slice(offset, offset + Number(query.limit ?? 100));
      return { total: lines.length, offset, milliseconds: 0, units };
    },
    unit: async (run, at, query, signal) => {
      const [{ unit }, lines] = await Promise.all([unitOf(run, at, signal), listed(run, query)]);
      const place = lines.findIndex(({ layer, unit: number }) => layer === at.layer && number === at.unit);
      const refOf = (line: Line | undefined): [number, number] | null => (line ? [line.layer, line.unit] : null);
      const beside = (step: number) => refOf(place < 0 ? undefined : lines[place + step]);
      return { ...unit, previous: beside(-1), next: beside(1) };
    },
    neighbours: async (run, unit, signal) => (await unitOf(run, unit, signal)).neighbours,
    clusters: (run, signal) => getJson<Cluster[]>(`${runAddress(run)}/clusters.json`, signal),
    dashboard: (run, signal) => getJson<Dashboard>(`${runAddress(run)}/dashboard.json`, signal),
    compare: (a, b, signal) =>
      getJson<Comparison>(`api/compare/${encodeURIComponent(a)}/${encodeURIComponent(b)}.json`, signal),
    effect: refuse,
    probe: refuse,
    ablate: refuse,
    edited: refuse,
    review: refuse,
    pictures: {
      whole: ({ id }, image) => `${runAddress(id)}/images/${image}.webp`,
      strip: ({ id }, unit) => ({
        source: `${unitAddress(id, unit)}.strip.webp`,
        count: Math.min(strip, unit.exemplars),
      }),
      masks: ({ id }, unit) => `${unitAddress(id, unit)}.masks.png`,
      heat: ({ id }, unit) => `${unitAddress(id, unit)}.heat.png`,
      figure: (run, { id, type }) => `${runAddress(run.id)}/figures/${id}.${type === "image/png" ? "png" : "svg"}`,
      // there are none
      brought: () => "",
      broughtMask: () => "",
      broughtHeat: () => "",
    },
  };
}
