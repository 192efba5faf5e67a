/** Places that people have built outdoors. */
import { FENCE, type Layer, object, type PlaceSpec } from "./place.js";

const BUILDINGS = {
  as: "panels",
  of: ["day front", "brick wall", "day front", "glass front"],
  at: "row",
  count: [3, 6],
  width: [0.16, 0.4],
  height: [0.25, 0.7],
  known: object("building", "stone"),
} as const satisfies Layer;

export const CITY_PLACES = {
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
} as const satisfies Record<string, PlaceSpec>;
