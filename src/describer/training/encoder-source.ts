/**
 * Where the encoder of a new describer comes from: any ONNX classifier with any of its layers, torchvision's weights of a known
 * network, or another describer. It is not trained; what is learned is how to describe what it sees (paper, section 3.2).
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../../base/errors.js";
import { sha256 } from "../../base/hash.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import { resolveLayers } from "../../engine/onnx/layers.js";
import { encodeModel, type OnnxModel } from "../../engine/onnx/model.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { openModel, preprocessingOf } from "../../exemplars/subject.js";
import { readWeights } from "../checkpoint/checkpoint.js";
import { classifierEncoder, pyramidOf } from "../classifier-encoder.js";
import { openDescriberFiles } from "../directory.js";
import { ENCODER_NETWORKS, type EncoderConfig, encoderModel } from "../encoder.js";

export interface EncoderOptions {
  /** Of an ONNX classifier, by any of their names; default: the last principal layer at each resolution. */
  readonly layers?: readonly string[] | undefined;
  /** Which network the weights of a `.pth` or `.safetensors` are of. */
  readonly network?: string | undefined;
  /** How an ONNX classifier wants its pictures, where its file does not say. */
  readonly preprocessing?: Partial<Preprocessing> | undefined;
}

/** An encoder and what it is. */
export interface EncoderSource {
  readonly model: OnnxModel;
  readonly config: EncoderConfig;
  /** Decides its features: of the file it came from and of how it is used. */
  readonly sha256: string;
}

const IMAGENET_STATISTICS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/**
 * Opens an encoder.
 * @param path an `.onnx` file, weights (with `network`), or a describer (directory or checkpoint).
 * Errors: `UserError` for a file that is none of them, unknown layers or network.
 */
export async function openEncoder(path: string, options: EncoderOptions = {}): Promise<EncoderSource> {
  if (!existsSync(path)) {
    throw new UserError(`opening ${path}: no such file or folder; expected an encoder, check the path`);
  }
  if (/\.onnx$/i.test(path)) return fromClassifier(path, options);
  if (options.layers) {
    throw new UserError(
      `opening ${path}: --layers are given; expected them with an ONNX classifier only, leave them out`,
    );
  }
  return options.network === undefined ? fromDescriber(path) : fromWeights(path, options.network);
}

async function fromClassifier(path: string, options: EncoderOptions): Promise<EncoderSource> {
  const { height, width, ...settings } = options.preprocessing ?? {};
  const subject = await openModel(path, height && width ? { size: [height, width] } : {});
  const layers = options.layers ? resolveLayers(subject.layers, options.layers) : pyramidOf(subject);
  const preprocessing = preprocessingOf(subject, settings);
  const [low, high] = preprocessing.range;
  const perChannel = (values: readonly number[]) => [0, 1, 2].map((i) => values[i % values.length]);
  const config: EncoderConfig = {
    kind: "pyramid",
    network: basename(path),
    layers: layers.map(({ name }) => name),
    pooling: "area",
    mean: perChannel(preprocessing.mean).map((mean) => (mean - low) / (high - low)),
    std: perChannel(preprocessing.std).map((std) => std / (high - low)),
  };
  return identified(classifierEncoder(subject, layers, preprocessing), config, subject.sha256);
}

async function fromWeights(path: string, network: string): Promise<EncoderSource> {
  if (!ENCODER_NETWORKS.includes(network)) {
    throw new UserError(
      `building the encoder: unknown network ${network}; expected one of ${ENCODER_NETWORKS.join(", ")}`,
    );
  }
  const weights = (await readWeights(path)) as Map<string, NdArray<"float32">>;
  const config: EncoderConfig = { kind: "pyramid", network, pooling: "area", ...IMAGENET_STATISTICS };
  return identified(encoderModel(config, weights), config);
}

async function fromDescriber(path: string): Promise<EncoderSource> {
  const { encoder, config } = await openDescriberFiles(path);
  if (!encoder) {
    throw new UserError(
      `opening ${path}: it holds no encoder weights; expected a whole describer, or an ONNX classifier`,
    );
  }
  return identified(encoder, config.encoder);
}

/** @param weights identity of data that lie outside of the model's own file. */
const identified = (model: OnnxModel, config: EncoderConfig, weights = ""): EncoderSource => ({
  model,
  config,
  sha256: sha256(JSON.stringify([sha256(encodeModel(model)), config, weights])),
});
