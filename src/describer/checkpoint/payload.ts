/**
 * What a checkpoint of the reference implementation says about its model: the dictionaries its modules were built from, as
 * typed properties. Two kinds exist, a whole describer ("decoder": captioner, language model, encoder) and a language model.
 */
import { Field } from "../fields.js";
import { Opaque, PickleError, type Value } from "./machine.js";
import { foreignName } from "./names.js";
import { TensorView } from "./storage.js";

export const STRATEGIES = ["rerank", "beam", "greedy", "sample"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** How the texts of the vocabulary were split into tokens. */
export interface TokenizerProperties {
  readonly lowercase: boolean;
  readonly lemmatize: boolean;
  readonly ignoreStop: boolean;
  readonly ignorePunctuation: boolean;
}

export interface LanguageModelProperties {
  /** Tokens in the order of their ids, without the four special ones. */
  readonly vocabulary: readonly string[];
  readonly tokenizer: TokenizerProperties;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly dropout: number;
}

export interface DecoderProperties {
  readonly vocabulary: readonly string[];
  readonly tokenizer: TokenizerProperties;
  readonly encoder: { readonly type: "PyramidConvEncoder" | "SpatialConvEncoder"; readonly config: string };
  readonly languageModel: LanguageModelProperties | null;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  /** Null: the smaller of hidden size and feature size. */
  readonly attentionHidden: number | null;
  readonly dropout: number;
  /** Defaults of the search: steps, algorithm, weight of the language model, width. */
  readonly length: number;
  readonly strategy: Strategy;
  readonly temperature: number;
  readonly beamSize: number;
}

export type Properties =
  | ({ readonly kind: "decoder" } & DecoderProperties)
  | ({ readonly kind: "language-model" } & LanguageModelProperties);

const MAX_SIZE = 1 << 16;

/** Reads the properties. Errors: `PickleError` naming the property that is not as it should be. */
export function readProperties(payload: Value): Properties {
  refuseForeign(payload);
  const fail = (problem: string): never => {
    throw new PickleError(problem);
  };
  if (!(payload instanceof Map)) return fail("it holds no dictionary");
  if (!payload.has("properties")) return fail(`it holds ${describe(payload)}, not a describer with its properties`);
  const root = new Field(payload, "", fail);
  const properties = root.get("properties");
  if (properties.get("encoder").isNone) return { kind: "language-model", ...readLanguageModel(properties) };

  const languageModel = properties.get("lm");
  const attention = properties.get("attention_hidden_size");
  const decoder: DecoderProperties = {
    ...readIndexer(properties.get("indexer")),
    encoder: {
      type: root.get("children").get("encoder").choice(["PyramidConvEncoder", "SpatialConvEncoder"]),
      config: properties.get("encoder").get("properties").get("config").text(),
    },
    languageModel: languageModel.isNone ? null : readLanguageModel(languageModel.get("properties")),
    embeddingSize: properties.get("embedding_size").integer(1, MAX_SIZE),
    hiddenSize: properties.get("hidden_size").integer(1, MAX_SIZE),
    attentionHidden: attention.isNone ? null : attention.integer(1, MAX_SIZE),
    dropout: properties.get("dropout").number(0, 1),
    length: properties.get("length").integer(1, 1000),
    strategy: properties.get("strategy").choice(STRATEGIES),
    temperature: properties.get("temperature").number(-1000, 1000),
    beamSize: properties.get("beam_size").integer(1, 10_000),
  };
  const other = decoder.languageModel?.vocabulary;
  if (other && (other.length !== decoder.vocabulary.length || other.some((t, i) => t !== decoder.vocabulary[i]))) {
    return fail("its language model has another vocabulary than its captioner");
  }
  return { kind: "decoder", ...decoder };
}

/** The tensors of the model by name. Errors: `PickleError` when one is missing its data. */
export function readStateDict(payload: Value): Map<string, TensorView> {
  const state = payload instanceof Map ? payload.get("state_dict") : undefined;
  if (!(state instanceof Map)) throw new PickleError("it holds no `state_dict`");
  for (const [name, view] of state) {
    if (typeof name !== "string" || !(view instanceof TensorView)) {
      throw new PickleError("its `state_dict` holds something that is no tensor");
    }
  }
  return state as Map<string, TensorView>;
}

function readLanguageModel(properties: Field): LanguageModelProperties {
  return {
    ...readIndexer(properties.get("indexer")),
    embeddingSize: properties.get("embedding_size").integer(1, MAX_SIZE),
    hiddenSize: properties.get("hidden_size").integer(1, MAX_SIZE),
    layers: properties.get("layers").integer(1, 64),
    dropout: properties.get("dropout").number(0, 1),
  };
}

function readIndexer(indexer: Field): { vocabulary: readonly string[]; tokenizer: TokenizerProperties } {
  const properties = indexer.get("properties");
  const tokenizer = properties.get("tokenize").get("properties");
  for (const special of ["start", "stop", "pad", "unk"]) {
    if (!properties.get(special).boolean())
      throw new PickleError(`its vocabulary lacks the special token <${special}>`);
  }
  return {
    vocabulary: properties.get("vocab").get("properties").get("tokens").texts(),
    tokenizer: {
      lowercase: tokenizer.get("lowercase").boolean(),
      lemmatize: tokenizer.get("lemmatize").boolean(),
      ignoreStop: tokenizer.get("ignore_stop").boolean(),
      ignorePunctuation: tokenizer.get("ignore_punct").boolean(),
    },
  };
}

/** Values of the tokenizer's libraries are allowed below `nlp`, where nobody looks, and nowhere else. */
function refuseForeign(payload: Value): void {
  const seen = new Set<Value>();
  const open: Value[] = [payload];
  while (open.length > 0) {
    const value = open.pop()!;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Opaque && value.foreign) throw foreignName(value.what);
    if (Array.isArray(value)) for (const item of value) open.push(item);
    if (value instanceof Map) for (const [key, item] of value) if (key !== "nlp") open.push(key, item);
  }
}

function describe(payload: ReadonlyMap<Value, Value>): string {
  const tensors = [...payload.values()].filter((value) => value instanceof TensorView).length;
  return tensors > 0 ? `bare weights (${tensors} tensors)` : "some other dictionary";
}
