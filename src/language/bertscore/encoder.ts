/**
 * A BERT-type model that gives each token of a text a vector of unit length, from one of its layers. The graph is cut behind
 * that layer, so deeper ones cost nothing. Texts are run in batches of similar length.
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { parseJson } from "../../base/json.js";
import { cut } from "../../engine/onnx/cut.js";
import { indexGraph } from "../../engine/onnx/graph.js";
import { type OnnxModel, readModel } from "../../engine/onnx/model.js";
import { fromValueInfo } from "../../engine/onnx/values.js";
import { foreignTokens, runForeign } from "../../engine/runtime/foreign.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Session, SessionOptions } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { toUnitLength, type VectorText } from "../greedy-matching.js";
import { layerOutputs } from "./layer.js";
import { modelName, publishedLayer } from "./published.js";

/** Tokens run together. */
const BATCH_TOKENS = 2048;
/** Longer texts are cut. */
const MOST_TOKENS = 512;

export class TextEncoder {
  readonly name: string;
  readonly layer: number;
  readonly #session: Session;
  readonly #tokenizer: Tokenizer;
  /** Put before each text: byte-level tokenisers (RoBERTa's) know most words with a space before them, and BERTScore gives the first one too. */
  readonly #before: string;

  private constructor(name: string, layer: number, session: Session, { tokenizer, before }: TextTokenizer) {
    [this.name, this.layer] = [name, layer];
    [this.#session, this.#tokenizer, this.#before] = [session, tokenizer, before];
  }

  /**
   * Opens a folder as Hugging Face lays it out: `tokenizer.json`, `config.json`, `model.onnx` or `onnx/model.onnx`.
   * @param layer from 1; default the published one, else the last.
   * Errors: `UserError` when a file is missing or damaged, the model is no encoder of texts, or has no such layer.
   */
  static async open(folder: string, layer?: number, options: SessionOptions = {}): Promise<TextEncoder> {
    const path = ["model.onnx", "onnx/model.onnx"].map((file) => join(folder, file)).find(existsSync);
    if (!path) {
      throw new UserError(
        `opening ${folder}: no model.onnx in it; expected a BERT-type model with tokenizer.json and config.json, export one to ONNX`,
      );
    }
    const config = existsSync(join(folder, "config.json")) ? await readJson(join(folder, "config.json")) : {};
    const name = modelName(config, basename(resolve(folder)));
    const tokenizer = await openTokenizer(folder);
    const model = await readModel(path);
    const layers = layerOutputs(model, path);
    const chosen = layer ?? publishedLayer(name) ?? layers.length;
    if (!(Number.isInteger(chosen) && chosen >= 1 && chosen <= layers.length)) {
      throw new UserError(
        `opening ${path}: no layer ${chosen}; expected 1 to ${layers.length}, choose another --layer`,
      );
    }
    const session = await openSession(untilLayer(model, layers[chosen - 1], path), options);
    return new TextEncoder(name, chosen, session, tokenizer);
  }

  /** Numbers of a text's tokens. */
  ids(text: string): number[] {
    const trimmed = text.trim();
    const ids = foreignTokens(() => this.#tokenizer.encode(trimmed === "" ? "" : this.#before + trimmed).ids, {
      operation: `embedding texts with ${this.name}`,
      expected: "a model and a tokenizer.json that belong together",
    });
    return ids.length > MOST_TOKENS ? [...ids.slice(0, MOST_TOKENS - 1), ids.at(-1)!] : [...ids];
  }

  /** Texts as the model sees them, special tokens at both ends included; in their order. */
  async encode(texts: readonly string[]): Promise<VectorText[]> {
    const all = texts.map((text) => this.ids(text));
    const order = all.map((_, i) => i).sort((a, b) => all[a].length - all[b].length);
    const found: VectorText[] = new Array(texts.length);
    for (let first = 0; first < order.length; ) {
      let count = 1;
      while (first + count < order.length && (count + 1) * all[order[first + count]].length <= BATCH_TOKENS) count++;
      const batch = order.slice(first, first + count);
      const rows = await this.#run(batch.map((i) => all[i]));
      for (const [row, i] of batch.entries()) found[i] = { ids: all[i], vectors: rows[row] };
      first += count;
    }
    return found;
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #run(batch: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const width = Math.max(...batch.map(({ length }) => length));
    const shape = [batch.length, width];
    const filled = (value: (id: number | undefined) => number) =>
      ndarray(
        "int64",
        shape,
        BigInt64Array.from(batch.flatMap((ids) => Array.from({ length: width }, (_, i) => BigInt(value(ids[i]))))),
      );
    const inputs: Record<string, () => ReturnType<typeof filled>> = {
      input_ids: () => filled((id) => id ?? 0),
      attention_mask: () => filled((id) => Number(id !== undefined)),
      token_type_ids: () => filled(() => 0),
    };
    const feeds = Object.fromEntries(this.#session.inputs.map(({ name }) => [name, inputs[name]()]));
    const [output] = Object.values(
      await runForeign(this.#session, feeds, {
        operation: `embedding texts with ${this.name}`,
        expected: "a model and a tokenizer.json that belong together",
      }),
    );
    const size = output.shape[2];
    const data = output.data as Float32Array;
    return batch.map((ids, row) => {
      const start = row * width * size;
      const vectors = data.slice(start, start + ids.length * size);
      if (vectors.every(Number.isFinite)) return toUnitLength(vectors, size);
      throw new UserError(
        `embedding texts with ${this.name}: it gives NaN or infinity; expected numbers, check the model`,
      );
    });
  }
}

interface TextTokenizer {
  readonly tokenizer: Tokenizer;
  readonly before: "" | " ";
}

async function openTokenizer(folder: string): Promise<TextTokenizer> {
  const path = join(folder, "tokenizer.json");
  const json = await readJson(path);
  const configPath = join(folder, "tokenizer_config.json");
  const config = existsSync(configPath) ? await readJson(configPath) : {};
  try {
    const tokenizer = new Tokenizer(json, config);
    tokenizer.encode("a text");
    const steps: unknown[] = json.pre_tokenizer?.pretokenizers ?? [json.pre_tokenizer];
    const isByteLevel = steps.some((step) => (step as { type?: unknown } | null)?.type === "ByteLevel");
    return { tokenizer, before: isByteLevel ? " " : "" };
  } catch (error) {
    throw new UserError(`opening ${path}: ${messageOf(error)}; expected a tokenizer of Hugging Face`, { cause: error });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of a stranger; whoever uses it checks what it uses
async function readJson(path: string): Promise<any> {
  const text = (await readWhole("opening", path)).toString("utf8");
  try {
    const value = parseJson(text);
    if (typeof value === "object" && value !== null) return value;
    throw new Error("it is no object");
  } catch (error) {
    throw new UserError(`opening ${path}: ${messageOf(error)}; expected JSON`, { cause: error });
  }
}

const KNOWN_INPUTS = ["input_ids", "attention_mask", "token_type_ids"];

/** The model up to a tensor. */
function untilLayer(model: OnnxModel, tensor: string, path: string): OnnxModel {
  const { dataInputs } = indexGraph(model);
  const known = dataInputs.map((input) => ({ name: input.name, info: fromValueInfo(input) }));
  const inputs = known.flatMap(({ info }) => info ?? []);
  const strange = known.find(({ name, info }) => !KNOWN_INPUTS.includes(name) || info?.dtype !== "int64");
  if (strange || !inputs.some(({ name }) => name === "input_ids")) {
    const list = known.map(({ name, info }) => `${name} ${info?.dtype ?? "of no known type"}`).join(", ");
    throw new UserError(`opening ${path}: its inputs are ${list}; expected int64 ${KNOWN_INPUTS.join(", ")}`);
  }
  return cut(model, inputs, [{ name: tensor, dtype: "float32", shape: [-1, -1, -1] }]);
}
