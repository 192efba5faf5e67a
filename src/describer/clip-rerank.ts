/**
 * Reranking by an image-text model, the reference's `+clip`: of the candidates that the captioner finds likely, the one that suits the exemplars
 * best by the eyes of CLIP. Each exemplar is cropped to the box around its mask; a candidate's likeness is its cosine with a crop, averaged
 * over the exemplars.
 *
 * Not what the reference does: it shows CLIP whole pictures, and, where its weight says so, masks the attention of CLIP's class token, for which
 * an exported model has no input. Cropping needs nothing but pictures. A mask that is spread all over the picture crops nothing away.
 *
 * Costs a run of the vision model an exemplar and one of the text model a new candidate: with 15 exemplars and a beam of 50 at most 65 a unit,
 * with the reference's beam of 1,000 at most 1,015. Candidates are shared by many units, and kept.
 */
import { UserError } from "../base/errors.js";
import { type Box, boxOf } from "../data/images/box.js";
import { decode } from "../data/images/decode.js";
import { normalise } from "../data/images/preprocess.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { ImageTextModel } from "../image-text/image-text-model.js";

/** Crops that are embedded together. */
const MAX_CROPS = 16;

/** Memory for the vectors of candidates: 131,000 with CLIP's 512 features. */
const TEXT_BYTES = 256 * 2 ** 20;

/** An exemplar: picture uint8 [3, height, width], RGB; mask uint8 [height, width], not 0 where the unit is active. */
export interface MaskedPicture {
  readonly picture: Uint8Array;
  readonly mask: Uint8Array;
}

/** An open image-text model with the candidates it has read. Close it when done. */
export class ClipReranker {
  readonly folder: string;
  readonly #model: ImageTextModel;
  /** Vectors of length 1 by text, the longest unused first. */
  readonly #texts = new Map<string, Float32Array>();

  private constructor(model: ImageTextModel) {
    this.folder = model.folder;
    this.#model = model;
  }

  /** Opens the model of a folder. Errors: `UserError`, see `ImageTextModel.open`. */
  static async open(folder: string, options: SessionOptions = {}): Promise<ClipReranker> {
    return new ClipReranker(await ImageTextModel.open(folder, options));
  }

  /** SHA-256 of the model. */
  identity(): Promise<string> {
    return this.#model.identity();
  }

  /**
   * How alike each candidate and the exemplars are: the mean cosine, -1 to 1. Exemplars whose mask is empty show nothing, and do not count.
   * @param size height and width of all pictures and masks, pixels.
   * @returns float64 [candidate]; NaN when all masks are empty.
   */
  async likeness(
    exemplars: AsyncIterable<MaskedPicture>,
    candidates: readonly string[],
    size: readonly [height: number, width: number],
  ): Promise<Float64Array> {
    const texts: Float32Array[] = [];
    for (const candidate of candidates) texts.push(await this.#embedText(candidate));
    const sums = new Float64Array(candidates.length);
    let count = 0;
    for await (const pixels of this.#crops(exemplars, size)) {
      const { data, shape } = await this.#model.embedImages(normalise(pixels, this.#model.preprocessing));
      const [crops, features] = shape;
      for (const [i, text] of texts.entries()) {
        if (text.length !== features) {
          throw new UserError(
            `reranking with ${this.folder}: images have ${features} features and texts ${text.length}; expected as many, check the model`,
          );
        }
        for (let at = 0; at < data.length; at++) sums[i] += data[at] * text[at % features];
      }
      count += crops;
    }
    return sums.map((sum) => sum / count);
  }

  close(): Promise<void> {
    return this.#model.close();
  }

  /** Some crops at a time at the model's size, uint8 [crop, 3, y, x]; valid until the next are asked for. */
  async *#crops(
    exemplars: AsyncIterable<MaskedPicture>,
    [height, width]: readonly [number, number],
  ): AsyncGenerator<Uint8Array> {
    const { preprocessing } = this.#model;
    const size = 3 * preprocessing.height * preprocessing.width;
    const pixels = new Uint8Array(MAX_CROPS * size);
    let count = 0;
    for await (const { picture, mask } of exemplars) {
      const box = boxOf(mask, width);
      if (!box) continue;
      const crop = cropped(picture, [height, width], box);
      await decode(crop, preprocessing, "an exemplar", pixels.subarray(count * size, (count + 1) * size));
      if (++count < MAX_CROPS) continue;
      yield pixels;
      count = 0;
    }
    if (count > 0) yield pixels.subarray(0, count * size);
  }

  async #embedText(text: string): Promise<Float32Array> {
    const vector = this.#texts.get(text) ?? (await this.#model.embedText(text));
    this.#texts.delete(text); // and put it behind the others
    this.#texts.set(text, vector);
    if (this.#texts.size * vector.byteLength > TEXT_BYTES) this.#texts.delete(this.#texts.keys().next().value!);
    return vector;
  }
}

/** The part of uint8 [3, height, width] in a box, as uint8 [height, width, 3]. */
function cropped(picture: Uint8Array, [height, width]: readonly [number, number], { left, top, right, bottom }: Box) {
  const [across, down] = [right - left, bottom - top];
  const data = new Uint8Array(3 * across * down);
  let to = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      for (let channel = 0; channel < 3; channel++) data[to++] = picture[(channel * height + y) * width + x];
    }
  }
  return { data, width: across, height: down, channels: 3 } as const;
}
