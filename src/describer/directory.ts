/**
 * A describer on disk: a directory with `config.json`, `vocab.json`, `model.safetensors` and `encoder.onnx`, or a checkpoint of
 * the reference implementation, which is converted on the fly. Both open as the same `DescriberFiles`.
 *
 * A directory is written beside its final name and renamed when it is complete; it replaces an older describer, never
 * anything else.
 */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf, fileProblem, messageOf, UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { parseJson } from "../base/json.js";
import { temporaryName } from "../base/temporary.js";
import { halved, halveModel, LEAST_HALVED } from "../engine/onnx/halve.js";
import { type OnnxModel, readModel, writeModel } from "../engine/onnx/model.js";
import type { NdArray } from "../engine/tensor/ndarray.js";
import { readSafetensors, writeSafetensors } from "../engine/tensor/safetensors.js";
import { Vocabulary } from "../language/vocabulary.js";
import { type DescriberConfig, formatConfig, isDescriberConfig, parseConfig } from "./config.js";
import { readDescriberCheckpoint } from "./convert.js";
import { featureSizeOf } from "./encoder.js";
import { FAMILIARITY_TENSORS, type Familiarity, familiarityShapes } from "./familiarity.js";
import { Field } from "./fields.js";
import { captionerShapes, languageModelShapes, pick } from "./layout.js";

/** All parts of a describer, checked to fit together. */
export interface DescriberFiles {
  readonly config: DescriberConfig;
  readonly vocabulary: Vocabulary;
  /** Weights of p(d | E) by the reference's names, such as `attend.key_to_hidden.weight`. */
  readonly captioner: ReadonlyMap<string, NdArray<"float32">>;
  /** Weights of p(d), such as `lstm.weight_ih_l0`; undefined when there is no language model. */
  readonly languageModel: ReadonlyMap<string, NdArray<"float32">> | undefined;
  /** The graph `encoderModel` describes; undefined when the source came without the encoder's weights. */
  readonly encoder: OnnxModel | undefined;
  /** What it has seen; undefined when that is not known. */
  readonly familiarity?: Familiarity | undefined;
  /** What is told about it in `card.md`: data, curves, scores. */
  readonly card?: string | undefined;
}

const LANGUAGE_MODEL = "lm.";
const FAMILIARITY = "familiar.";

/** Opens a describer directory or a checkpoint (`.pth`, also gzipped). Errors: `UserError` saying what is wrong with it. */
export async function openDescriberFiles(path: string): Promise<DescriberFiles> {
  const files = (await isFolder(path)) ? await readDirectory(path) : await readDescriberCheckpoint(path);
  const { encoder, config } = files;
  if (encoder && featureSizeOf(encoder) !== config.captioner.featureSize) {
    throw new UserError(
      `reading ${path}: the encoder makes ${featureSizeOf(encoder)} features; expected ${config.captioner.featureSize} for its captioner`,
    );
  }
  return files;
}

export interface SaveOptions {
  /** Whether large weights are kept as half floats, rounded to eleven bits; default no. */
  readonly half?: boolean;
}

/**
 * Writes a describer directory. Replaces an existing describer, or an empty directory.
 * Errors: `UserError` when there is something else at `path`, or it cannot be written; then nothing has changed.
 */
export async function saveDescriber(
  files: DescriberFiles,
  path: string,
  { half = false }: SaveOptions = {},
): Promise<void> {
  const target = resolve(path);
  const [fresh, old] = [temporaryName(target), temporaryName(target)];
  try {
    const replaces = await expectReplaceable(target);
    await mkdir(fresh, { recursive: true });
    await writeParts(files, fresh, half);
    if (replaces) await rename(target, old);
    await rename(fresh, target).catch(async (error) => {
      if (replaces) await rename(old, target);
      throw error;
    });
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {});
    throw fileProblem("writing", path, error);
  }
}

async function writeParts(files: DescriberFiles, folder: string, half: boolean) {
  const { config, vocabulary, captioner, languageModel, encoder, familiarity, card } = files;
  const tensors = new Map<string, NdArray>(captioner);
  for (const [name, tensor] of languageModel ?? []) tensors.set(LANGUAGE_MODEL + name, tensor);
  if (familiarity) {
    for (const name of FAMILIARITY_TENSORS) tensors.set(FAMILIARITY + name, familiarity[name]);
  }
  for (const [name, tensor] of half ? tensors : []) {
    if (tensor.data.length >= LEAST_HALVED) tensors.set(name, halved(tensor as NdArray<"float32">, name));
  }
  await writeSafetensors(join(folder, "model.safetensors"), tensors);
  if (encoder) await writeModel(half ? await halveModel(encoder) : encoder, join(folder, "encoder.onnx"));
  if (card !== undefined) await writeFileAtomically(join(folder, "card.md"), card);
  await writeFileAtomically(join(folder, "vocab.json"), `${JSON.stringify({ words: vocabulary.words }, null, 1)}\n`);
  await writeFileAtomically(join(folder, "config.json"), formatConfig(withFamiliarity(config, familiarity)));
}

/** The configuration with what of familiarity is no tensor; without any where there is none. */
function withFamiliarity({ familiarity: _, ...config }: DescriberConfig, known: Familiarity | undefined) {
  if (!known) return config;
  const { shape } = known.kinds;
  const { rest, restScatter, exemplars, quantiles, limit } = known;
  const numbers = { rest, restScatter, exemplars, quantiles, limit };
  return { ...config, familiarity: { kinds: shape[0], directions: shape[1], ...numbers } };
}

async function readDirectory(folder: string): Promise<DescriberFiles> {
  const configPath = join(folder, "config.json");
  const vocabularyPath = join(folder, "vocab.json");
  const weightsPath = join(folder, "model.safetensors");
  const config = parseConfig(await readJson(configPath), configPath);
  const words = new Field(await readJson(vocabularyPath), "", (problem) => {
    throw new UserError(`reading ${vocabularyPath}: ${problem}, convert or train the describer again`);
  });
  const vocabulary = new Vocabulary(words.get("words").texts());
  const tensors = await readSafetensors(weightsPath);
  const languageShapes = config.languageModel && languageModelShapes(config.languageModel, vocabulary.size);
  const { familiarity, captioner } = config;
  const known =
    familiarity &&
    pick(
      tensors,
      FAMILIARITY,
      familiarityShapes(captioner.featureSize, familiarity.directions, familiarity.kinds),
      weightsPath,
    );
  const encoderPath = join(folder, "encoder.onnx");
  const cardPath = join(folder, "card.md");
  return {
    config,
    vocabulary,
    captioner: pick(tensors, "", captionerShapes(config.captioner, vocabulary.size), weightsPath),
    languageModel: languageShapes ? pick(tensors, LANGUAGE_MODEL, languageShapes, weightsPath) : undefined,
    familiarity: familiarity && known && { ...familiarity, ...familiarTensors(known) },
    encoder: (await exists(encoderPath)) ? await readModel(encoderPath) : undefined,
    card: (await exists(cardPath)) ? (await readWhole("reading", cardPath)).toString("utf8") : undefined,
  };
}

const familiarTensors = (tensors: ReadonlyMap<string, NdArray<"float32">>) =>
  Object.fromEntries(tensors) as Record<(typeof FAMILIARITY_TENSORS)[number], NdArray<"float32">>;

async function readJson(path: string): Promise<unknown> {
  const text = (await readWhole("reading", path)).toString("utf8");
  try {
    return parseJson(text);
  } catch (error) {
    throw new UserError(`reading ${path}: it is not JSON (${messageOf(error)}); convert or train the describer again`);
  }
}

/** Whether there is something at `path` to replace. Errors: `UserError` when that is no describer. */
export async function expectReplaceable(path: string): Promise<boolean> {
  if (!(await exists(path))) return false;
  const names = (await isFolder(path)) ? await readdir(path) : undefined;
  if (names?.length === 0) return true;
  const config = names?.includes("config.json") ? await readJson(join(path, "config.json")).catch(() => null) : null;
  if (isDescriberConfig(config)) return true;
  throw new UserError(
    `writing ${path}: something else is there; expected a describer or nothing, choose another folder`,
  );
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileProblem("reading", path, error);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}
