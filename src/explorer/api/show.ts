/** Runs and units as the API says them. */
import type { z } from "@hono/zod-openapi";
import { DOUBTS } from "../../run/descriptions.js";
import type { ServedRun, ServedUnit } from "../served/served-run.js";
import type { Run, UnitLine } from "./schemas.js";

export function shownRun(run: ServedRun): z.infer<typeof Run> {
  const { store, units, header } = run;
  const described = (some: readonly ServedUnit[]) => some.filter((unit) => unit.described?.description).length;
  const occurring = new Set(units.flatMap(({ doubts }) => doubts));
  return {
    id: run.id,
    name: run.name,
    version: run.version,
    folder: run.folder,
    model: run.run?.manifest.modelPath ?? null,
    k: store.k,
    height: store.height,
    width: store.width,
    quantile: run.run?.manifest.quantile ?? null,
    units: units.length,
    described: described(units),
    describer: header?.describer ?? null,
    lambda: run.lambda,
    layers: store.layers.map(({ name }, place) => {
      const own = units.filter(({ layerPlace }) => layerPlace === place);
      const record = run.run?.layers[place];
      return {
        ...{ place, name, display: run.layerNames[place], units: own.length, described: described(own) },
        map: record && run.cannot.relevel === null ? ([record.height, record.width] as [number, number]) : null,
      };
    }),
    cannot: { ...run.cannot },
    classes: run.classes === null ? null : [...run.classes],
    doubts: DOUBTS.filter((doubt) => occurring.has(doubt)),
  };
}

export type Verdict = z.infer<typeof UnitLine>["verdict"];

export function shownLine(unit: ServedUnit, verdict: Verdict): z.infer<typeof UnitLine> {
  const { described } = unit;
  return {
    layer: unit.layerPlace,
    unit: unit.unit,
    text: described?.description ?? "",
    pmi: finite(described?.pmi),
    logp: finite(described?.logp),
    logpLm: finite(described?.logpLm),
    confidence: finite(described?.confidence),
    doubts: [...unit.doubts],
    verdict,
    exemplars: unit.ranks.length,
  };
}

/** JSON has no other numbers. */
export const finite = (value: number | null | undefined): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
