/** Runs and units as the API says them. */
import type { z } from "@hono/zod-openapi";
import { DOUBTS } from "../../run/descriptions.js";
import type { ServedRun, ServedUnit } from "../served/served-run.js";
import type { Run, UnitLine } from "./schemas.js";

export function shownRun(run: ServedRun): z.infer<typeof Run> {
  const { store, units, header } = run;
  const { layers, doubts } = countsOf(run);
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
    described: layers.reduce((sum, { described }) => sum + described, 0),
    describer: header?.describer ?? null,
    lambda: run.lambda,
    layers: store.layers.map(({ name }, place) => {
      const record = run.run?.layers[place];
      return {
        ...{ place, name, display: run.layerNames[place], ...layers[place] },
        map: record && run.cannot.relevel === null ? ([record.height, record.width] as [number, number]) : null,
      };
    }),
    cannot: { ...run.cannot },
    classes: run.classes === null ? null : [...run.classes],
    doubts: [...doubts],
  };
}

interface Counts {
  /** By the layer's place. */
  readonly layers: readonly { units: number; described: number }[];
  /** Those that occur. */
  readonly doubts: readonly (typeof DOUBTS)[number][];
}

const counted = new WeakMap<ServedRun, Counts>();

/** Counted once: the first thing that every page waits for. */
function countsOf(run: ServedRun): Counts {
  const known = counted.get(run);
  if (known) return known;
  const layers = run.store.layers.map(() => ({ units: 0, described: 0 }));
  const occurring = new Set<string>();
  for (const { layerPlace, described, doubts } of run.units) {
    layers[layerPlace].units++;
    if (described?.description) layers[layerPlace].described++;
    for (const doubt of doubts) occurring.add(doubt);
  }
  const counts = { layers, doubts: DOUBTS.filter((doubt) => occurring.has(doubt)) };
  counted.set(run, counts);
  return counts;
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
    support: finite(described?.support),
    doubts: [...unit.doubts],
    verdict,
    exemplars: unit.ranks.length,
  };
}

/** JSON has no other numbers. */
export const finite = (value: number | null | undefined): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
