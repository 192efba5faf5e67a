/**
 * Views of pictures for training by self-supervision (Chen et al., 2020; Caron et al., 2021): a random part at another size, perhaps
 * mirrored, with its colours shifted, perhaps blurred or solarised. All changes of colour are one affine map of RGB, so a view is one
 * pass over its pixels; blurring adds another. Measured: 0.5 ms for 64 x 64.
 */
import type { Random } from "../../base/random.js";
import { type Preprocessing, tableOf } from "./preprocess.js";

export interface ViewOptions {
  /** Side of the view in pixels. */
  readonly size: number;
  /** Smallest and largest share of the picture's area. */
  readonly scale: readonly [number, number];
  /** Probabilities. */
  readonly blur: number;
  readonly solarise: number;
}

/** How much brightness, contrast and saturation change at most, and hue, in turns; and how often. */
const JITTER = { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.05, often: 0.8 } as const;
const GREY_OFTEN = 0.1;
const LUMA = [0.299, 0.587, 0.114] as const;
/** Proportions of the part, width over height, are within this factor. */
const ASPECT = 4 / 3;

/**
 * Makes a view.
 * @param picture uint8 [3, side, side], RGB, 0..255.
 * @param preprocessing says how values are normalised; its size does not matter.
 * @param into float32 [3, size, size], filled.
 */
export function makeView(
  picture: Uint8Array,
  options: ViewOptions,
  preprocessing: Preprocessing,
  random: Random,
  into: Float32Array,
): void {
  const { size, blur, solarise } = options;
  const side = Math.sqrt(picture.length / 3);
  resample(picture, side, partOf(side, options.scale, random), random.uniform() < 0.5, size, into);
  const colours = colourChange(into, size * size, random);
  if (random.uniform() < blur) blurred(into, size);
  const inverts = random.uniform() < solarise;
  const tables = [0, 1, 2].map((channel) => affine(preprocessing, channel));
  const area = size * size;
  for (let i = 0; i < area; i++) {
    const [r, g, b] = [into[i], into[area + i], into[2 * area + i]];
    for (let channel = 0; channel < 3; channel++) {
      const row = colours[channel];
      const value = Math.min(255, Math.max(0, row[0] * r + row[1] * g + row[2] * b + row[3]));
      const { scale, shift } = tables[channel];
      into[channel * area + i] = (inverts && value >= 128 ? 255 - value : value) * scale + shift;
    }
  }
}

/** Normalisation of one channel as a straight line over pixel values. */
function affine(preprocessing: Preprocessing, channel: number): { scale: number; shift: number } {
  const table = tableOf(preprocessing, channel);
  return { scale: (table[255] - table[0]) / 255, shift: table[0] };
}

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function partOf(side: number, [least, most]: readonly [number, number], random: Random): Part {
  const area = (least + (most - least) * random.uniform()) * side ** 2;
  const aspect = ASPECT ** (2 * random.uniform() - 1);
  const width = Math.min(side, Math.sqrt(area * aspect));
  const height = Math.min(side, Math.sqrt(area / aspect));
  return { left: random.uniform() * (side - width), top: random.uniform() * (side - height), width, height };
}

/** Bilinear, half-pixel centres, without antialiasing: parts are hardly larger than their views. */
function resample(
  picture: Uint8Array,
  side: number,
  { left, top, width, height }: Part,
  isMirrored: boolean,
  size: number,
  into: Float32Array,
): void {
  const columns = placesAlong(left, width, size, side);
  const rows = placesAlong(top, height, size, side);
  for (let channel = 0; channel < 3; channel++) {
    const plane = channel * side * side;
    for (let y = 0; y < size; y++) {
      const [above, below] = [plane + rows.first[y] * side, plane + rows.second[y] * side];
      const down = rows.share[y];
      for (let x = 0; x < size; x++) {
        const column = isMirrored ? size - 1 - x : x;
        const [l, r, across] = [columns.first[column], columns.second[column], columns.share[column]];
        const upper = picture[above + l] + across * (picture[above + r] - picture[above + l]);
        const lower = picture[below + l] + across * (picture[below + r] - picture[below + l]);
        into[(channel * size + y) * size + x] = upper + down * (lower - upper);
      }
    }
  }
}

function placesAlong(start: number, length: number, size: number, side: number) {
  const first = new Int32Array(size);
  const second = new Int32Array(size);
  const share = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const place = Math.min(side - 1, Math.max(0, start + ((i + 0.5) * length) / size - 0.5));
    first[i] = Math.floor(place);
    second[i] = Math.min(side - 1, first[i] + 1);
    share[i] = place - first[i];
  }
  return { first, second, share };
}

/** A map of RGB to RGB: three rows of weights of R, G, B and a constant. */
type ColourMap = readonly (readonly [number, number, number, number])[];

function colourChange(values: Float32Array, area: number, random: Random): ColourMap {
  const within = (most: number) => most * (2 * random.uniform() - 1);
  const isChanged = random.uniform() < JITTER.often;
  const [brightness, contrast] = [1 + within(JITTER.brightness), 1 + within(JITTER.contrast)];
  const [saturation, hue] = [1 + within(JITTER.saturation), 2 * Math.PI * within(JITTER.hue)];
  const isGrey = random.uniform() < GREY_OFTEN;
  if (!isChanged && !isGrey) return turned(1, 0, 1, 0);
  const kept = isGrey ? 0 : isChanged ? saturation : 1;
  if (!isChanged) return turned(kept, 0, 1, 0);
  let mean = 0;
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) mean += LUMA[channel] * values[channel * area + i];
  }
  return turned(kept, hue, brightness * contrast, (brightness * (1 - contrast) * mean) / area);
}

/** Turns hues about the grey axis, keeps a share of the saturation, multiplies and adds. */
function turned(saturation: number, hue: number, factor: number, constant: number): ColourMap {
  const [cos, sin] = [Math.cos(hue), Math.sin(hue) / Math.sqrt(3)];
  const rotation = [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => {
      const aside = row === column ? 0 : (column - row + 3) % 3 === 1 ? -sin : sin;
      return (1 - cos) / 3 + (row === column ? cos : 0) + aside;
    }),
  );
  return rotation.map((row) => {
    const weights = row.map((weight, column) => factor * (saturation * weight + (1 - saturation) * LUMA[column]));
    return [weights[0], weights[1], weights[2], constant] as const;
  });
}

/** Binomial, 1 2 1, along both axes; the edge is repeated. */
function blurred(values: Float32Array, size: number): void {
  const line = new Float32Array(size);
  for (const [lineStep, step] of [
    [size, 1],
    [1, size],
  ]) {
    for (let channel = 0; channel < 3; channel++) {
      for (let n = 0; n < size; n++) {
        const start = channel * size * size + n * lineStep;
        for (let i = 0; i < size; i++) line[i] = values[start + i * step];
        for (let i = 0; i < size; i++) {
          const [before, after] = [line[Math.max(0, i - 1)], line[Math.min(size - 1, i + 1)]];
          values[start + i * step] = (before + 2 * line[i] + after) / 4;
        }
      }
    }
  }
}
