/** What the server that serves this page answers (`milan serve`). */
import { asked, getJson, sendJson } from "../shared/asking.js";
import type {
  Ablation,
  AblationRequest,
  Cluster,
  Comparison,
  Dashboard,
  Effect,
  Neighbours,
  Probe,
  Review,
  ReviewRequest,
  Run,
  UnitLine,
  UnitList,
  UnitPage,
  UnitQuery,
  UnitRef,
} from "./client.js";

const runAddress = (run: string) => `api/runs/${encodeURIComponent(run)}`;
const unitAddress = (run: string, { layer, unit }: UnitRef) => `${runAddress(run)}/units/${layer}/${unit}`;
const broughtAddress = (run: string, picture: string) => `${runAddress(run)}/probes/${encodeURIComponent(picture)}`;
const said = (query: UnitQuery) => {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return text && `?${text}`;
};

export const live = {
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
  /** The model with units silent for good: the bytes of an ONNX file, and its name. */
  edited: async (
    run: string,
    units: readonly UnitRef[],
    signal?: AbortSignal,
  ): Promise<{ file: Blob; name: string }> => {
    const body = JSON.stringify({ units });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const response = await asked(`${runAddress(run)}/edit`, signal ? { ...init, signal } : init);
    const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
    return { file: await response.blob(), name: name ?? "edited.onnx" };
  },
  review: (run: string, request: ReviewRequest, signal?: AbortSignal) =>
    sendJson<Review>(`${runAddress(run)}/reviews`, request, signal),
  /** With the version of the run's pictures, so that a browser may keep them for ever. */
  pictures: {
    whole: (run: Run, image: number): string => `${runAddress(run.id)}/images/${image}?v=${run.version}`,
    /** The first exemplars under their masks, beside one another; no more than `count`, or than there are. */
    strip: (run: Run, unit: Pick<UnitLine, "layer" | "unit" | "exemplars">, count: number): Strip => ({
      source: `${unitAddress(run.id, unit)}/strip?count=${count}&size=${stripSize()}&v=${run.version}`,
      count: Math.min(count, unit.exemplars),
    }),
    /** The masks of all exemplars at a level, null for the run's own, white on black, one below the other. */
    masks: (run: Run, unit: UnitRef, quantile: number | null): string =>
      `${unitAddress(run.id, unit)}/masks?v=${run.version}${quantile === null ? "" : `&quantile=${quantile}`}`,
    /** Their activations, from 0 (black) to the unit's highest (white), one below the other. */
    heat: (run: Run, unit: UnitRef): string => `${unitAddress(run.id, unit)}/heat?v=${run.version}`,
    /** A visitor's picture as the network saw it. @param picture its name, from `Probe`. */
    brought: (run: Run, picture: string): string => `${broughtAddress(run.id, picture)}/image`,
    /** A unit's mask and activations on it, as those of exemplars. */
    broughtMask: (run: Run, picture: string, { layer, unit }: UnitRef): string =>
      `${broughtAddress(run.id, picture)}/units/${layer}/${unit}/mask`,
    broughtHeat: (run: Run, picture: string, { layer, unit }: UnitRef): string =>
      `${broughtAddress(run.id, picture)}/units/${layer}/${unit}/heat`,
    /** A figure that a study left in the run. */
    figure: (run: Run, { id }: Dashboard["figures"][number]): string => `${runAddress(run.id)}/figures/${id}`,
  },
};

/** Pictures of one size beside one another. */
export interface Strip {
  readonly source: string;
  readonly count: number;
}

/** Pixels of a picture on a strip: fine screens need more. */
const stripSize = () => (devicePixelRatio > 1 ? 192 : 96);
