/**
 * What a network wants to be fed, and how 8-bit pixels become that.
 */
import { UserError } from "../../base/errors.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import type { View } from "./decode.js";

/** The colour channels of a network's input, in its order; `grey` is one channel of luma (ITU-R 601, as PIL's "L"). */
export const CHANNELS = { rgb: 3, bgr: 3, grey: 1 } as const;

/** A network's input: `value = (pixel / 255 * (high - low) + low - mean) / std`. */
export interface Preprocessing extends View {
  /** [low, high]: what black and white are before mean and standard deviation apply. */
  readonly range: readonly [number, number];
  /** One per channel, in the network's order, or one for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channels: keyof typeof CHANNELS;
  /** Whether channels come before the pixels, as in PyTorch, or after them, as in TensorFlow. */
  readonly layout: "nchw" | "nhwc";
}

/** What torchvision's ImageNet networks want. */
export const IMAGENET: Preprocessing = {
  width: 224,
  height: 224,
  fit: "crop",
  range: [0, 1],
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channels: "rgb",
  layout: "nchw",
};

/** Refuses settings that contradict each other. */
export function checkPreprocessing({ width, height, range, mean, std, channels }: Preprocessing): void {
  const reject = (problem: string) => new UserError(`preprocessing: ${problem}`);
  const isSize = (n: number) => Number.isInteger(n) && n >= 1 && n <= 16384;
  const count = CHANNELS[channels];
  if (!isSize(width) || !isSize(height)) throw reject(`size ${width}x${height}; expected whole pixels from 1 to 16384`);
  if (!count) throw reject(`channels ${channels}; expected ${Object.keys(CHANNELS).join(", ")}`);
  if (![...range, ...mean, ...std].every(Number.isFinite)) throw reject("range, mean and std must be finite numbers");
  for (const [name, values] of Object.entries({ mean, std })) {
    if (values.length === 1 || values.length === count) continue;
    throw reject(`${values.length} values of ${name}; expected ${count}, one per channel, or one for all`);
  }
  if (std.includes(0)) throw reject("a standard deviation of 0; expected positive numbers");
}

/** Shape of the network's input for `count` images. */
export function inputShape({ width, height, channels, layout }: Preprocessing, count: number): number[] {
  const depth = CHANNELS[channels];
  return layout === "nchw" ? [count, depth, height, width] : [count, height, width, depth];
}

/**
 * Turns pixels into the network's input, through a table of 256 values per channel.
 * @param pixels uint8 [n, 3, height, width], RGB, 0..255.
 * @param into float32 of at least the input's size; only as much as needed is written.
 * @returns the input, a view of `into`, shaped as `inputShape` says.
 */
export function normalise(
  pixels: Uint8Array,
  preprocessing: Preprocessing,
  into = new Float32Array((pixels.length / 3) * CHANNELS[preprocessing.channels]),
): NdArray<"float32"> {
  const { width, height, channels, layout } = preprocessing;
  const area = width * height;
  const count = pixels.length / (3 * area);
  const depth = CHANNELS[channels];
  const pixelStep = layout === "nchw" ? 1 : depth;
  const channelStep = layout === "nchw" ? area : 1;
  for (let channel = 0; channel < depth; channel++) {
    const table = tableOf(preprocessing, channel);
    for (let image = 0; image < count; image++) {
      const plane = (channels === "bgr" ? 2 - channel : channel) * area;
      const from = pixels.subarray(image * 3 * area + plane, (image + 1) * 3 * area);
      let to = image * depth * area + channel * channelStep;
      if (channels === "grey") {
        for (let i = 0; i < area; i++, to += pixelStep)
          into[to] = table[luma(from[i], from[area + i], from[2 * area + i])];
      } else {
        for (let i = 0; i < area; i++, to += pixelStep) into[to] = table[from[i]];
      }
    }
  }
  return ndarray("float32", inputShape(preprocessing, count), into.subarray(0, count * depth * area));
}

const luma = (r: number, g: number, b: number) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** What each value of a pixel is to the network, by channel. */
export function tableOf({ range: [low, high], mean, std }: Preprocessing, channel: number): Float32Array {
  const m = mean[channel % mean.length];
  const s = std[channel % std.length];
  return Float32Array.from({ length: 256 }, (_, pixel) => ((pixel / 255) * (high - low) + low - m) / s);
}
