/**
 * An image-text model of the CLIP kind, as Hugging Face exports it to ONNX: one `model.onnx` that takes both, or the pair
 * `vision_model.onnx` and `text_model.onnx`; beside them (or one folder up, when they lie in `onnx/`) `tokenizer.json` and
 * `preprocessor_config.json`. Of one file the two halves are cut out, so that pictures can be embedded without texts.
 *
 * Two things differ from the Hugging Face processor: pictures are resized bilinearly with antialiasing, not bicubically, and
 * a text is run by itself, without padding, unless the model asks for a fixed length.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { messageOf, UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { parseJson } from "../base/json.js";
import type { Preprocessing } from "../data/images/preprocess.js";
import { cut } from "../engine/onnx/cut.js";
import { indexGraph } from "../engine/onnx/graph.js";
import { filesOf, identityOf } from "../engine/onnx/identity.js";
import { type OnnxModel, readModel } from "../engine/onnx/model.js";
import { fromValueInfo, type TensorInfo } from "../engine/onnx/values.js";
import { foreignTokens, runForeign } from "../engine/runtime/foreign.js";
import { openSession } from "../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../engine/runtime/session.js";
import { type NdArray, ndarray, toFloat32 } from "../engine/tensor/ndarray.js";

/** Tokens of a text, at most, where nothing says otherwise: CLIP's. */
const MOST_TOKENS = 77;

/** Pixels along a side of a picture, at most. */
const LARGEST_SIDE = 4096;

/** Pictures and texts as vectors that can be compared. */
export class ImageTextModel {
  readonly folder: string;
  /** What pictures are turned into. */
  readonly preprocessing: Preprocessing;
  readonly #vision: Session;
  readonly #text: Session;
  readonly #tokens: (text: string) => readonly number[];
  readonly #files: readonly string[];

  private constructor(
    folder: string,
    preprocessing: Preprocessing,
    sessions: { vision: Session; text: Session },
    tokens: (text: string) => readonly number[],
    files: readonly string[],
  ) {
    this.folder = folder;
    this.preprocessing = preprocessing;
    this.#vision = sessions.vision;
    this.#text = sessions.text;
    this.#tokens = tokens;
    this.#files = files;
  }

  /** Opens the model of a folder. Errors: `UserError` when a file is missing or the model is of another kind. */
  static async open(folder: string, options: SessionOptions = {}): Promise<ImageTextModel> {
    const preprocessing = await readPreprocessing(folder);
    const tokens = await readTokens(folder);
    const { vision, text, files } = await readHalves(folder);
    const sessions = { vision: await openSession(vision, options), text: await openSession(text, options) };
    const model = new ImageTextModel(folder, preprocessing, sessions, tokens, files);
    model.#checkShape();
    return model;
  }

  /** Vectors of length 1, float32 [picture, feature]. @param pixels float32, as `preprocessing` makes them. */
  async embedImages(pixels: NdArray<"float32">): Promise<NdArray<"float32">> {
    const { image_embeds } = await runForeign(
      this.#vision,
      { pixel_values: pixels },
      {
        operation: `embedding images with ${this.folder}`,
        expected: "a model of float32 pixels that fits its preprocessor_config.json",
        fetches: ["image_embeds"],
      },
    );
    return this.#normalised(image_embeds);
  }

  /** Refuses a model that takes no batches, or pictures of another size than its settings say. */
  #checkShape(): void {
    const { shape } = this.#vision.inputs[0];
    const { height, width } = this.preprocessing;
    const fits = [-1, 3, height, width].every((n, axis) => typeof shape[axis] !== "number" || shape[axis] === n);
    if (fits) return;
    throw new UserError(
      `opening the image-text model ${this.folder}: pixel_values is [${shape.join(", ")}]; expected [batch, 3, ${height}, ${width}], export it with a free batch axis`,
    );
  }

  /** The vector of length 1 of a text, float32 [feature]. */
  async embedText(text: string): Promise<Float32Array> {
    const feeds: Arrays = {};
    for (const { name, dtype, shape } of this.#text.inputs) {
      const fixed = typeof shape[1] === "number" && shape[1] > 0 ? shape[1] : undefined;
      const ids = shortened(this.#tokens(text), fixed);
      const length = fixed ?? ids.length;
      const row = Array.from({ length }, (_, i) => (name === "input_ids" ? (ids[i] ?? 0) : +(i < ids.length)));
      feeds[name] =
        dtype === "int32"
          ? ndarray("int32", [1, length], Int32Array.from(row))
          : ndarray("int64", [1, length], BigInt64Array.from(row, BigInt));
    }
    const { text_embeds } = await runForeign(this.#text, feeds, {
      operation: `embedding texts with ${this.folder}`,
      expected: "a model and a tokenizer.json that belong together",
      fetches: ["text_embeds"],
    });
    return this.#normalised(text_embeds).data;
  }

  /** SHA-256 of the model's ONNX files and their external data; read anew at every call. */
  identity(): Promise<string> {
    return identityOf(this.#files);
  }

  async close(): Promise<void> {
    await this.#vision.close();
    await this.#text.close();
  }

  #normalised(vectors: NdArray): NdArray<"float32"> {
    const { shape, data } = toFloat32(vectors);
    const width = shape[shape.length - 1];
    const into = new Float32Array(data.length);
    for (let start = 0; start < data.length; start += width) {
      let square = 0;
      for (let i = start; i < start + width; i++) square += data[i] * data[i];
      const length = Math.sqrt(square);
      if (!(length > 0 && length < Number.POSITIVE_INFINITY)) {
        throw new UserError(
          `embedding with ${this.folder}: a vector of length ${length}; expected a finite one, check the model`,
        );
      }
      for (let i = start; i < start + width; i++) into[i] = data[i] / length;
    }
    return ndarray("float32", shape, into);
  }
}

/** The path of a file in a folder, in its `onnx/`, or, when the folder is an `onnx/`, beside it. */
function find(folder: string, names: readonly string[]): string | undefined {
  const places = [folder, join(folder, "onnx"), dirname(folder)].slice(0, /(^|[/\\])onnx[/\\]?$/.test(folder) ? 3 : 2);
  return names.flatMap((name) => places.map((place) => join(place, name))).find((path) => existsSync(path));
}

function missing(folder: string, what: string): UserError {
  return new UserError(
    `opening the image-text model ${folder}: no ${what}; expected a CLIP exported to ONNX by Hugging Face's tools, with tokenizer.json and preprocessor_config.json`,
  );
}

async function readJson(folder: string, name: string): Promise<Record<string, unknown> | undefined> {
  const path = find(folder, [name]);
  if (path === undefined) return undefined;
  try {
    const value: unknown = parseJson((await readWhole("reading", path)).toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
    throw new Error("it is no object");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`reading ${path}: ${messageOf(error)}; expected JSON, fetch it again`, { cause: error });
  }
}

interface Halves {
  readonly vision: OnnxModel;
  readonly text: OnnxModel;
  /** What both were read from. */
  readonly files: readonly string[];
}

async function readHalves(folder: string): Promise<Halves> {
  const [visionPath, textPath] = ["vision_model.onnx", "text_model.onnx"].map((name) => find(folder, [name]));
  const both = find(folder, ["model.onnx"]);
  if (visionPath !== undefined && textPath !== undefined) {
    const [vision, text] = await Promise.all([visionPath, textPath].map(readModel));
    return {
      vision: half(vision, isPixels, "image_embeds"),
      text: half(text, isTokens, "text_embeds"),
      files: [...(await filesOf(vision)), ...(await filesOf(text))],
    };
  }
  if (both === undefined) throw missing(folder, "model.onnx, nor vision_model.onnx with text_model.onnx");
  const model = await readModel(both);
  return {
    vision: half(model, isPixels, "image_embeds"),
    text: half(model, isTokens, "text_embeds"),
    files: await filesOf(model),
  };
}

const isPixels = (name: string) => name === "pixel_values";
const isTokens = (name: string) => name === "input_ids" || name === "attention_mask";

/** The part of a model that makes `output` from the inputs of one side. */
function half(model: OnnxModel, isOurs: (name: string) => boolean, output: string): OnnxModel {
  const inputs = indexGraph(model)
    .dataInputs.map((input): TensorInfo => fromValueInfo(input) ?? { name: input.name, dtype: "int64", shape: [] })
    .filter(({ name }) => isOurs(name));
  const outputs = model.proto.graph?.output.map(({ name }) => name) ?? [];
  if (inputs.length === 0 || !outputs.includes(output)) {
    throw new UserError(
      `opening ${model.path}: inputs ${inputs.map(({ name }) => name).join(", ") || "unknown"}, outputs ${outputs.join(", ")}; expected pixel_values to image_embeds and input_ids to text_embeds, export the model with its projections`,
    );
  }
  return cut(model, inputs, [output]);
}

async function readPreprocessing(folder: string): Promise<Preprocessing> {
  const config = await readJson(folder, "preprocessor_config.json");
  if (config === undefined) throw missing(folder, "preprocessor_config.json");
  const size = sideOf(config.crop_size ?? config.size);
  const scale = typeof config.rescale_factor === "number" ? config.rescale_factor * 255 : 1;
  const [mean, std] = [config.image_mean ?? [0, 0, 0], config.image_std ?? [1, 1, 1]];
  const isReals = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length === 3 && list.every(Number.isFinite);
  if (size === undefined || !isReals(mean) || !isReals(std)) {
    throw missing(
      folder,
      "square crop_size or size, image_mean and image_std of three numbers in preprocessor_config.json",
    );
  }
  const plain = config.do_normalize === false;
  return {
    ...{ width: size, height: size, fit: "squash", channels: "rgb", layout: "nchw" },
    range: [0, config.do_rescale === false ? 255 : scale],
    mean: plain ? [0, 0, 0] : mean,
    std: plain ? [1, 1, 1] : std,
  };
}

/** The side of a square in pixels, written as `224`, `{ "height": 224, "width": 224 }` or `{ "shortest_edge": 224 }`. */
function sideOf(size: unknown): number | undefined {
  const record = size as { height?: unknown; width?: unknown; shortest_edge?: unknown } | null | undefined;
  const side = typeof size === "number" ? size : (record?.height ?? record?.shortest_edge);
  const isSquare = record?.height === record?.width; // also when there are neither
  return typeof side === "number" && Number.isInteger(side) && side > 0 && side <= LARGEST_SIDE && isSquare
    ? side
    : undefined;
}

async function readTokens(folder: string): Promise<(text: string) => readonly number[]> {
  const tokenizerFile = await readJson(folder, "tokenizer.json");
  if (tokenizerFile === undefined) throw missing(folder, "tokenizer.json");
  const settings = (await readJson(folder, "tokenizer_config.json")) ?? {};
  const stated = settings.model_max_length;
  const most = typeof stated === "number" && stated > 1 && stated < 1e6 ? stated : MOST_TOKENS;
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(tokenizerFile, settings);
  } catch (error) {
    throw new UserError(`opening the tokenizer of ${folder}: ${messageOf(error)}; expected a CLIP's`, { cause: error });
  }
  const about = { operation: `embedding a text with ${folder}`, expected: "a CLIP's tokenizer.json" };
  return (text) =>
    shortened(
      foreignTokens(() => tokenizer.encode(text).ids, about),
      most,
    );
}

/** At most so many tokens; the last one, which stands for the whole text, is kept. */
const shortened = (ids: readonly number[], most = Number.POSITIVE_INFINITY): readonly number[] =>
  ids.length <= most ? ids : [...ids.slice(0, most - 1), ids[ids.length - 1]];
