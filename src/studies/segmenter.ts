/**
 * A segmentation network as a source of labels, for pictures that have none: what it takes each pixel for is what is there. Everything else is
 * as with index masks (`data/labels/index-masks.ts`): all pixels of a class are one thing, colour and texture are measured.
 *
 * The labels are as good as the network is. Costs a run of it a picture.
 */
import { UserError } from "../base/errors.js";
import { decode } from "../data/images/decode.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";
import { normalise, type Preprocessing } from "../data/images/preprocess.js";
import { numbered, readClasses } from "../data/labels/index-masks.js";
import type { LabelSource } from "../data/labels/labels.js";
import { measurePicture } from "../data/labels/measure.js";
import { runForeign } from "../engine/runtime/foreign.js";
import { openSession } from "../engine/runtime/open.js";
import type { Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, toFloat32 } from "../engine/tensor/ndarray.js";
import { fixedBatch, imageInput, openModel, preprocessingOf } from "../exemplars/subject.js";

export interface SegmenterOptions extends SessionOptions {
  /**
   * ONNX file with one square image input. Its first output is logits [1, class, y, x], or numbers of classes [1, y, x] or
   * integers [1, 1, y, x]; any resolution.
   */
  readonly model: string;
  /** CSV with the columns id, name: what the numbers mean, from 0. Classes that are not in it, such as a background, are no things. */
  readonly classes: string;
  /** The pictures: a folder or an archive. */
  readonly images: string;
  /** Side of the input, pixels, where the model leaves it open; default 512. */
  readonly size?: number;
  /** How pixels are normalised; default as for ImageNet. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** Labels by a network. Close it when done. */
export interface SegmenterSource extends LabelSource {
  close(): Promise<void>;
}

const DEFAULT_SIZE = 512;

/** Opens a network, and tries it on a black picture. Errors: `UserError` when it is no segmenter, or its table of classes is another's. */
export async function openSegmenter(options: SegmenterOptions): Promise<SegmenterSource> {
  const { model: path, classes, images, size, mean, std, ...session } = options;
  const things = await readClasses(classes, 0);
  const subject = await openModel(path, { size: [size ?? DEFAULT_SIZE, size ?? DEFAULT_SIZE] });
  const preprocessing = preprocessingOf(subject, {
    ...(size !== undefined && { width: size, height: size }),
    ...(mean && { mean }),
    ...(std && { std }),
  });
  const { width, height } = preprocessing;
  if (width !== height || (fixedBatch(subject) ?? 1) !== 1) {
    throw new UserError(
      `opening the segmenter ${path}: its input is [${imageInput(subject).shape.join(", ")}]; expected one square picture, as labels are`,
    );
  }
  const set = await openImages(images);
  let network: Session | undefined;
  try {
    network = await openSession(subject.model, session);
    const segmenter = new Segmenter(path, network, preprocessing);
    await segmenter.check(Math.max(...things.keys()), classes);
    return sourceOf(segmenter, set, things);
  } catch (error) {
    await network?.close();
    await set.close();
    throw error;
  }
}

function sourceOf(
  segmenter: Segmenter,
  set: ImageSet,
  things: Awaited<ReturnType<typeof readClasses>>,
): SegmenterSource {
  const places = new Map(set.entries.map(({ file }, index) => [file, index]));
  return {
    title: `the segmenter ${segmenter.path}`,
    names: new Set([...things.values()].flatMap(({ names }) => names)),
    async labels(file, size) {
      const index = places.get(file);
      if (index === undefined) {
        throw new UserError(
          `labelling ${file}: no such picture in ${set.location}; expected pictures of that set, check --images`,
        );
      }
      const picture = await set.read(index);
      const classes = await segmenter.classes(await decode(picture, segmenter.preprocessing, file), size);
      return { size, scene: [], ...numbered(classes, things), ...(await measurePicture(picture, size, file)) };
    },
    async close() {
      await segmenter.close();
      await set.close();
    },
  };
}

/** An open network. */
class Segmenter {
  readonly path: string;
  readonly preprocessing: Preprocessing;
  readonly #session: Session;

  constructor(path: string, session: Session, preprocessing: Preprocessing) {
    this.path = path;
    this.preprocessing = preprocessing;
    this.#session = session;
  }

  /** Runs it once. @param largest number in the table `classes`. Errors: `UserError` when its output is not that of a segmenter with so many. */
  async check(largest: number, classes: string): Promise<void> {
    const { width, height } = this.preprocessing;
    const { shape } = this.#read(await this.#run(new Uint8Array(3 * width * height)));
    const count = shape.length === 4 && shape[1] > 1 ? shape[1] : Number.POSITIVE_INFINITY;
    if (largest < count) return;
    throw new UserError(
      `reading ${classes}: it has class ${largest}; expected numbers below ${count}, as ${this.path} has so many classes; number them from 0`,
    );
  }

  /**
   * Numbers of classes, int32 [size, size]: of each pixel that of the nearest output's largest logit.
   * @param pixels uint8 [3, y, x], RGB, of the input's size.
   */
  async classes(pixels: Uint8Array, size: number): Promise<Int32Array> {
    const { shape, data } = this.#read(await this.#run(pixels));
    const [height, width] = shape.slice(-2);
    const count = shape.length === 4 ? shape[1] : 1;
    const numbers = new Int32Array(size * size);
    const nearest = (at: number, from: number) => Math.floor(((at + 0.5) * from) / size);
    for (let at = 0; at < numbers.length; at++) {
      const from = nearest(Math.floor(at / size), height) * width + nearest(at % size, width);
      let [best, largest] = [-1, Number.NEGATIVE_INFINITY];
      for (let number = 0; number < count; number++) {
        const value = data[number * height * width + from];
        if (value > largest) [best, largest] = [number, value];
      }
      if (best < 0) {
        throw new UserError(`segmenting with ${this.path}: its output is no numbers; expected some, check the model`);
      }
      // a single one is the class itself
      numbers[at] = count === 1 ? Math.round(largest) : best;
    }
    return numbers;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #run(pixels: Uint8Array): Promise<NdArray> {
    const { inputs, outputs } = this.#session;
    const [{ name }] = outputs;
    const found = await runForeign(
      this.#session,
      { [inputs[0].name]: normalise(pixels, this.preprocessing) },
      {
        operation: `segmenting with ${this.path}`,
        expected: "a model that takes such pictures, check --segmenter-size",
        fetches: [name],
      },
    );
    return found[name];
  }

  /** The output, checked. */
  #read(output: NdArray): NdArray<"float32"> {
    const { shape, dtype } = output;
    const isOne = shape[0] === 1 && shape.every((n) => n > 0);
    const isInteger = !dtype.startsWith("float");
    const fits = shape.length === 3 || (shape.length === 4 && (shape[1] > 1 || isInteger));
    if (isOne && fits) return toFloat32(output);
    throw new UserError(
      `segmenting with ${this.path}: its first output is ${dtype} [${shape.join(", ")}]; expected logits [1, classes, y, x] or numbers of classes [1, y, x]`,
    );
  }
}
