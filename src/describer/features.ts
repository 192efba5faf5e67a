/**
 * Features of exemplars. Images are shared by many units, masks are not: each distinct image goes through the encoder once,
 * with all its masks. Costs one pass of the network per image, and 2 million multiply-adds per mask (ResNet-101, 224 pixels).
 *
 * Images with equally many masks share a batch, so that little is padded; images and masks per batch are bounded, so
 * memory does not depend on how many there are.
 */
import { UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { openSession } from "../engine/runtime/open.js";
import type { Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf, zeros } from "../engine/tensor/ndarray.js";
import { featureSizeOf } from "./encoder.js";
import type { KeptFeatures } from "./kept-features.js";
import { matrixAskedBy, resizeMatrix } from "./resize-matrices.js";

const MAX_IMAGES = 8;
/** Masks per batch of a pyramid encoder; float32 of 224 x 224, that is 51 MB. */
const MAX_MASKS = 256;
/** Masks per batch of a spatial encoder, where each makes another image. */
const MAX_SPATIAL_MASKS = MAX_IMAGES;

/** A mask: uint8 of 0 and 1, or float32. */
export type Mask = NdArray<"uint8"> | NdArray<"float32">;

/** Where images and masks come from. Images are all of one size, and masks too. */
export interface ExemplarSource {
  /** uint8 [3, height, width], RGB. */
  image(id: number): NdArray<"uint8"> | Promise<NdArray<"uint8">>;
  /** [height, width] of the mask number `index`. */
  mask(index: number): Mask | Promise<Mask>;
}

/** Features float32 [n, place, feature] of the masks with these n indices. */
export interface FeatureBatch {
  readonly masks: readonly number[];
  readonly features: NdArray<"float32">;
}

/** One image and some of its masks, as indices into the list of all masks. */
interface Item {
  readonly image: number;
  readonly masks: readonly number[];
}

/** An open encoder. Close it when done. */
export class ImageEncoder {
  /** Length of a feature vector. */
  readonly featureSize: number;
  readonly #session: Session;
  readonly #maxMasks: number;
  readonly #maxImages: number;
  /** Resizing matrices that were fed before, by name and length. */
  readonly #matrices = new Map<string, NdArray<"float32">>();

  private constructor(session: Session, featureSize: number) {
    this.#session = session;
    this.featureSize = featureSize;
    const places = session.outputs.find((output) => output.name === "features")?.shape[2];
    this.#maxMasks = places === 1 ? MAX_MASKS : MAX_SPATIAL_MASKS;
    const fixed = session.inputs.find((input) => input.name === "images")?.shape[0];
    this.#maxImages = fixed === 1 ? 1 : MAX_IMAGES;
  }

  /** Opens a graph made by `encoderModel` or `classifierEncoder`. Errors: `UserError` when it is another. */
  static async open(model: OnnxModel, options: SessionOptions = {}): Promise<ImageEncoder> {
    const featureSize = featureSizeOf(model);
    return new ImageEncoder(await openSession(model, options), featureSize);
  }

  /**
   * Features of masks.
   * @param images uint8 [image, 3, height, width], RGB.
   * @param masks [mask, 1, y, x], any resolution; null: one mask of ones for each image.
   * @param owner the image of each mask; default: mask i is of image i.
   * @returns float32 [mask, place, feature]; one place for a pyramid encoder.
   */
  async encode(images: NdArray<"uint8">, masks: Mask | null = null, owner?: Int32Array): Promise<NdArray<"float32">> {
    const count = images.shape[0];
    const given: Mask = masks ?? ndarray("float32", [count, 1, 1, 1], new Float32Array(count).fill(1));
    const owners = owner ?? Int32Array.from({ length: given.shape[0] }, (_, i) => i);
    if (owners.length !== given.shape[0] || owners.some((image) => image < 0 || image >= count)) {
      throw new UserError(
        `encoding: ${given.shape[0]} masks of ${count} images; expected as many owners, each an image's index, got ${owners.length}`,
      );
    }
    const source = { image: (id: number) => rowOf(images, id), mask: (index: number) => rowOf(given, index) };
    return this.encodeExemplars(owners, source);
  }

  /**
   * Features of masks whose images and masks are fetched when they are needed. The result is held in memory: 16 kB per
   * mask for a ResNet-101 pyramid.
   * @param owner the image's id of each mask; an id may occur any number of times.
   * @param kept of an earlier call with the same masks, which was interrupted.
   * @returns float32 [mask, place, feature], in the order of `owner`.
   */
  async encodeExemplars(
    owner: ArrayLike<number>,
    source: ExemplarSource,
    progress: Progress = silent,
    kept?: KeptFeatures,
  ): Promise<NdArray<"float32">> {
    let all: NdArray<"float32"> | undefined;
    let done = 0;
    progress.begin("encoding exemplars", owner.length, "mask");
    for await (const { masks, features } of this.stream(owner, source, kept)) {
      const [, places, size] = features.shape;
      all ??= zeros("float32", [owner.length, places, size]);
      for (const [row, mask] of masks.entries()) {
        all.data.set(features.data.subarray(row * places * size, (row + 1) * places * size), mask * places * size);
      }
      done += masks.length;
      progress.update(done);
    }
    progress.end();
    return all ?? zeros("float32", [0, 1, this.featureSize]);
  }

  /**
   * Features of masks, a batch at a time in no order of the caller's. The next batch's images and masks are fetched
   * during the work on one; each distinct image is fetched once (again where it has more masks than a batch holds).
   * @param owner the image's id of each mask; an id may occur any number of times.
   */
  async *stream(owner: ArrayLike<number>, source: ExemplarSource, kept?: KeptFeatures): AsyncGenerator<FeatureBatch> {
    const all = plan(owner, this.#maxMasks, this.#maxImages);
    const masksOf = (items: readonly Item[]) => items.flatMap((item) => item.masks);
    const known = kept?.agreeing(all.map((items) => masksOf(items).length)) ?? 0;
    for (let i = 0; i < known; i++) {
      const masks = masksOf(all[i]);
      for (const mask of masks) await source.mask(mask); // whoever asks may want to know them
      yield { masks, features: await kept!.read(i) };
    }
    const batches = all.slice(known);
    let next = batches.length > 0 ? load(batches[0], source) : undefined;
    for (const [i, items] of batches.entries()) {
      const feeds = await next!;
      next = i + 1 < batches.length ? load(batches[i + 1], source) : undefined;
      next?.catch(() => {}); // awaited in the next round, unless this one fails
      const { features } = await this.#session.run({ ...feeds, ...this.#matricesFor(feeds) });
      const batch = withoutPadding(items, features as NdArray<"float32">);
      await kept?.add(batch.features);
      yield batch;
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** The resizing matrices the graph asks for, from the sizes of these feeds. */
  #matricesFor({ images, masks }: Record<string, NdArray>): Record<string, NdArray> {
    const fed: Record<string, NdArray> = {};
    for (const { name } of this.#session.inputs) {
      const asked = matrixAskedBy(name);
      if (!asked) continue;
      const from = (asked.of === "image" ? images : masks).shape[asked.axis === "rows" ? 2 : 3];
      const key = `${name} ${from}`;
      const matrix = this.#matrices.get(key) ?? resizeMatrix(asked.of, asked.axis, from, asked.length);
      this.#matrices.set(key, matrix);
      fed[name] = matrix;
    }
    return fed;
  }
}

/** Moves the rows of existing masks of float32 [image, mask, place, feature] together. */
function withoutPadding(items: readonly Item[], { shape, data }: NdArray<"float32">): FeatureBatch {
  const [, width, places, size] = shape;
  const masks = items.flatMap((item) => item.masks);
  let count = 0;
  for (const [row, item] of items.entries()) {
    const from = row * width * places * size;
    data.copyWithin(count * places * size, from, from + item.masks.length * places * size);
    count += item.masks.length;
  }
  return { masks, features: ndarray("float32", [count, places, size], data.subarray(0, count * places * size)) };
}

/** Groups masks by image, and images into batches, those with most masks first. */
function plan(owner: ArrayLike<number>, maxMasks: number, maxImages: number): Item[][] {
  const masksOf = new Map<number, number[]>();
  for (let mask = 0; mask < owner.length; mask++) {
    const masks = masksOf.get(owner[mask]);
    if (masks) masks.push(mask);
    else masksOf.set(owner[mask], [mask]);
  }
  const items: Item[] = [];
  for (const [image, masks] of masksOf) {
    for (let i = 0; i < masks.length; i += maxMasks) items.push({ image, masks: masks.slice(i, i + maxMasks) });
  }
  items.sort((a, b) => b.masks.length - a.masks.length || a.image - b.image);
  const batches: Item[][] = [];
  for (let i = 0; i < items.length; ) {
    const count = Math.max(1, Math.min(maxImages, Math.floor(maxMasks / items[i].masks.length)));
    batches.push(items.slice(i, i + count));
    i += count;
  }
  return batches;
}

/** Fetches what a batch needs, as inputs of the graph; masks that an image does not have are zero. */
async function load(items: readonly Item[], source: ExemplarSource): Promise<Record<string, NdArray>> {
  const width = items[0].masks.length;
  const images = await Promise.all(items.map((item) => source.image(item.image)));
  const masks = await Promise.all(items.map((item) => Promise.all(item.masks.map((mask) => source.mask(mask)))));
  const imageBlock = zeros("uint8", [items.length, ...images[0].shape]);
  for (const [row, image] of images.entries()) place(image, imageBlock, row);
  const maskBlock = zeros("float32", [items.length, width, ...masks[0][0].shape.slice(-2)]);
  for (const [row, list] of masks.entries()) {
    for (const [column, mask] of list.entries()) place(mask, maskBlock, row * width + column);
  }
  return { images: imageBlock, masks: maskBlock };
}

/** Copies an array into row `row` of rows of its size. */
function place(part: Mask, block: NdArray<"uint8"> | NdArray<"float32">, row: number): void {
  const rowShape = block.shape.slice(-part.shape.length);
  const size = sizeOf(part.shape);
  if (rowShape.some((n, axis) => n !== part.shape[axis])) {
    throw new UserError(
      `encoding: an image or mask of [${part.shape}]; expected all alike, the first was [${rowShape}]`,
    );
  }
  block.data.set(part.data, row * size);
}

/** Row `index` of an array, without copying. */
function rowOf<A extends Mask>(array: A, index: number): A {
  const shape = array.shape.slice(array.shape.length === 4 && array.shape[1] === 1 ? 2 : 1);
  const size = sizeOf(shape);
  return { ...array, shape, data: array.data.subarray(index * size, (index + 1) * size) };
}
