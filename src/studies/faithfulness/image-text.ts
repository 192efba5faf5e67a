/**
 * Predicts with an image-text model: a picture is scored by how alike it and the description are, a place by how alike the part
 * of the picture around it is. The parts are windows over what the network saw, half overlapping; between their centres scores
 * are interpolated. Every picture is embedded once for all units, every description once.
 *
 * Costs `windows` squared plus one runs of the vision model a picture, and 4 bytes a feature and window to keep: CLIP ViT-B/32
 * with the default of four over 1,000 pictures is 17,000 runs and 35 MB.
 */
import { UserError } from "../../base/errors.js";
import type { Progress } from "../../base/progress.js";
import { batches } from "../../data/images/batches.js";
import { decode } from "../../data/images/decode.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { normalise } from "../../data/images/preprocess.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import type { Taps } from "../../engine/tensor/resize.js";
import { ImageTextModel } from "../../image-text/image-text-model.js";
import type { HeldOut, Places, Prediction, Predictions, Predictor } from "./predictor.js";

/** Memory for the vectors of all pictures: 61,000 with CLIP's 512 features and the default of windows. */
const MOST_BYTES = 2 ** 31;

export interface ImageTextOptions extends SessionOptions {
  /** Windows along each side of the view; default 4. One: the whole view only, which knows nothing of places. */
  readonly windows?: number;
}

/** Opens an image-text model as a predictor. @param folder see `ImageTextModel`. */
export async function openImageText(folder: string, options: ImageTextOptions = {}): Promise<Predictor> {
  const { windows = 4, ...session } = options;
  const model = await ImageTextModel.open(folder, session);
  const { length: features } = await model.embedText("a photo"); // before any long work
  return {
    name: `image-text model (${folder}, ${windows} x ${windows} windows)`,
    check: (set) => checkMemory(set, windows, features),
    async prepare(heldOut, descriptions, progress) {
      const images = await embedPictures(model, heldOut, { windows, features }, progress);
      return new ImageTextPredictions(images, windows, await embedTexts(model, descriptions, progress));
    },
    close: () => model.close(),
  };
}

/** Refuses a set whose vectors would not fit into memory. */
function checkMemory({ location, entries }: ImageSet, windows: number, features: number): void {
  const most = Math.floor(MOST_BYTES / (4 * features * (1 + windows * windows)));
  if (entries.length <= most) return;
  throw new UserError(
    `embedding ${location}: ${entries.length} images in ${windows} x ${windows} windows do not fit into memory; expected at most ${most}, give fewer images or --windows 1`,
  );
}

/** float32 [picture, 1 + windows squared, feature], each of length 1; the first is the whole view. */
async function embedPictures(
  model: ImageTextModel,
  { set, ids, view }: HeldOut,
  { windows, features }: { windows: number; features: number },
  progress: Progress,
): Promise<NdArray<"float32">> {
  const side = model.preprocessing.width;
  // so large that a window has exactly the size the model wants
  const shorter = Math.round((side * (windows + 1)) / 2);
  const scale = shorter / Math.min(view.width, view.height);
  const [width, height] = [view.width, view.height].map((pixels) => Math.round(pixels * scale));
  const large = { ...model.preprocessing, width, height, fit: view.fit };
  const parts = 1 + windows * windows;
  const pixels = new Uint8Array(parts * 3 * side * side);
  let embedded: Float32Array | undefined;
  let done = 0;
  progress.begin("image embeddings", ids.length, "image");
  for await (const batch of batches(set, ids, { batchSize: 1, preprocessing: large })) {
    const picture = batch.pixels.data;
    await decode(
      interleaved(picture, width, height),
      model.preprocessing,
      "the view",
      pixels.subarray(0, 3 * side ** 2),
    );
    const starts = [height, width].map((size) => startsOf(size, side, windows));
    for (let part = 1; part < parts; part++) {
      const [top, left] = [starts[0][Math.floor((part - 1) / windows)], starts[1][(part - 1) % windows]];
      copyWindow(picture, [height, width], [top, left], side, pixels.subarray(part * 3 * side ** 2));
    }
    const { data, shape } = await model.embedImages(normalise(pixels, model.preprocessing));
    if (shape[1] !== features) {
      throw new UserError(
        `embedding ${set.location}: images have ${shape[1]} features and texts ${features}; expected as many, check the model`,
      );
    }
    embedded ??= new Float32Array(ids.length * parts * shape[1]);
    embedded.set(data, done * data.length);
    progress.update(++done);
  }
  progress.end();
  if (done < ids.length || embedded === undefined) {
    throw new UserError(
      `embedding ${set.location}: ${ids.length - done} images became unreadable meanwhile; expected the same set, run again`,
    );
  }
  return ndarray("float32", [done, parts, embedded.length / (done * parts)], embedded);
}

/** Where windows begin along one side, evenly spread. */
const startsOf = (size: number, window: number, count: number): number[] =>
  count === 1
    ? [Math.round((size - window) / 2)]
    : Array.from({ length: count }, (_, i) => Math.round((i * (size - window)) / (count - 1)));

function interleaved(planes: Uint8Array, width: number, height: number) {
  const area = width * height;
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) for (let c = 0; c < 3; c++) data[3 * i + c] = planes[c * area + i];
  return { data, width, height, channels: 3 } as const;
}

function copyWindow(
  picture: Uint8Array,
  [height, width]: readonly [number, number],
  [top, left]: readonly [number, number],
  side: number,
  into: Uint8Array,
): void {
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < side; y++) {
      const from = (channel * height + top + y) * width + left;
      into.set(picture.subarray(from, from + side), (channel * side + y) * side);
    }
  }
}

async function embedTexts(model: ImageTextModel, texts: readonly string[], progress: Progress) {
  const embedded = new Map<string, Float32Array>();
  progress.begin("text embeddings", texts.length, "text");
  for (const [i, text] of texts.entries()) {
    if (!embedded.has(text)) embedded.set(text, await model.embedText(text));
    progress.update(i + 1);
  }
  progress.end();
  return embedded;
}

class ImageTextPredictions implements Predictions {
  readonly #images: NdArray<"float32">;
  readonly #windows: number;
  readonly #texts: ReadonlyMap<string, Float32Array>;

  constructor(images: NdArray<"float32">, windows: number, texts: ReadonlyMap<string, Float32Array>) {
    this.#images = images;
    this.#windows = windows;
    this.#texts = texts;
  }

  meaning(description: string): string | undefined {
    return description.trim() === "" ? undefined : description;
  }

  unknownWords(): readonly string[] {
    return [];
  }

  predict(description: string, { grid: [rows, columns], images, cells }: Places): Prediction {
    const [count, parts] = this.#images.shape;
    const likeness = this.#likeness(this.#texts.get(description)!);
    const wholes = Float32Array.from({ length: count }, (_, image) => likeness[image * parts]);
    const [down, across] = [rows, columns].map((size) => centreTaps(size, this.#windows));
    const places = new Float32Array(images.length);
    for (let place = 0; place < places.length; place++) {
      const first = images[place] * parts + 1;
      const [y, x] = [Math.floor(cells[place] / columns), cells[place] % columns];
      const row = (at: number) =>
        across.lowWeight[x] * likeness[first + at * this.#windows + across.low[x]] +
        across.highWeight[x] * likeness[first + at * this.#windows + across.high[x]];
      places[place] = down.lowWeight[y] * row(down.low[y]) + down.highWeight[y] * row(down.high[y]);
    }
    return { images: wholes, places };
  }

  /** Cosine of the angle between a text and every part of every picture, float32 [picture, part]. */
  #likeness(text: Float32Array): Float32Array {
    const { data } = this.#images;
    const width = text.length;
    const into = new Float32Array(data.length / width);
    for (let part = 0; part < into.length; part++) {
      let sum = 0;
      const start = part * width;
      for (let i = 0; i < width; i++) sum += data[start + i] * text[i];
      into[part] = sum;
    }
    return into;
  }
}

/**
 * Interpolation from the centres of the windows, which lie at 1 / (n + 1), 2 / (n + 1), ... of the side, to those of the cells.
 * Beyond the outermost centres their scores hold.
 */
function centreTaps(cells: number, windows: number): Taps {
  const taps: Taps = {
    low: new Int32Array(cells),
    high: new Int32Array(cells),
    lowWeight: new Float64Array(cells),
    highWeight: new Float64Array(cells),
  };
  for (let cell = 0; cell < cells; cell++) {
    const at = Math.min(Math.max(((cell + 0.5) / cells) * (windows + 1) - 1, 0), windows - 1);
    taps.low[cell] = Math.floor(at);
    taps.high[cell] = Math.min(Math.floor(at) + 1, windows - 1);
    taps.highWeight[cell] = at - Math.floor(at);
    taps.lowWeight[cell] = 1 - taps.highWeight[cell];
  }
  return taps;
}
