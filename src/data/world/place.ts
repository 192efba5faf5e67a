/** How a place of the made world is described. */
import type { Known } from "./plan.js";
import type { SurfaceKind } from "./surface-kinds.js";

export type Range = readonly [low: number, high: number];

/** A surface of a place. Heights are sides of the picture; where it says so, relative to the horizon. */
export type Layer = { readonly of: readonly SurfaceKind[]; readonly chance?: number } & (
  | { readonly as: "all" }
  /** Everything below the horizon, with an uneven edge. */
  | { readonly as: "ground"; readonly uneven?: number }
  | { readonly as: "peaks"; readonly height: Range }
  /** From so far below the horizon to the lower edge, or to `to`. */
  | { readonly as: "band"; readonly from: Range; readonly to?: Range; readonly uneven?: number }
  /** Upright rectangles: whole rows of them, or a few somewhere. */
  | {
      readonly as: "panels";
      readonly at: "row" | "wall" | "floor";
      readonly count: Range;
      readonly width: Range;
      readonly height: Range;
      readonly known: Known;
      /** Lettering on some of them. */
      readonly lettering?: number;
    }
);

/** Where things may be: on the ground nearer or farther, at its far edge, right in front, hanging on the wall, in the air, in the water. */
export type Zone = "ground" | "far" | "front" | "wall" | "air" | "counter" | "anywhere";

/** [names in the catalogue (nouns or actors; "solid" is any plain body), zone, probability that there are any, size from and to, at most so many] */
export type Cast = readonly [names: string, zone: Zone, chance: number, size: Range, most: number];

export interface PlaceSpec {
  readonly kinds: readonly string[];
  readonly horizon: Range;
  readonly layers: readonly Layer[];
  readonly cast: readonly Cast[];
  /** Passers-by: probability, at most, and how large. */
  readonly people?: readonly [chance: number, most: number, size: Range];
  /** Probability of lettering somewhere. */
  readonly lettering?: number;
}

/** What a panel is, when it is an object. */
export const object = (name: string, material?: string, shape = "rectangle"): Known => ({
  kind: "object",
  names: name.split(","),
  material,
  shape,
});

/** Between yards, fields and roads. */
export const FENCE = {
  as: "panels",
  of: ["wooden wall"],
  at: "floor",
  count: [1, 1],
  width: [0.5, 1.2],
  height: [0.08, 0.16],
  known: object("fence", "wood"),
} as const satisfies Layer;
