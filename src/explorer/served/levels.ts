/** What a run remembers of a unit's activations: its level at any quantile, and how they are spread. */

import { ByteCache } from "../../base/byte-cache.js";
import type { SafetensorsFile } from "../../engine/tensor/safetensors.js";
import { maskLevel, tailQuantile } from "../../exemplars/tail.js";
import type { Run } from "../../run/run.js";
import type { ServedRun, ServedUnit } from "./served-run.js";

/** The largest activations exactly, and a uniform sample of all. */
export interface Spread {
  /** float32, largest first. */
  readonly tail: Float32Array;
  /** float32, largest first. */
  readonly sample: Float32Array;
  /** How many activations there were. */
  readonly total: number;
}

/** Quantiles of which levels are given. */
const QUANTILES = [
  ...[0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985],
  ...[0.99, 0.9925, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 1],
];
const BINS = 48;
const SAMPLES_BYTES = 1 << 26;

/** Spreads of units, read from the run when they are asked for. Keeps up to 64 MB of samples. */
export class Spreads {
  readonly #samples = new ByteCache<Float32Array>(SAMPLES_BYTES, ({ byteLength }) => byteLength);

  /** Undefined where the run does not know. */
  async of(served: ServedRun, { layerPlace, row, layer }: ServedUnit): Promise<Spread | undefined> {
    const { run } = served;
    if (!run || served.cannot.relevel !== null) return undefined;
    const file = await run.openQuantiles(run.layers[layerPlace]);
    try {
      const tail = (await file.readRows("tail", row, row + 1)).data as Float32Array;
      const counts = (await file.readRows("counts", row, row + 1)).data as Float64Array;
      const unused = tail.indexOf(Number.NEGATIVE_INFINITY);
      const sample = await this.#column(served, layerPlace, file, row, layer.units.length);
      return { tail: unused < 0 ? tail : tail.subarray(0, unused), sample, total: counts[0] };
    } finally {
      await file.close();
    }
  }

  /** A unit's column of a layer's sample, [taken, unit], largest first. */
  async #column(served: ServedRun, place: number, file: SafetensorsFile, row: number, units: number) {
    const key = `${served.id}/${served.version}/${place}`;
    const all = await this.#samples.through(key, async () => (await file.read("sample")).data as Float32Array);
    const own = Float32Array.from({ length: all.length / units }, (_, i) => all[i * units + row]);
    return own.sort().reverse();
  }
}

/**
 * The level of masks at a quantile (`maskLevel`): exact from the run's own up, below it estimated from the sample, which is within about 0.025 of the wanted rank. NaN
 * where the activations are none.
 */
export function levelAt({ tail, sample, total }: Spread, quantile: number): number {
  const exact = tailQuantile(tail, total, quantile);
  if (tail.length === 0 || Number.isNaN(tail[0])) return exact;
  if (!Number.isNaN(exact)) return maskLevel(exact, tail, sample[sample.length - 1] < tail[0]);
  return Math.min(tailQuantile(sample, sample.length, quantile), tail[tail.length - 1]);
}

/** The level of a unit at a quantile: the run's own as it was written, the others from what it remembers. */
export async function unitLevel(spreads: Spreads, served: ServedRun, unit: ServedUnit, quantile: number) {
  const own = unit.layer.levels?.[unit.row] ?? Number.NaN;
  if (served.run === undefined || quantile === served.run.manifest.quantile) return own;
  const spread = await spreads.of(served, unit);
  return spread ? levelAt(spread, quantile) : own;
}

/** [quantile, level] at ascending quantiles. */
export function quantilesOf(spread: Spread | undefined, { manifest }: Run): [number, number][] {
  if (!spread) return [];
  const all = [...new Set([...QUANTILES, manifest.quantile])].sort((a, b) => a - b);
  return all.map((q): [number, number] => [q, levelAt(spread, q)]).filter(([, level]) => Number.isFinite(level));
}

/** Counts in bins of equal width over all activations. Null where they are not numbers, or all the same. */
export function histogramOf(spread: Spread | undefined): { edges: number[]; counts: number[]; total: number } | null {
  if (!spread || spread.tail.length === 0) return null;
  const { tail, sample, total } = spread;
  const floor = tail[tail.length - 1];
  const below = sample.filter((value) => value < floor);
  const low = Math.min(below.length > 0 ? below[below.length - 1] : floor, floor);
  const width = (tail[0] - low) / BINS;
  if (!(width > 0) || !Number.isFinite(width)) return null;
  const counts = new Array<number>(BINS).fill(0);
  const binOf = (value: number) => Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)));
  for (const value of tail) counts[binOf(value)]++;
  const rest = Math.max(0, total - tail.length);
  if (below.length === 0) counts[binOf(floor)] += rest;
  for (const value of below) counts[binOf(value)] += rest / below.length;
  const edges = Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? tail[0] : low + i * width));
  return { edges, counts: counts.map(Math.round), total };
}
