/**
 * The five similarities of CLIP-Dissect (Oikarinen and Weng, 2023, section 3.2 and appendix): how well a concept's likeness to each probe image
 * goes with a unit's activations in them. Larger is more alike; scales differ.
 *
 * likeness: float32 [image, concept], cosines of image and concept embeddings. activations: float32 [image, unit], means over the map.
 * Results: float64 [unit, concept].
 */
import type { NdArray } from "../../engine/tensor/ndarray.js";

export const SIMILARITIES = ["soft-wpmi", "wpmi", "rank-reorder", "cos-cubed", "cos"] as const;
export type SimilarityName = (typeof SIMILARITIES)[number];

export interface Similarity {
  readonly units: number;
  readonly concepts: number;
  /** [unit, concept] */
  readonly scores: Float64Array;
}

type Matrix = NdArray<"float32">;

export interface SimilarityOptions {
  /** Images that a unit is judged by: those with its highest activations. Default 100 (soft-wpmi), 28 (wpmi); all, where there are fewer. */
  readonly top?: number;
  /** Sharpness of the softmax over concepts: default 10 (soft-wpmi), 2 (wpmi). */
  readonly sharpness?: number;
  /** Weight of log p(concept); default 1 (soft-wpmi), 0.6 (wpmi). */
  readonly lambda?: number;
}

/** By the name of the similarity, with the reference's settings. */
export function similarity(
  name: SimilarityName,
  likeness: Matrix,
  activations: Matrix,
  options: SimilarityOptions = {},
): Similarity {
  switch (name) {
    case "soft-wpmi":
      return pointwise(likeness, activations, { top: 100, sharpness: 10, lambda: 1, ...options }, membership);
    case "wpmi":
      return pointwise(likeness, activations, { top: 28, sharpness: 2, lambda: 0.6, ...options }, () => 1);
    case "rank-reorder":
      return rankReorder(likeness, activations);
    case "cos-cubed":
      return cosines(cubed(likeness), cubed(activations));
    case "cos":
      return cosines(likeness, activations);
  }
}

/** How surely the image of a rank is one that the unit is for: 0.998 for the first, falling in even steps towards 0.97. */
const membership = (rank: number, top: number): number => 0.998 - (rank / top) * (0.998 - 0.97);
const LEAST = 1e-7;

/**
 * log p(concept | the unit's images) - lambda log p(concept), the weighted pointwise mutual information; "soft" where images belong to the
 * unit only with a probability that falls with their rank.
 */
function pointwise(
  likeness: Matrix,
  activations: Matrix,
  { top, sharpness, lambda }: Required<SimilarityOptions>,
  belongs: (rank: number, top: number) => number,
): Similarity {
  const [images, concepts] = likeness.shape;
  const units = activations.shape[1];
  const most = Math.min(top, images);
  const probabilities = softmax(likeness, sharpness);
  const scores = new Float64Array(units * concepts);
  for (let unit = 0; unit < units; unit++) {
    for (const [rank, image] of highest(activations, unit, most).entries()) {
      const share = belongs(rank, most);
      for (let c = 0; c < concepts; c++) {
        scores[unit * concepts + c] += Math.log(1 + share * (probabilities[image * concepts + c] - 1) + LEAST);
      }
    }
  }
  for (let c = 0; c < concepts; c++) {
    // log of the mean over units
    let largest = Number.NEGATIVE_INFINITY;
    for (let unit = 0; unit < units; unit++) largest = Math.max(largest, scores[unit * concepts + c]);
    let sum = 0;
    for (let unit = 0; unit < units; unit++) sum += Math.exp(scores[unit * concepts + c] - largest);
    const prior = largest + Math.log(sum / units);
    for (let unit = 0; unit < units; unit++) scores[unit * concepts + c] -= lambda * prior;
  }
  return { units, concepts, scores };
}

/** float64 [image, concept]: rows add up to 1. */
function softmax({ shape: [rows, columns], data }: Matrix, sharpness: number): Float64Array {
  const into = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < columns; c++) largest = Math.max(largest, sharpness * data[row * columns + c]);
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const value = Math.exp(sharpness * data[row * columns + c] - largest);
      into[row * columns + c] = value;
      sum += value;
    }
    for (let c = 0; c < columns; c++) into[row * columns + c] /= sum;
  }
  return into;
}

/** The images with the unit's highest activations, the highest first; of equals the earlier. */
function highest({ shape: [images, units], data }: Matrix, unit: number, count: number): number[] {
  const order = Array.from({ length: images }, (_, i) => i);
  order.sort((a, b) => data[b * units + unit] - data[a * units + unit] || a - b);
  return order.slice(0, count);
}

const TOP_FRACTION = 0.05;
const POWER = 3;
const SCALE_POWER = 0.5;

/**
 * How little the unit's highest activations change when they are put into the order of the concept's likeness. The reference divides by what a few
 * random orders change; here it is the mean over all orders, so nothing is drawn.
 */
function rankReorder(likeness: Matrix, activations: Matrix): Similarity {
  const [images, concepts] = likeness.shape;
  const units = activations.shape[1];
  const count = Math.max(1, Math.floor(images * TOP_FRACTION));
  const scores = new Float64Array(units * concepts);
  for (let unit = 0; unit < units; unit++) {
    const top = highest(activations, unit, count);
    const values = top.map((image) => activations.data[image * units + unit]);
    const ascending = [...values].reverse();
    let random = 0;
    for (const a of values) for (const b of values) random += Math.abs(a - b) ** POWER;
    random /= count * count;
    for (let c = 0; c < concepts; c++) {
      const like = top.map((image) => likeness.data[image * concepts + c]);
      const order = like.map((_, i) => i).sort((a, b) => like[a] - like[b] || a - b);
      let error = 0;
      for (const [rank, i] of order.entries()) error += Math.abs(values[i] - ascending[rank]) ** POWER;
      const mean = like.reduce((sum, value) => sum + value, 0) / count;
      const relative = random > 0 ? error / count / random : 1;
      // a concept that is unlike the images on average cannot be theirs
      scores[unit * concepts + c] = mean > 0 ? -relative / mean ** SCALE_POWER : Number.NEGATIVE_INFINITY;
    }
  }
  return { units, concepts, scores };
}

const LEAST_NORM = 1e-3;

/** Third powers of the distances from the column's mean. */
function cubed({ shape, data, dtype }: Matrix): Matrix {
  const [rows, columns] = shape;
  const into = new Float32Array(data.length);
  for (let c = 0; c < columns; c++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += data[row * columns + c] / rows;
    for (let row = 0; row < rows; row++) into[row * columns + c] = (data[row * columns + c] - mean) ** 3;
  }
  return { shape, dtype, data: into };
}

/** Cosines of columns. */
function cosines(likeness: Matrix, activations: Matrix): Similarity {
  const [images, concepts] = likeness.shape;
  const units = activations.shape[1];
  const lengths = (matrix: Matrix) => {
    const [rows, columns] = matrix.shape;
    const squares = new Float64Array(columns);
    for (let row = 0; row < rows; row++)
      for (let c = 0; c < columns; c++) squares[c] += matrix.data[row * columns + c] ** 2;
    return squares.map((square) => Math.max(Math.sqrt(square), LEAST_NORM));
  };
  const [ofConcepts, ofUnits] = [lengths(likeness), lengths(activations)];
  const scores = new Float64Array(units * concepts);
  for (let image = 0; image < images; image++) {
    for (let unit = 0; unit < units; unit++) {
      const value = activations.data[image * units + unit] / ofUnits[unit];
      if (value === 0) continue;
      for (let c = 0; c < concepts; c++) scores[unit * concepts + c] += value * likeness.data[image * concepts + c];
    }
  }
  for (let i = 0; i < scores.length; i++) scores[i] /= ofConcepts[i % concepts];
  return { units, concepts, scores };
}
