/** What a user writes for a layer, and which one is meant. */
import { nearest, UserError } from "../../base/errors.js";
import type { Layer } from "./layers.js";

/** The layers a user asks for, by tensor, by module, or by the end of a module's name if only one ends so. */
export function resolveLayers(layers: readonly Layer[], wanted: readonly string[]): Layer[] {
  return [...new Set(wanted.map((name) => resolve(layers, name)))];
}

function resolve(layers: readonly Layer[], wanted: string): Layer {
  const exact =
    layers.find(({ name }) => name === wanted) ?? layers.find(({ shortNames }) => shortNames.includes(wanted));
  if (exact) return exact;
  const ends = (name: string) => name.endsWith(`.${wanted}`) || name.endsWith(`/${wanted}`);
  const matches = layers.filter(({ name, shortNames }) => [name, ...shortNames].some(ends));
  if (matches.length === 1) return matches[0];
  const called = (layer: Layer) => [...layer.shortNames, layer.name].find(ends) ?? layer.name;
  const [problem, names] =
    matches.length > 1
      ? [`is ambiguous; it ends ${matches.length} names, among them`, matches.slice(0, 5).map(called)]
      : [
          "is no layer of the model; nearest",
          nearest(wanted, new Set(layers.flatMap((l) => [...l.shortNames, l.name]))),
        ];
  throw new UserError(`choosing layers: "${wanted}" ${problem}: ${names.join(", ")}`);
}
