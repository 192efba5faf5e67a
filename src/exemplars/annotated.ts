/**
 * Exemplars and what people said of them, brought together. A layer's annotations may use its folder's name, its tensor's, a short
 * one, or the one it is published under.
 */
import { UserError } from "../base/errors.js";
import type { Annotation } from "../data/annotations/annotations.js";
import { publishedName } from "./milannotations.js";
import type { ExemplarLayer, ExemplarStore } from "./store.js";

/** A unit with exemplars and annotations. */
export interface AnnotatedUnit {
  readonly layer: ExemplarLayer;
  /** Its row in the layer, and its number. */
  readonly row: number;
  readonly unit: number;
  /** In the order of the table. */
  readonly summaries: readonly string[];
}

export interface Paired {
  /** In the order of the exemplars. */
  readonly units: readonly AnnotatedUnit[];
  /** Units with exemplars that nobody annotated, by layer and number. Those that lack an image cannot be annotated, and do not count. */
  readonly withoutAnnotations: readonly string[];
  /** Units that were annotated and have no exemplars here. */
  readonly withoutExemplars: readonly string[];
}

/** Pairs them. Errors: `UserError` when no unit has both, naming the layers of both sides. */
export function pairAnnotations(store: ExemplarStore, annotations: readonly Annotation[]): Paired {
  const said = new Map<string, Map<number, string[]>>();
  for (const { layer, unit, summary } of annotations) {
    let units = said.get(layer);
    if (!units) said.set(layer, (units = new Map()));
    const summaries = units.get(unit);
    if (summaries) summaries.push(summary);
    else units.set(unit, [summary]);
  }
  const units: AnnotatedUnit[] = [];
  const withoutAnnotations: string[] = [];
  const withoutExemplars = new Set(
    [...said].flatMap(([layer, spoken]) => [...spoken.keys()].map((n) => named(layer, n))),
  );
  for (const layer of store.layers) {
    const names = [layer.name, ...layer.shortNames, publishedName(layer)];
    const name = names.find((each) => said.has(each)) ?? layer.name;
    for (const [row, unit] of layer.units.entries()) {
      const summaries = said.get(name)?.get(unit);
      if (summaries) units.push({ layer, row, unit, summaries });
      else if (isWhole(store, layer, row)) withoutAnnotations.push(named(name, unit));
      withoutExemplars.delete(named(name, unit));
    }
  }
  if (units.length === 0) {
    const [ours, theirs] = [store.layers.map((layer) => layer.name), [...said.keys()]].map((names) => names.join(", "));
    throw new UserError(
      `reading the annotations of ${store.folder}: none is of a unit with exemplars; expected layers ${ours}, got ${theirs}, check that they belong together`,
    );
  }
  return { units, withoutAnnotations, withoutExemplars: [...withoutExemplars] };
}

const named = (layer: string, unit: number) => `${layer} ${unit}`;

/** Whether all exemplars of a row have an image. */
export const isWhole = ({ k }: Pick<ExemplarStore, "k">, { images }: ExemplarLayer, row: number): boolean =>
  images.subarray(row * k, (row + 1) * k).every((image) => image >= 0);
