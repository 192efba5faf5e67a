/**
 * How much of each basic colour a place has: distances to examples of the eleven colour terms, turned into shares. What people
 * call brown or pink is no single point but a few; a term's share is the sum over its examples.
 */
import type { ColourName } from "../../../data/labels/labels.js";
import { COLOUR_NAMES } from "../../../data/labels/labels.js";
import type { Tensor } from "../../../engine/grad/graph.js";
import * as op from "../../../engine/grad/ops.js";
import { mixed, oklabOf } from "./oklab.js";

/** What people call by each term, light and dark, pale and strong, as it comes in photographs. */
const EXAMPLES: Readonly<Record<ColourName, readonly string[]>> = {
  black: ["000000", "181818", "201c1a"],
  white: ["ffffff", "f0f0ee"],
  grey: ["808080", "505050", "b0b0b0", "707880"],
  red: ["e01818", "b01018", "801818", "d04040"],
  green: ["20a030", "2d6a2d", "7cc04a", "3c4a22", "5a7d3a", "90b890"],
  blue: ["1840d0", "4a90d9", "1a2a5e", "9cc8ec", "3868a0", "20a0c0"],
  yellow: ["f5e020", "e0c840", "fff59a"],
  orange: ["f58220", "d86a10", "f0a050"],
  brown: ["7a4a20", "4a2f1a", "a0764a", "604838"],
  pink: ["f7a0b8", "f06090", "f5c8cc", "e020a0"],
  purple: ["7030a0", "a060c8", "4a2060", "b090d0"],
};

/** Lightness tells less apart than hue does. */
const LIGHTNESS_WEIGHT = 0.6;

/** Squared distance over which a share falls to a third. */
const SPREAD = 0.004;

/** Names of the maps. */
export const COLOUR_MAPS = [
  ...COLOUR_NAMES,
  "lightness",
  "red-green",
  "yellow-blue",
  "saturation",
  "contrast",
] as const;

/** @param lab float32 [n, 3, y, x] from `oklab`. @returns float32 [n, 16, y, x] as `COLOUR_MAPS` names them; the first 11 sum to 1. */
export function colourMaps(lab: Tensor): Tensor {
  const examples = COLOUR_NAMES.flatMap((name, term) => EXAMPLES[name].map((hex) => ({ term, lab: oklabOf(hex) })));
  const weights = [LIGHTNESS_WEIGHT ** 2, 1, 1];
  // the square of the place's own colour is the same for all examples: the softmax does not see it
  const likeness = mixed(
    lab,
    examples.map(({ lab: own }) => own.map((value, i) => (2 * weights[i] * value) / SPREAD)),
    examples.map(({ lab: own }) => -own.reduce((sum, value, i) => sum + weights[i] * value ** 2, 0) / SPREAD),
  );
  const terms = COLOUR_NAMES.map((_, term) => examples.map((example) => Number(example.term === term)));
  const shares = mixed(op.softmax(likeness, 1), terms);
  const [lightness, a, b] = op.split(lab, [1, 1, 1], 1);
  const saturation = op.sqrt(op.add(op.add(op.square(a), op.square(b)), 1e-6));
  return op.concat([shares, lightness, a, b, saturation, op.square(op.sub(lightness, 0.5))], 1);
}
