/**
 * A dual encoder made by hand, in the names and files of a CLIP that Hugging Face's tools exported: a picture is how much there is
 * of each colour, a text which colours it names. It knows no language and no objects; it stands in for the shape of the interface.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COLOURS } from "../../../src/data/world/shapes.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { cut } from "../../../src/engine/onnx/cut.js";
import { type OnnxModel, writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";

export const SIDE = 16;
const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];
const NAMES = Object.keys(COLOURS) as (keyof typeof COLOURS)[];
const SPECIAL = ["[UNK]", "<start>", "<end>"];
const VOCABULARY = [...SPECIAL, ...NAMES, "or", "things", "."];

const floats = (shape: number[], values: readonly number[]) => ndarray("float32", shape, Float32Array.from(values));

/** How near a pixel is to each colour, 0 beyond a distance of 0.35 (of RGB in 0..1); added up over the picture. */
function images(g: GraphBuilder): void {
  const pixels = g.input("pixel_values", "float32", ["image_batch", 3, SIDE, SIDE]);
  const rgb = g.node("Add", [
    g.node("Mul", [pixels, g.constant(floats([1, 3, 1, 1], STD))]),
    g.constant(floats([1, 3, 1, 1], MEAN)),
  ]);
  const near = NAMES.map((name) => {
    const colour = g.constant(
      floats(
        [1, 3, 1, 1],
        COLOURS[name].map((value) => value / 255),
      ),
    );
    const distance = g.node("ReduceL2", [g.node("Sub", [rgb, colour])], { axes: [1], keepdims: 1 });
    return g.node("Relu", [g.node("Sub", [g.constant(floats([1], [0.35])), distance])]);
  });
  const parts = [...near, g.node("ReduceMean", [g.node("Abs", [rgb])], { axes: [1], keepdims: 1 })];
  const all = g.node("Flatten", [g.node("GlobalAveragePool", [g.node("Concat", parts, { axis: 1 })])], { axis: 1 });
  const weights = floats([1, 7], [...NAMES.map(() => 1), 0.01]); // a little of the ground, so that no picture is nothing
  g.output(g.node("Mul", [all, g.constant(weights)]), "image_embeds", "float32", ["image_batch", 7]);
}

function texts(g: GraphBuilder): void {
  const ids = g.input("input_ids", "int64", ["text_batch", "sequence"]);
  const mask = g.input("attention_mask", "int64", ["text_batch", "sequence"]);
  const row = (word: string) => [...NAMES.map((name) => (name === word ? 1 : 0)), 0.001];
  const table = g.constant(floats([VOCABULARY.length, 7], VOCABULARY.flatMap(row)));
  const kept = g.node("Unsqueeze", [
    g.node("Cast", [mask], { to: 1 }),
    g.constant(ndarray("int64", [1], BigInt64Array.of(2n))),
  ]);
  const words = g.node("Mul", [g.node("Gather", [table, ids], { axis: 0 }), kept]);
  const axes = g.constant(ndarray("int64", [1], BigInt64Array.of(1n)));
  g.output(g.node("ReduceSum", [words, axes], { keepdims: 0 }), "text_embeds", "float32", ["text_batch", 7]);
}

function dualEncoder(): OnnxModel {
  const g = new GraphBuilder("colour-clip");
  images(g);
  texts(g);
  return g.build();
}

/** Writes the model's folder: as one file, or as the pair in `onnx/`. */
export async function writeColourClip(folder: string, form: "one" | "pair"): Promise<void> {
  mkdirSync(join(folder, "onnx"), { recursive: true });
  const model = dualEncoder();
  if (form === "one") await writeModel(model, join(folder, "model.onnx"));
  else {
    const info = (name: string, dtype: "float32" | "int64", shape: (number | string)[]) => ({ name, dtype, shape });
    const pixels = info("pixel_values", "float32", ["n", 3, SIDE, SIDE]);
    const tokens = ["input_ids", "attention_mask"].map((name) => info(name, "int64", ["n", "length"]));
    await writeModel(cut(model, [pixels], ["image_embeds"]), join(folder, "onnx", "vision_model.onnx"));
    await writeModel(cut(model, tokens, ["text_embeds"]), join(folder, "onnx", "text_model.onnx"));
  }
  const write = (name: string, value: unknown) => writeFileSync(join(folder, name), JSON.stringify(value));
  write("preprocessor_config.json", {
    ...{ do_resize: true, size: { shortest_edge: SIDE }, crop_size: { height: SIDE, width: SIDE } },
    ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: MEAN, image_std: STD },
  });
  write("tokenizer_config.json", { model_max_length: 77, tokenizer_class: "BertTokenizer" });
  const special = (id: number) => ({ SpecialToken: { id: SPECIAL[id], type_id: 0 } });
  write("tokenizer.json", {
    ...{ version: "1.0", truncation: null, padding: null },
    added_tokens: SPECIAL.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: {
      ...{ type: "TemplateProcessing", single: [special(1), { Sequence: { id: "A", type_id: 0 } }, special(2)] },
      pair: [],
      special_tokens: Object.fromEntries(
        [1, 2].map((id) => [SPECIAL[id], { id: SPECIAL[id], ids: [id], tokens: [SPECIAL[id]] }]),
      ),
    },
    decoder: null,
    model: {
      ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
    },
  });
}
