/**
 * From a checkpoint of the reference implementation to the parts of a describer: the encoder's weights become an ONNX graph, the
 * others keep their names and every bit. Nothing is executed and nothing but this file is needed.
 */
import { basename } from "node:path";
import { UserError } from "../base/errors.js";
import { sha256File } from "../base/hash.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { Vocabulary } from "../language/vocabulary.js";
import { type Checkpoint, readCheckpoint } from "./checkpoint/checkpoint.js";
import type { DecoderProperties } from "./checkpoint/payload.js";
import type { DescriberConfig, SearchConfig } from "./config.js";
import type { DescriberFiles } from "./directory.js";
import { type EncoderConfig, encoderModel } from "./encoder.js";
import { captionerShapes, languageModelShapes, pick } from "./layout.js";

const CLASSIFIER = "encoder.encoder.model.";

/**
 * The tensors of a describer. Left out, and so not even read, are the classifier's own last layers, which no encoder uses
 * (AlexNet's are 230 MB), and whatever a variant of the reference's decoder adds.
 */
const NEEDED =
  /^(encoder\.(mean|std)$|encoder\.encoder\.model\.(?!fc\.|classifier\.)|lm\.|init_[hc]\.|embedding\.|attend\.|feature_gate\.|lstm\.|output\.)/;

type Decoder = Checkpoint & DecoderProperties;

/** Reads a checkpoint (`.pth`) as a describer. Errors: `UserError`, one line, for any other file. */
export async function readDescriberCheckpoint(path: string): Promise<DescriberFiles> {
  const checkpoint = await readCheckpoint(path, (name) => NEEDED.test(name));
  if (checkpoint.kind !== "decoder") {
    throw new UserError(
      `reading ${path}: it is a language model alone; expected a describer, which has a captioner too`,
    );
  }
  const { tensors } = checkpoint;
  const vocabulary = new Vocabulary(checkpoint.vocabulary);
  const config: DescriberConfig = {
    source: { file: basename(path), sha256: await sha256File(path) },
    encoder: encoderConfig(checkpoint, path),
    captioner: captionerConfig(checkpoint, path),
    languageModel: checkpoint.languageModel && {
      embeddingSize: checkpoint.languageModel.embeddingSize,
      hiddenSize: checkpoint.languageModel.hiddenSize,
      layers: checkpoint.languageModel.layers,
    },
    search: searchConfig(checkpoint),
  };
  const { size } = vocabulary;
  return {
    config,
    vocabulary,
    captioner: pick(tensors, "", captionerShapes(config.captioner, size), path),
    languageModel: config.languageModel
      ? pick(tensors, "lm.", languageModelShapes(config.languageModel, size), path)
      : undefined,
    encoder: encoderOf(checkpoint, config.encoder),
  };
}

function encoderConfig({ encoder, tensors }: Decoder, path: string): EncoderConfig {
  const perChannel = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor?.data.length !== 3) {
      throw new UserError(`reading ${path}: weights \`${name}\` are missing or wrong; expected 3 numbers`);
    }
    return [...tensor.data];
  };
  return {
    kind: encoder.type === "PyramidConvEncoder" ? "pyramid" : "spatial",
    network: encoder.config,
    pooling: "reference",
    mean: perChannel("encoder.mean"),
    std: perChannel("encoder.std"),
  };
}

function captionerConfig({ tensors, embeddingSize, hiddenSize, attentionHidden }: Decoder, path: string) {
  const featureSize = tensors.get("init_h.0.weight")?.shape[1];
  if (!featureSize)
    throw new UserError(`reading ${path}: weights \`init_h.0.weight\` are missing; expected a captioner`);
  return {
    featureSize,
    embeddingSize,
    hiddenSize,
    attentionSize: attentionHidden ?? Math.min(hiddenSize, featureSize),
  };
}

/**
 * What the reference does by default: with a language model, its beam search and greedy search subtract it at every step.
 * Sampling, which we do not offer, becomes the strategy it would have chosen itself.
 */
function searchConfig({ strategy, languageModel, temperature, beamSize, length }: Decoder): SearchConfig {
  const common = { lambda: temperature, beam: beamSize, length };
  if (!languageModel) return { search: strategy === "greedy" ? "greedy" : "beam", ...common };
  if (strategy === "beam") return { search: "mi", ...common };
  if (strategy === "greedy") return { search: "mi", ...common, beam: 1 };
  return { search: "rerank", ...common };
}

function encoderOf({ tensors }: Decoder, config: EncoderConfig): OnnxModel | undefined {
  const weights = [...tensors].filter(([name]) => name.startsWith(CLASSIFIER));
  if (weights.length === 0) return undefined;
  return encoderModel(config, new Map(weights.map(([name, tensor]) => [name.slice(CLASSIFIER.length), tensor])));
}
