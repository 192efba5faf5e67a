/**
 * What could be said of a unit: every atom that is true somewhere under its masks, and compositions of the best of them. The list is
 * made from the pictures, so sources with other names, parts or materials need nothing here.
 */
import { COLOUR_NAMES, TEXTURE_NAMES } from "../../data/labels/labels.js";
import { type Atom, PLACES, type Query, REGIONS } from "../../data/labels/query.js";
import type { FitAtLarge } from "./at-large.js";
import type { Fit, Yardstick } from "./fit.js";
import { keyOf, type View } from "./views.js";

/** Atoms true of less of the masks are not combined, and not said. */
const LEAST_SHARE = 0.15;

export interface Candidates {
  /** Single atoms, by information. */
  readonly atoms: readonly Fit[];
  /** Atoms and compositions, by information. */
  readonly all: readonly Fit[];
  readonly areKin: Kinship;
}

export function candidatesFor(views: readonly View[], yardstick: Yardstick): Candidates {
  const fits = new Map<string, Fit>();
  const measure = (query: Query): Fit => {
    const key = keyOf(query);
    let fit = fits.get(key);
    if (!fit) fits.set(key, (fit = yardstick.fit(query, views)));
    return fit;
  };
  const byInformation = (a: Fit, b: Fit) => b.information - a.information;
  const atoms = atomsUnder(views)
    .map(measure)
    .filter(({ precision }) => precision >= LEAST_SHARE)
    .sort(byInformation);
  const areKin = kinOf(views);
  const things = atoms.filter(({ query }) => isThing(query)).slice(0, 6);
  const attributes = atoms.filter(({ query }) => isAttribute(query)).slice(0, 5);
  const sides = atoms.filter(({ query }) => query.is === "background" || query.is === "object");
  for (const { query: of } of [...things.slice(0, 4), ...sides]) {
    // the background's top is where the picture's is
    for (const region of of.is === "background" ? (["edges"] as const) : REGIONS) measure({ is: "region", region, of });
  }
  for (const thing of [...things.slice(0, 5), ...sides]) {
    for (const attribute of attributes.slice(0, 3)) measure({ is: "and", of: [attribute.query, thing.query] });
  }
  for (const query of together(attributes)) measure(query);
  for (const query of besides(views, atoms, yardstick)) measure(query);
  for (const group of [things, attributes.filter(({ query }) => query.is === "colour")]) {
    for (const query of alternatives(group, atoms, areKin)) measure(query);
  }
  const all = [...fits.values()].filter(({ precision }) => precision >= LEAST_SHARE).sort(byInformation);
  return { atoms, all, areKin };
}

/** @param atLarge [position in `all`] */
export function knownAtLarge(candidates: Candidates, atLarge: readonly FitAtLarge[]): Candidates {
  return { ...candidates, all: candidates.all.map((fit, i) => ({ ...fit, atLarge: atLarge[i] })) };
}

export const isAttribute = ({ is }: Query): boolean =>
  ["colour", "texture", "material", "shape", "light", "dark"].includes(is);
const isThing = ({ is }: Query): boolean => ["thing", "part", "person", "text"].includes(is);

/** Atoms that are true somewhere in the exemplars. */
function atomsUnder(views: readonly View[]): Query[] {
  const found = new Map<string, Query>();
  const add = (atom: Atom) => found.set(keyOf(atom), atom);
  for (const is of ["object", "person", "text", "background", "light", "dark"] as const) add({ is });
  for (const name of COLOUR_NAMES) add({ is: "colour", name });
  for (const name of TEXTURE_NAMES) add({ is: "texture", name });
  for (const place of PLACES) add({ is: "place", place });
  for (const { picture } of views) {
    const { things, scene } = picture.labels;
    for (const name of scene) add({ is: "scene", name });
    for (const { names, material, shape, parts = [] } of things) {
      for (const name of names) add({ is: "thing", name });
      if (material) add({ is: "material", name: material });
      if (shape) add({ is: "shape", name: shape });
      for (const [name] of parts) add({ is: "part", name });
    }
  }
  return [...found.values()];
}

/** Two attributes of one surface, or two or three colours of which it has one; and stripes of whatever direction. */
function together(attributes: readonly Fit[]): Query[] {
  const found: Query[] = [STRIPES];
  for (const [i, { query: one }] of attributes.entries()) {
    for (const { query: other } of attributes.slice(i + 1)) {
      if (one.is === "material" || other.is === "material" || isShade(one) || isShade(other)) continue;
      // one surface has one colour and one texture; two of either are alternatives
      found.push({ is: one.is === other.is ? "or" : "and", of: [one, other] });
    }
  }
  const colours = attributes.map(({ query }) => query).filter(({ is }) => is === "colour");
  if (colours.length > 2) found.push({ is: "or", of: colours.slice(0, 3) });
  return found;
}

/** Light and dark are said by colours already. */
const isShade = ({ is }: Query) => is === "light" || is === "dark";

/** What "striped" means. */
export const STRIPES = {
  is: "or",
  of: TEXTURE_NAMES.filter((name) => name.endsWith("stripes")).map((name): Query => ({ is: "texture", name })),
} as const satisfies Query;

/** Where the background is masked: above, below or beside which things. */
function besides(views: readonly View[], atoms: readonly Fit[], yardstick: Yardstick): Query[] {
  const background = atoms.find(({ query }) => query.is === "background");
  if (!background || background.precision < 0.6) return [];
  const near = new Map<string, number>();
  for (const { picture } of views) {
    for (const name of new Set(
      picture.labels.things.filter(({ kind }) => kind !== "surface").flatMap((t) => t.names),
    )) {
      near.set(name, (near.get(name) ?? 0) + 1);
    }
  }
  const lift = ([name, times]: [string, number]) =>
    times / views.length - 2 * Math.min(0.5, yardstick.rate({ is: "thing", name }));
  const names = [...near].filter(([, times]) => times >= 0.5 * views.length).sort((a, b) => lift(b) - lift(a));
  const to: Query[] = names.slice(0, 2).map(([name]) => ({ is: "thing", name }));
  return [...to, { is: "object" } as const].flatMap((thing) =>
    (["above", "below", "beside"] as const).map((is): Query => ({ is, what: { is: "background" }, to: thing })),
  );
}

/** Two or three alternatives that share the exemplars between them. */
function alternatives(group: readonly Fit[], atoms: readonly Fit[], areKin: Kinship): Query[] {
  const found: Query[] = [];
  for (const first of group.slice(0, 3)) {
    const chosen = [first];
    for (let step = 0; step < 2; step++) {
      const left = first.shares.map((_, i) => Math.max(...chosen.map(({ shares }) => shares[i])) < 0.5);
      const gain = (fit: Fit) => fit.shares.reduce((sum, share, i) => sum + (left[i] ? share : 0), 0) * liftOf(fit);
      const [next] = atoms
        .filter(({ query }) => query.is === first.query.is && !chosen.some((other) => areKin(query, other.query)))
        .sort((a, b) => gain(b) - gain(a));
      const gained = next?.shares.filter((share, i) => left[i] && share >= 0.5).length ?? 0;
      if (gained < 2) break;
      chosen.push(next);
      found.push({ is: "or", of: chosen.map(({ query }) => query) });
    }
  }
  return found;
}

export type Kinship = (one: Query, other: Query) => boolean;

/** Whether two atoms are the same, or names of one thing: dogs are animals. */
function kinOf(views: readonly View[]): Kinship {
  const kin = new Set<string>();
  for (const { picture } of views) {
    for (const { names } of picture.labels.things) {
      for (const one of names) for (const other of names) kin.add(`${one}/${other}`);
    }
  }
  return (one, other) =>
    keyOf(one) === keyOf(other) || (one.is === "thing" && other.is === "thing" && kin.has(`${one.name}/${other.name}`));
}

const liftOf = ({ precision, base }: Fit) => Math.log(1 + precision / base);
