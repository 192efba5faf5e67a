/**
 * The places of the made world: from back to front the surfaces that each consists of, and who and what may be met there. Places share most of
 * their ingredients (grass, sky, trees, people, chairs), so none can be told by one thing alone.
 */
import type { Known } from "./plan.js";
import type { SurfaceKind } from "./surfaces.js";

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

const object = (name: string, material?: string, shape = "rectangle"): Known => ({
  kind: "object",
  names: name.split(","),
  material,
  shape,
});

const WINDOW = {
  as: "panels",
  of: ["glass front", "sky", "cloudy sky"],
  at: "wall",
  count: [1, 1],
  width: [0.16, 0.34],
  height: [0.2, 0.32],
  known: object("window", "glass"),
  chance: 0.4,
} as const satisfies Layer;
const BUILDINGS = {
  as: "panels",
  of: ["day front", "brick wall", "day front", "glass front"],
  at: "row",
  count: [3, 6],
  width: [0.16, 0.4],
  height: [0.25, 0.7],
  known: object("building", "stone"),
} as const satisfies Layer;
const FENCE = {
  as: "panels",
  of: ["wooden wall"],
  at: "floor",
  count: [1, 1],
  width: [0.5, 1.2],
  height: [0.08, 0.16],
  known: object("fence", "wood"),
} as const satisfies Layer;

export const PLACES_OF_WORLD = {
  kitchen: {
    kinds: ["indoors"],
    horizon: [0.5, 0.66],
    layers: [
      { as: "all", of: ["tiles", "tiles", "painted wall", "brick wall"] },
      WINDOW,
      {
        as: "panels",
        of: ["wood", "painted wall", "metal"],
        at: "wall",
        count: [1, 2],
        width: [0.2, 0.4],
        height: [0.14, 0.24],
        known: object("cupboard,furniture", "wood"),
        chance: 0.6,
      },
      { as: "ground", of: ["wood", "metal", "wooden wall"] },
      { as: "band", of: ["tiled floor", "wooden floor"], from: [0.26, 0.4] },
      {
        as: "panels",
        of: ["metal", "backdrop"],
        at: "floor",
        count: [1, 1],
        width: [0.2, 0.3],
        height: [0.4, 0.7],
        known: object("fridge,electronic device", "metal"),
        chance: 0.4,
      },
    ],
    cast: [
      ["pot pan teapot", "counter", 0.9, [0.22, 0.36], 2],
      ["cup glass bottle bowl", "counter", 0.85, [0.15, 0.24], 3],
      ["bread cheese tomato carrot apple banana lemon eggplant cake", "counter", 0.85, [0.1, 0.2], 3],
      ["knife fork spoon", "wall", 0.45, [0.14, 0.24], 2],
      ["chair", "ground", 0.3, [0.35, 0.5], 1],
      ["clock", "wall", 0.2, [0.12, 0.18], 1],
      ["cook", "counter", 0.25, [0.35, 0.5], 1],
      ["cat dog", "ground", 0.12, [0.2, 0.3], 1],
    ],
    people: [0.12, 1, [0.5, 0.7]],
    lettering: 0.08,
  },
  bedroom: {
    kinds: ["indoors"],
    horizon: [0.5, 0.66],
    layers: [
      { as: "all", of: ["wallpaper", "painted wall", "wallpaper", "wooden wall"] },
      WINDOW,
      {
        as: "panels",
        of: ["curtain"],
        at: "wall",
        count: [1, 2],
        width: [0.1, 0.18],
        height: [0.4, 0.6],
        known: object("curtain", "cloth"),
        chance: 0.5,
      },
      { as: "ground", of: ["carpet", "wooden floor"] },
      {
        as: "panels",
        of: ["carpet", "cloth"],
        at: "floor",
        count: [1, 1],
        width: [0.4, 0.8],
        height: [0.08, 0.16],
        known: object("rug", "cloth"),
        chance: 0.4,
      },
    ],
    cast: [
      ["bed", "ground", 0.95, [0.55, 0.85], 1],
      ["picture mirror", "wall", 0.6, [0.16, 0.26], 2],
      ["teddy bear solid", "ground", 0.5, [0.18, 0.28], 1],
      ["lamp clock book", "far", 0.6, [0.12, 0.2], 2],
      ["shirt sock shoe trousers hat", "ground", 0.45, [0.14, 0.24], 2],
      ["cat dog", "ground", 0.2, [0.2, 0.3], 1],
      ["door", "far", 0.2, [0.4, 0.55], 1],
      ["sofa", "far", 0.15, [0.35, 0.5], 1],
    ],
    people: [0.15, 1, [0.4, 0.6]],
    lettering: 0.05,
  },
  bathroom: {
    kinds: ["indoors"],
    horizon: [0.55, 0.7],
    layers: [
      { as: "all", of: ["tiles", "tiles", "tiles", "painted wall"] },
      {
        as: "panels",
        of: ["curtain"],
        at: "wall",
        count: [1, 1],
        width: [0.14, 0.3],
        height: [0.5, 0.7],
        known: object("curtain", "cloth"),
        chance: 0.3,
      },
      WINDOW,
      { as: "ground", of: ["tiled floor", "tiled floor", "carpet"] },
    ],
    cast: [
      ["bathtub", "ground", 0.7, [0.5, 0.75], 1],
      ["toilet", "ground", 0.7, [0.3, 0.45], 1],
      ["shower", "wall", 0.45, [0.25, 0.4], 1],
      ["mirror", "wall", 0.55, [0.22, 0.34], 1],
      ["soap toothbrush lotion sponge toilet paper", "far", 0.8, [0.1, 0.18], 3],
      ["bucket bin", "ground", 0.2, [0.15, 0.22], 1],
      ["duck", "front", 0.15, [0.15, 0.22], 1],
    ],
    people: [0.12, 1, [0.3, 0.5]],
  },
  office: {
    kinds: ["indoors"],
    horizon: [0.5, 0.66],
    layers: [
      { as: "all", of: ["painted wall", "painted wall", "glass front"] },
      {
        as: "panels",
        of: ["glass front"],
        at: "wall",
        count: [1, 2],
        width: [0.25, 0.45],
        height: [0.2, 0.35],
        known: object("window", "glass"),
        chance: 0.5,
      },
      { as: "ground", of: ["carpet", "wooden floor"] },
      {
        as: "panels",
        of: ["wood", "metal"],
        at: "floor",
        count: [1, 1],
        width: [0.6, 0.95],
        height: [0.1, 0.2],
        known: object("desk,furniture", "wood"),
      },
    ],
    cast: [
      ["computer", "far", 0.95, [0.25, 0.4], 2],
      ["printer telephone", "far", 0.65, [0.15, 0.26], 2],
      ["cabinet", "ground", 0.45, [0.3, 0.42], 1],
      ["chair", "ground", 0.55, [0.35, 0.5], 1],
      ["briefcase bin bag", "ground", 0.4, [0.18, 0.28], 1],
      ["potted plant", "ground", 0.35, [0.2, 0.35], 1],
      ["clipboard book books lamp", "far", 0.45, [0.12, 0.18], 2],
      ["clock picture", "wall", 0.4, [0.12, 0.2], 1],
    ],
    people: [0.4, 2, [0.45, 0.65]],
    lettering: 0.12,
  },
  classroom: {
    kinds: ["indoors"],
    horizon: [0.55, 0.7],
    layers: [
      { as: "all", of: ["painted wall", "painted wall", "wooden wall"] },
      {
        as: "panels",
        of: ["blackboard green"],
        at: "wall",
        count: [1, 1],
        width: [0.45, 0.75],
        height: [0.24, 0.36],
        known: object("blackboard", undefined),
        lettering: 0.75,
        chance: 0.92,
      },
      { as: "ground", of: ["wooden floor", "tiled floor", "carpet"] },
      {
        as: "panels",
        of: ["wood"],
        at: "floor",
        count: [2, 3],
        width: [0.2, 0.34],
        height: [0.08, 0.16],
        known: object("desk,furniture", "wood"),
        chance: 0.8,
      },
    ],
    cast: [
      ["books book pencil ruler", "ground", 0.8, [0.12, 0.22], 3],
      ["globe", "far", 0.45, [0.16, 0.24], 1],
      ["bag", "ground", 0.45, [0.16, 0.24], 2],
      ["chair", "ground", 0.6, [0.26, 0.38], 2],
      ["clock", "wall", 0.35, [0.1, 0.16], 1],
      ["teacher", "far", 0.4, [0.3, 0.42], 1],
      ["computer", "far", 0.15, [0.18, 0.26], 1],
    ],
    people: [0.6, 3, [0.35, 0.55]],
  },
  shop: {
    kinds: ["indoors"],
    horizon: [0.6, 0.74],
    layers: [
      { as: "all", of: ["painted wall", "wallpaper", "wooden wall"] },
      {
        as: "panels",
        of: ["wood", "metal"],
        at: "wall",
        count: [2, 3],
        width: [0.7, 0.95],
        height: [0.03, 0.05],
        known: object("shelf,furniture", "wood"),
        chance: 0.9,
      },
      { as: "ground", of: ["tiled floor", "wooden floor", "carpet"] },
    ],
    cast: [
      ["shirt dress coat trousers hat shoe", "wall", 0.8, [0.18, 0.3], 5],
      ["bag box gift teddy bear radio camera cake bread solid", "wall", 0.85, [0.14, 0.24], 5],
      ["apple banana orange pineapple watermelon bottle", "far", 0.6, [0.1, 0.18], 4],
      ["shopping cart", "ground", 0.6, [0.3, 0.45], 1],
      ["basket bag box", "ground", 0.4, [0.16, 0.26], 2],
    ],
    people: [0.5, 2, [0.4, 0.6]],
    lettering: 0.75,
  },
  street: {
    kinds: ["city", "outdoors"],
    horizon: [0.46, 0.62],
    layers: [
      { as: "all", of: ["sky", "cloudy sky"] },
      BUILDINGS,
      { as: "ground", of: ["asphalt", "pavement"] },
      { as: "band", of: ["asphalt", "asphalt", "pavement"], from: [0.08, 0.16] },
      {
        as: "panels",
        of: ["paper"],
        at: "floor",
        count: [1, 3],
        width: [0.1, 0.2],
        height: [0.02, 0.03],
        known: object("road marking"),
        chance: 0.5,
      },
    ],
    cast: [
      ["car bus truck", "ground", 0.92, [0.3, 0.55], 2],
      ["bicycle motorcycle cyclist ambulance", "ground", 0.5, [0.26, 0.4], 1],
      ["traffic light stop sign bus stop", "far", 0.6, [0.2, 0.36], 1],
      ["tree", "far", 0.35, [0.25, 0.45], 2],
      ["dog", "ground", 0.12, [0.16, 0.24], 1],
    ],
    people: [0.5, 2, [0.3, 0.5]],
    lettering: 0.4,
  },
  "night city": {
    kinds: ["city", "outdoors"],
    horizon: [0.6, 0.8],
    layers: [
      { as: "all", of: ["night sky"] },
      {
        as: "panels",
        of: ["lit front"],
        at: "row",
        count: [4, 8],
        width: [0.12, 0.34],
        height: [0.25, 0.7],
        known: object("building", "stone"),
      },
      { as: "ground", of: ["asphalt", "asphalt", "river"] },
    ],
    cast: [
      ["moon star", "air", 0.65, [0.1, 0.2], 2],
      ["car bus", "ground", 0.45, [0.24, 0.42], 1],
      ["traffic light", "far", 0.2, [0.2, 0.3], 1],
      ["boat", "ground", 0.08, [0.2, 0.3], 1],
    ],
    people: [0.2, 1, [0.25, 0.4]],
    lettering: 0.35,
  },
  farm: {
    kinds: ["countryside", "outdoors"],
    horizon: [0.34, 0.5],
    layers: [
      { as: "all", of: ["sky", "cloudy sky"] },
      { as: "ground", of: ["field", "grass"], uneven: 0.04 },
      { as: "band", of: ["field", "field", "grass", "straw"], from: [0.06, 0.2], uneven: 0.03 },
      FENCE,
    ],
    cast: [
      ["cow pig sheep horse goat", "ground", 0.95, [0.2, 0.4], 3],
      ["tractor", "ground", 0.5, [0.32, 0.5], 1],
      ["house", "far", 0.6, [0.25, 0.4], 1],
      ["chicken duck", "ground", 0.5, [0.12, 0.2], 3],
      ["corn", "front", 0.35, [0.2, 0.3], 3],
      ["farmer", "front", 0.25, [0.3, 0.4], 1],
      ["tree", "far", 0.3, [0.18, 0.3], 1],
      ["sun", "air", 0.2, [0.14, 0.2], 1],
    ],
    people: [0.1, 1, [0.3, 0.45]],
  },
  garden: {
    kinds: ["countryside", "outdoors"],
    horizon: [0.4, 0.56],
    layers: [
      { as: "all", of: ["sky", "cloudy sky", "hedge", "brick wall"] },
      { as: "band", of: ["hedge"], from: [-0.2, -0.08], uneven: 0.03, chance: 0.6 },
      { as: "ground", of: ["grass", "meadow"], uneven: 0.02 },
      { ...FENCE, chance: 0.4 },
    ],
    cast: [
      ["flower", "ground", 1, [0.14, 0.28], 7],
      ["butterfly bee", "air", 0.6, [0.1, 0.18], 2],
      ["tree", "far", 0.4, [0.3, 0.5], 1],
      ["house", "far", 0.25, [0.3, 0.45], 1],
      ["snail ladybird mushroom rabbit hedgehog", "front", 0.4, [0.12, 0.2], 1],
      ["basket bucket ladder broom potted plant", "ground", 0.4, [0.16, 0.28], 1],
      ["cat dog", "ground", 0.15, [0.2, 0.28], 1],
    ],
    people: [0.2, 1, [0.35, 0.5]],
  },
  forest: {
    kinds: ["nature", "outdoors"],
    horizon: [0.5, 0.68],
    layers: [
      { as: "all", of: ["foliage"] },
      {
        as: "panels",
        of: ["bark"],
        at: "row",
        count: [2, 5],
        width: [0.05, 0.12],
        height: [0.6, 0.9],
        known: object("trunk,tree", "wood"),
      },
      { as: "ground", of: ["soil", "grass", "soil"], uneven: 0.05 },
    ],
    cast: [
      ["tree fir tree", "far", 0.95, [0.4, 0.75], 5],
      ["deer bear fox owl rabbit hedgehog", "ground", 0.65, [0.22, 0.38], 1],
      ["mushroom log rock leaf clover", "ground", 0.75, [0.1, 0.2], 4],
      ["bird butterfly", "air", 0.3, [0.1, 0.16], 1],
      ["tent", "ground", 0.1, [0.3, 0.4], 1],
    ],
    people: [0.1, 1, [0.3, 0.45]],
  },
  playground: {
    kinds: ["city", "outdoors"],
    horizon: [0.4, 0.55],
    layers: [
      { as: "all", of: ["sky", "cloudy sky", "hedge"] },
      { as: "ground", of: ["grass", "sand", "pavement"], uneven: 0.02 },
      { as: "band", of: ["sand", "carpet"], from: [0.14, 0.26], chance: 0.35 },
      { ...FENCE, chance: 0.25 },
    ],
    cast: [
      ["slide", "ground", 0.85, [0.4, 0.65], 1],
      ["carousel", "ground", 0.45, [0.3, 0.42], 1],
      ["ball solid", "ground", 0.65, [0.12, 0.2], 2],
      ["balloon kite", "air", 0.5, [0.16, 0.3], 2],
      ["skateboard bicycle teddy bear bucket", "ground", 0.5, [0.16, 0.3], 1],
      ["tree", "far", 0.5, [0.25, 0.42], 2],
    ],
    people: [0.8, 3, [0.25, 0.42]],
  },
  stadium: {
    kinds: ["city", "outdoors"],
    horizon: [0.36, 0.52],
    layers: [
      { as: "all", of: ["crowd"] },
      { as: "band", of: ["sky", "night sky", "metal"], from: [-0.9, -0.9], to: [-0.34, -0.22], chance: 0.6 },
      {
        as: "panels",
        of: ["paper", "backdrop"],
        at: "row",
        count: [2, 4],
        width: [0.2, 0.4],
        height: [0.06, 0.09],
        known: object("sign", "paper"),
        lettering: 0.8,
      },
      { as: "ground", of: ["pitch"] },
    ],
    cast: [
      ["ball", "ground", 0.75, [0.12, 0.24], 1],
      ["runner", "ground", 0.8, [0.26, 0.45], 3],
      ["trophy", "front", 0.2, [0.25, 0.35], 1],
    ],
    people: [0.25, 1, [0.3, 0.45]],
  },
  beach: {
    kinds: ["coast", "outdoors"],
    horizon: [0.3, 0.46],
    layers: [
      { as: "all", of: ["sky", "sky", "cloudy sky"] },
      { as: "ground", of: ["sea"] },
      { as: "band", of: ["sand"], from: [0.1, 0.22], uneven: 0.03 },
    ],
    cast: [
      ["umbrella", "ground", 0.5, [0.25, 0.42], 1],
      ["palm tree", "ground", 0.5, [0.4, 0.65], 1],
      ["shell crab bucket ball turtle solid", "front", 0.7, [0.1, 0.18], 3],
      ["boat ship", "far", 0.4, [0.12, 0.22], 1],
      ["surfer", "ground", 0.2, [0.3, 0.4], 1],
      ["sun", "air", 0.35, [0.14, 0.22], 1],
      ["bird", "air", 0.2, [0.1, 0.14], 1],
    ],
    people: [0.5, 2, [0.28, 0.42]],
  },
  sea: {
    kinds: ["coast", "outdoors"],
    horizon: [0.3, 0.52],
    layers: [
      { as: "all", of: ["sky", "cloudy sky", "cloudy sky"] },
      { as: "peaks", of: ["rock", "mountain"], height: [0.06, 0.16], chance: 0.15 },
      { as: "ground", of: ["sea"] },
    ],
    cast: [
      ["boat ship", "ground", 0.8, [0.2, 0.45], 2],
      ["whale dolphin", "ground", 0.4, [0.2, 0.35], 1],
      ["bird", "air", 0.45, [0.1, 0.18], 2],
      ["swimmer surfer", "ground", 0.25, [0.2, 0.3], 1],
      ["sun", "air", 0.25, [0.14, 0.2], 1],
    ],
  },
  river: {
    kinds: ["nature", "outdoors"],
    horizon: [0.36, 0.5],
    layers: [
      { as: "all", of: ["sky", "cloudy sky"] },
      { as: "peaks", of: ["mountain"], height: [0.12, 0.25], chance: 0.25 },
      { as: "band", of: ["foliage", "hedge"], from: [-0.16, -0.06], uneven: 0.04, chance: 0.7 },
      { as: "ground", of: ["grass", "rock"], uneven: 0.02 },
      { as: "band", of: ["river"], from: [0.06, 0.12], uneven: 0.02 },
      { as: "band", of: ["grass", "sand", "rock", "soil"], from: [0.32, 0.46], uneven: 0.05 },
    ],
    cast: [
      ["tree fir tree", "far", 0.8, [0.2, 0.4], 3],
      ["duck boat", "ground", 0.6, [0.16, 0.28], 2],
      ["rock log frog flower", "front", 0.6, [0.12, 0.22], 2],
      ["deer bear cow", "front", 0.2, [0.22, 0.32], 1],
      ["fish", "ground", 0.15, [0.12, 0.18], 1],
    ],
    people: [0.1, 1, [0.28, 0.4]],
  },
  underwater: {
    kinds: ["nature"],
    horizon: [0.72, 0.86],
    layers: [
      { as: "all", of: ["deep water"] },
      { as: "ground", of: ["sand", "rock", "deep water"], uneven: 0.06 },
    ],
    cast: [
      ["fish", "anywhere", 0.95, [0.14, 0.36], 5],
      ["octopus turtle shark dolphin whale", "anywhere", 0.6, [0.24, 0.42], 1],
      ["coral", "front", 0.7, [0.18, 0.32], 3],
      ["crab shell anchor rock", "front", 0.5, [0.12, 0.22], 2],
    ],
  },
  desert: {
    kinds: ["nature", "outdoors"],
    horizon: [0.36, 0.56],
    layers: [
      { as: "all", of: ["sky"] },
      { as: "peaks", of: ["rock"], height: [0.1, 0.25], chance: 0.3 },
      { as: "ground", of: ["desert sand"], uneven: 0.08 },
      { as: "band", of: ["desert sand"], from: [0.14, 0.3], uneven: 0.08, chance: 0.7 },
    ],
    cast: [
      ["cactus", "ground", 0.8, [0.22, 0.45], 3],
      ["camel", "ground", 0.5, [0.25, 0.42], 2],
      ["sun", "air", 0.55, [0.14, 0.24], 1],
      ["snake lizard", "front", 0.35, [0.14, 0.24], 1],
      ["rock", "ground", 0.4, [0.1, 0.2], 2],
      ["palm tree tent car", "ground", 0.2, [0.25, 0.4], 1],
    ],
    people: [0.1, 1, [0.25, 0.4]],
  },
  "snowy mountain": {
    kinds: ["nature", "outdoors"],
    horizon: [0.5, 0.66],
    layers: [
      { as: "all", of: ["sky", "cloudy sky"] },
      { as: "peaks", of: ["mountain"], height: [0.25, 0.45] },
      { as: "peaks", of: ["snow", "mountain"], height: [0.12, 0.25], chance: 0.6 },
      { as: "ground", of: ["snow"], uneven: 0.08 },
    ],
    cast: [
      ["fir tree", "ground", 0.8, [0.2, 0.4], 4],
      ["snowman", "ground", 0.35, [0.2, 0.32], 1],
      ["skier", "ground", 0.4, [0.22, 0.36], 2],
      ["sled skis", "front", 0.35, [0.18, 0.28], 1],
      ["house", "far", 0.25, [0.16, 0.26], 1],
      ["bear deer fox", "ground", 0.2, [0.2, 0.3], 1],
    ],
    people: [0.15, 1, [0.25, 0.4]],
  },
  sky: {
    kinds: ["nature", "outdoors"],
    horizon: [0.9, 1.1],
    layers: [
      { as: "all", of: ["sky", "cloudy sky", "cloudy sky"] },
      { as: "ground", of: ["grass", "sea", "mountain"], uneven: 0.05, chance: 0.4 },
    ],
    cast: [
      ["airplane helicopter", "air", 0.6, [0.2, 0.42], 1],
      ["bird", "air", 0.6, [0.12, 0.24], 3],
      ["cloud", "air", 0.6, [0.2, 0.4], 3],
      ["balloon kite", "air", 0.4, [0.14, 0.28], 2],
      ["rainbow", "air", 0.15, [0.4, 0.6], 1],
      ["sun", "air", 0.35, [0.14, 0.24], 1],
      ["rocket", "air", 0.1, [0.2, 0.3], 1],
    ],
    lettering: 0.05,
  },
} as const satisfies Record<string, PlaceSpec>;

export type PlaceName = keyof typeof PLACES_OF_WORLD;
