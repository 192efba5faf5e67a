/** A BERT small enough to be made in a test: two layers of eight features, a dozen words; as Hugging Face lays it out. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../src/base/random.js";
import { GraphBuilder, type Value } from "../../src/engine/onnx/build.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";

export const WORDS = "[PAD] [CLS] [SEP] [UNK] red white dots stripes a big sky blue".split(" ");
const SIZE = 8;

/** @param named whether node names tell of layers, as exporters since PyTorch 1.13 write them. */
export async function writeTinyBert(folder: string, named = true): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = new Random(5);
  const g = new GraphBuilder("tiny-bert", 17);
  const weights = (...shape: number[]) =>
    g.constant(
      ndarray(
        "float32",
        shape,
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
      ),
    );
  const norm = (x: Value, name: string) =>
    g.node("LayerNormalization", [x, weights(SIZE), weights(SIZE)], { axis: -1 }, [name]);
  const ids = g.input("input_ids", "int64", ["batch", "sequence"]);
  const mask = g.input("attention_mask", "int64", ["batch", "sequence"]);
  let x = norm(g.node("Gather", [weights(WORDS.length, SIZE), ids], { axis: 0 }), named ? "/embeddings/norm" : "e");
  const axes = g.constant(ndarray("int64", [1], BigInt64Array.of(1n)));
  const open = g.node("Unsqueeze", [g.node("Cast", [mask], { to: 1 }), axes]);
  const shift = g.constant(ndarray("float32", [], Float32Array.of(-1)));
  const scale = g.constant(ndarray("float32", [], Float32Array.of(1e4)));
  const hidden = g.node("Mul", [g.node("Add", [open, shift]), scale]); // 0 for tokens, -10000 for padding
  for (let layer = 0; layer < 2; layer++) {
    const name = (part: string) => (named ? `/encoder/layer.${layer}/${part}` : `${part}${layer}`);
    const project = (y: Value) => g.node("MatMul", [y, weights(SIZE, SIZE)]);
    const keys = g.node("Transpose", [project(x)], { perm: [0, 2, 1] });
    const scores = g.node("Softmax", [g.node("Add", [g.node("MatMul", [project(x), keys]), hidden])], { axis: -1 });
    const attended = norm(g.node("Add", [x, g.node("MatMul", [scores, project(x)])]), name("attention"));
    x = norm(g.node("Add", [attended, project(g.node("Tanh", [project(attended)]))]), name("output"));
  }
  g.output(x, "last_hidden_state", "float32", ["batch", "sequence", SIZE]);
  await writeModel(g.build(), join(folder, "model.onnx"));
  const special = (id: number) => ({ id: WORDS[id], ids: [id], tokens: [WORDS[id]] });
  writeJson(folder, "tokenizer.json", {
    version: "1.0",
    added_tokens: WORDS.slice(0, 4).map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "[CLS]", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { SpecialToken: { id: "[SEP]", type_id: 0 } },
      ],
      pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
      special_tokens: { "[CLS]": special(1), "[SEP]": special(2) },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    },
  });
  writeJson(folder, "config.json", { model_type: "bert", num_hidden_layers: 2, hidden_size: SIZE });
}

export const writeJson = (folder: string, file: string, value: unknown): void =>
  writeFileSync(join(folder, file), JSON.stringify(value));
