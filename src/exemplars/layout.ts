/**
 * How a layer's activations lie in space: every layer is seen as `units` maps of `height` x `width`, whatever the tensor's
 * axes are. A convolution's map is its map, whether its units come first or last; the patch tokens of a vision transformer are a grid, its class and register
 * tokens come first and are dropped; a dense layer is a map of one cell, so its mask is the whole image.
 */
import { UserError } from "../base/errors.js";
import type { Ceiling } from "../engine/onnx/ceiling.js";
import type { Layer } from "../engine/onnx/layers.js";

/** One layer of a sweep. */
export interface LayerLayout {
  /** The tensor's name in the model. */
  readonly name: string;
  readonly kind: Layer["kind"];
  readonly dtype: Layer["dtype"];
  /** How many units the layer has. */
  readonly units: number;
  /** The units dissected, when not all: ascending. */
  readonly subset?: readonly number[];
  readonly height: number;
  readonly width: number;
  /** Tokens before the patch grid (class and registers). */
  readonly prefix: number;
  /** Where the tensor's values end, when activations are measured before that. */
  readonly ceiling?: Ceiling;
}

/** Of activations that end at a ceiling, as ReLU6's at 6: `lift` measures them as they were before it, `keep` as they are. */
export type CeilingUse = "lift" | "keep";

/** The units dissected, as numbers in the layer. */
export const unitsOf = (layout: LayerLayout): readonly number[] =>
  layout.subset ?? Array.from({ length: layout.units }, (_, unit) => unit);

/**
 * The layout of a layer.
 * @param input the network's input, [height, width] in pixels: a token grid has its proportions.
 * @param options.prefix tokens before the grid, when the default (the fewest that leave a grid) is wrong.
 * @param options.ceiling default `lift`: behind a ceiling that many positions reach, images cannot be ranked and nothing exceeds the level.
 */
export function layoutOf(
  layer: Layer,
  input: readonly [number, number],
  options: { subset?: readonly number[]; prefix?: number; ceiling?: CeilingUse } = {},
): LayerLayout {
  const base = {
    name: layer.name,
    kind: layer.kind,
    dtype: layer.dtype,
    units: layer.units,
    ...subsetOf(layer, options.subset),
    ...(layer.ceiling && options.ceiling !== "keep" && { ceiling: layer.ceiling }),
  };
  if (layer.kind === "vector") return { ...base, height: 1, width: 1, prefix: 0 };
  if (layer.kind === "map") return { ...base, height: layer.shape[2], width: layer.shape[3], prefix: 0 };
  if (layer.kind === "grid") return { ...base, height: layer.shape[1], width: layer.shape[2], prefix: 0 };
  return { ...base, ...tokenGrid(layer.name, layer.shape[1], input, options.prefix) };
}

function subsetOf(layer: Layer, subset: readonly number[] | undefined): { subset?: readonly number[] } {
  if (subset === undefined) return {};
  const wrong = subset.find((unit) => !(Number.isInteger(unit) && unit >= 0 && unit < layer.units));
  if (subset.length === 0 || wrong !== undefined) {
    throw new UserError(
      `units of ${layer.name}: expected numbers from 0 to ${layer.units - 1}, got ${wrong ?? "none"}; correct --units`,
    );
  }
  return { subset: [...new Set(subset)].sort((a, b) => a - b) };
}

/** More tokens than this before the grid are taken for a sign that there is no grid. */
const MOST_PREFIX_TOKENS = 32;

/** The finest grid of square patches that `tokens` can hold; patches that fill the picture exactly are tried first. */
function tokenGrid(
  name: string,
  tokens: number,
  [inputHeight, inputWidth]: readonly [number, number],
  prefix: number | undefined,
): { height: number; width: number; prefix: number } {
  const patches = Array.from({ length: Math.min(inputHeight, inputWidth) }, (_, i) => i + 1);
  const fills = (patch: number) => inputHeight % patch === 0 && inputWidth % patch === 0;
  for (const patch of [...patches.filter(fills), ...patches.filter((patch) => !fills(patch))]) {
    const height = Math.floor(inputHeight / patch);
    const width = Math.floor(inputWidth / patch);
    const left = tokens - height * width;
    const fits = prefix === undefined ? left >= 0 && left <= MOST_PREFIX_TOKENS : left === prefix;
    if (fits) return { height, width, prefix: left };
  }
  throw new UserError(
    `layout of ${name}: its ${tokens} tokens${prefix === undefined ? "" : ` less ${prefix}`} are no grid of square patches over ` +
      `${inputHeight}x${inputWidth} pixels; expected class and register tokens first, then the grid: say --prefix-tokens, or leave the layer out`,
  );
}
