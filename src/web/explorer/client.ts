/**
 * The explorer's API for the page, typed by its schemas. The page asks a `Source`: the server that serves it, or the files of a site that was
 * written out (`milan export --format site`), which know no more than what was written.
 */
import type { z } from "zod";
import type * as schemas from "../../explorer/api/schemas.js";
import { asked, getJson, sendJson } from "../shared/asking.js";

type Of<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.infer<(typeof schemas)[Name]>
  : never;

export type Run = Of<"Run">;
export type Layer = Of<"Layer">;
export type UnitLine = Of<"UnitLine">;
export type UnitList = Of<"UnitList">;
export type UnitPage = Of<"UnitPage">;
export type CandidateLine = Of<"CandidateLine">;
export type Neighbours = Of<"Neighbours">;
export type Neighbour = Of<"Neighbour">;
export type Effect = Of<"Effect">;
export type ClassShare = Of<"ClassShare">;
export type UnitRef = Of<"UnitRef">;
export type Probe = Of<"Probe">;
export type Ablation = Of<"Ablation">;
export type AblationRequest = Of<"AblationRequest">;
export type ReviewRequest = Of<"ReviewRequest">;
export type Dashboard = Of<"Dashboard">;
export type Cluster = Of<"Cluster">;
export type Comparison = Of<"Comparison">;
export type Doubt = UnitLine["doubts"][number];
export type Verdict = NonNullable<UnitLine["verdict"]>;

/** Filters of a list of units as an address has them; what is not said is as usual. */
export type UnitQuery = Partial<Record<keyof z.input<typeof schemas.UnitQuery>, string>>;

const runAddress = (run: string) => `api/runs/${encodeURIComponent(run)}`;
const unitAddress = (run: string, { layer, unit }: UnitRef) => `${runAddress(run)}/units/${layer}/${unit}`;
const said = (query: UnitQuery) => {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return text && `?${text}`;
};

/** What the server that serves this page answers. */
export const server = {
  runs: (signal?: AbortSignal) => getJson<Run[]>("api/runs", signal),
  units: (run: string, query: UnitQuery, signal?: AbortSignal) =>
    getJson<UnitList>(`${runAddress(run)}/units${said(query)}`, signal),
  /** @param query the list in which the unit has its neighbours. */
  unit: (run: string, unit: UnitRef, query: UnitQuery, signal?: AbortSignal) =>
    getJson<UnitPage>(`${unitAddress(run, unit)}${said(query)}`, signal),
  neighbours: (run: string, unit: UnitRef, signal?: AbortSignal) =>
    getJson<Neighbours>(`${unitAddress(run, unit)}/neighbours`, signal),
  effect: (run: string, unit: UnitRef, signal?: AbortSignal) =>
    getJson<Effect>(`${unitAddress(run, unit)}/effect`, signal),
  clusters: (run: string, signal?: AbortSignal) => getJson<Cluster[]>(`${runAddress(run)}/clusters`, signal),
  dashboard: (run: string, signal?: AbortSignal) => getJson<Dashboard>(`${runAddress(run)}/dashboard`, signal),
  compare: (a: string, b: string, signal?: AbortSignal) =>
    getJson<Comparison>(`api/compare?${new URLSearchParams({ a, b })}`, signal),
  probe: async (run: string, picture: Blob, signal?: AbortSignal) => {
    const init = { method: "POST", body: picture };
    const response = await asked(`${runAddress(run)}/probe`, signal ? { ...init, signal } : init);
    return response.json() as Promise<Probe>;
  },
  ablate: (run: string, request: AblationRequest, signal?: AbortSignal) =>
    sendJson<Ablation>(`${runAddress(run)}/ablate`, request, signal),
  review: (run: string, request: ReviewRequest, signal?: AbortSignal) =>
    sendJson<unknown>(`${runAddress(run)}/reviews`, request, signal),
  /** With the version of the run's pictures, so that a browser may keep them for ever. */
  pictures: {
    whole: (run: Run, image: number) => `${runAddress(run.id)}/images/${image}?v=${run.version}`,
    /** The first exemplars under their masks, beside one another. */
    strip: (run: Run, unit: UnitRef, count: number) =>
      `${unitAddress(run.id, unit)}/strip?count=${count}&v=${run.version}`,
    /** The masks of all exemplars at a level, white on black, one below the other. @param quantile null: the run's own. */
    masks: (run: Run, unit: UnitRef, quantile: number | null) =>
      `${unitAddress(run.id, unit)}/masks?v=${run.version}${quantile === null ? "" : `&quantile=${quantile}`}`,
    /** Their activations, from 0 (black) to the unit's highest (white), one below the other. */
    heat: (run: Run, unit: UnitRef) => `${unitAddress(run.id, unit)}/heat?v=${run.version}`,
  },
};
