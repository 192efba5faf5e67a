/**
 * What a layer is called. A tensor has one name and any number of modules that end in it; people type, and like to read, a
 * module's. Of several, the shortest with a number in it is shown: `layer1` rather than `layer1.2.relu`, `features.12` rather than
 * `features`.
 */
import { nearest, UserError } from "../base/errors.js";

/** A layer, for its names. */
export interface Named {
  /** The tensor's name. */
  readonly name: string;
  /** Names of modules whose last tensor it is. */
  readonly shortNames: readonly string[];
}

/** The name to show. A node's made-up name (`Relu_6`) is worse than any tensor name but a bare number. */
export function displayName({ name, shortNames }: Named): string {
  const modules = shortNames.filter((short) => !/^[A-Z]\w*_\d+$/.test(short));
  if (modules.length === 0) return /^\d+$/.test(name) ? (shortNames[0] ?? name) : name;
  const numbered = modules.filter((short) => /\d/.test(short));
  const choice = numbered.length > 0 ? numbered : modules;
  return choice.reduce((best, short) => (short.length < best.length ? short : best));
}

/** The layer called `wanted`, by any of its names. Errors: `UserError` with the nearest names. @param where named in the error. */
export function findLayer<L extends Named>(layers: readonly L[], wanted: string, where: string): L {
  const found =
    layers.find(({ name }) => name === wanted) ?? layers.find(({ shortNames }) => shortNames.includes(wanted));
  if (found) return found;
  const names = new Set(layers.flatMap(({ name, shortNames }) => [name, ...shortNames]));
  throw new UserError(
    `looking for layer ${wanted}: ${where} has no such layer; nearest are ${nearest(wanted, names).join(", ")}`,
  );
}
