/** BERTScore with a tiny model, against the definition in plain loops. The same was compared once with PyTorch, to 1e-6. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { readModel } from "../../src/engine/onnx/model.js";
import { tap } from "../../src/engine/onnx/tap.js";
import { openSession } from "../../src/engine/runtime/open.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { type BertScoreOptions, openBertScore } from "../../src/language/bertscore/bertscore.js";
import { TextEncoder } from "../../src/language/bertscore/encoder.js";
import { layerOutputs } from "../../src/language/bertscore/layer.js";
import { modelName, publishedBaseline, publishedLayer } from "../../src/language/bertscore/published.js";
import { scoreOf } from "../../src/language/metric.js";
import { wordOverlap } from "../../src/language/word-overlap.js";
import { readWordVectors, wordVectorMatching } from "../../src/language/word-vectors.js";
import { WORDS, writeJson, writeTinyBert } from "./tiny-bert.js";

const folder = mkdtempSync(join(tmpdir(), "milan-bert-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  await writeTinyBert(at("named"));
  await writeTinyBert(at("nameless"), false);
});

const CANDIDATES = ["red stripes", "blue sky", "big red dots"];
const REFERENCES = [["red dots", "big white stripes"], ["a blue sky", "blue"], ["white dots a"]];
const idsOf = (text: string) => [1, ...text.split(" ").map((word) => WORDS.indexOf(word)), 2];

/** Precision, recall and F1 by their definition, from the model's own output for one text at a time. */
async function byDefinition(layer: 1 | 2, idf: boolean): Promise<number[][]> {
  const model = await readModel(at("named", "model.onnx"));
  const name = `/encoder/layer.${layer - 1}/output`;
  const session = await openSession(tap(model, [{ name, dtype: "float32", shape: [-1, -1, -1] }]));
  const vectorsOf = async (text: string) => {
    const ids = idsOf(text);
    const feed = (values: number[]) => ndarray("int64", [1, ids.length], BigInt64Array.from(values, BigInt));
    const found = await session.run({ input_ids: feed(ids), attention_mask: feed(ids.map(() => 1)) });
    const { data } = found[name] as { data: Float32Array };
    return ids.map((_, i) => Array.from(data.subarray(8 * i, 8 * i + 8)));
  };
  const all = REFERENCES.flat();
  const weigh = (id: number) =>
    idf ? Math.log((all.length + 1) / (all.filter((text) => idsOf(text).includes(id)).length + 1)) : Number(id > 2);
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const mean = (values: number[], ids: number[]) =>
    values.reduce((sum, value, i) => sum + value * weigh(ids[i]), 0) / ids.reduce((sum, id) => sum + weigh(id), 0);
  const rows: number[][] = [];
  for (const [i, candidate] of CANDIDATES.entries()) {
    const best = [-9, -9, -9];
    for (const reference of REFERENCES[i]) {
      const [a, b] = [await vectorsOf(candidate), await vectorsOf(reference)];
      const p = mean(
        a.map((x) => Math.max(...b.map((y) => cosine(x, y)))),
        idsOf(candidate),
      );
      const r = mean(
        b.map((y) => Math.max(...a.map((x) => cosine(x, y)))),
        idsOf(reference),
      );
      for (const [k, value] of [p, r, (2 * p * r) / (p + r)].entries()) best[k] = Math.max(best[k], value);
    }
    rows.push(best);
  }
  await session.close();
  return rows;
}

async function statistics(model: string, options: BertScoreOptions) {
  const metric = await openBertScore(at(model), options);
  const found = await metric.statistics(CANDIDATES, REFERENCES);
  const score = await scoreOf(metric, CANDIDATES, REFERENCES);
  await metric.close();
  return { name: metric.name, found, score };
}

test.each([
  [1, true],
  [2, true],
  [2, false],
] as const)("layer %i, idf %s: precision, recall and F1 by their definition", async (layer, idf) => {
  const expected = await byDefinition(layer, idf);
  for (const model of ["named", "nameless"]) {
    const { name, found, score } = await statistics(model, { layer, idf });
    expect(name).toBe(`BERTScore (${model}, layer ${layer}, ${idf ? "idf, " : ""}not rescaled)`);
    for (const [i, row] of expected.entries()) {
      for (const [k, value] of row.entries()) expect(found[i][k]).toBeCloseTo(value, 5);
    }
    expect(score).toBeCloseTo(expected.reduce((sum, row) => sum + row[2], 0) / 3, 5);
  }
});

test("a text equal to one of its references scores 1, one without words 0; the last layer is the default", async () => {
  const metric = await openBertScore(at("named"));
  expect(metric.name).toContain("layer 2");
  const [same, empty] = await metric.statistics(["white dots", ""], [["blue sky", "white dots"], ["white dots"]]);
  expect(same[2]).toBeCloseTo(1, 5);
  expect([...empty]).toEqual([0, 0, 0]);
  await metric.close();
});

test("a byte-level tokeniser, as RoBERTa's, is given a space before the first word too, as the reference does", async () => {
  cpSync(at("named"), at("bytes"), { recursive: true });
  // "Ġred" and "Ġdots" are words of their own; "red" and "dots" without a space before them are only letters, which are unknown
  const vocab = Object.fromEntries(["<pad>", "<s>", "</s>", "<unk>", "Ġred", "Ġdots"].map((word, id) => [word, id]));
  const special = (id: number) => ({ id: ["<s>", "</s>"][id], ids: [id + 1], tokens: [["<s>", "</s>"][id]] });
  writeJson(at("bytes"), "tokenizer.json", {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: "<s>" } }, { Sequence: { id: "A" } }, { SpecialToken: { id: "</s>" } }],
      pair: [],
      special_tokens: { "<s>": special(0), "</s>": special(1) },
    },
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab, merges: [], unk_token: "<unk>", ignore_merges: true },
  });
  const encoder = await TextEncoder.open(at("bytes"));
  expect(encoder.ids("red dots")).toEqual([1, 4, 5, 2]);
  expect(encoder.ids(" ")).toEqual([1, 2]);
  await encoder.close();
});

test("published models are known by their names, or by their sizes when they have none", () => {
  const large = { model_type: "roberta", num_hidden_layers: 24, hidden_size: 1024 };
  expect(modelName({ ...large, _name_or_path: "FacebookAI/roberta-large" }, "x")).toBe("roberta-large");
  expect(modelName(large, "downloads")).toBe("roberta-large");
  expect(modelName({ ...large, _name_or_path: "/tmp/checkpoint" }, "roberta-large")).toBe("roberta-large");
  expect(modelName({ ...large, _name_or_path: "someone/roberta-large-poems" }, "x")).toBe("roberta-large-poems");
  expect(publishedLayer("constructor")).toBeUndefined();
  expect(publishedBaseline("roberta-large", 17)).toEqual([0.83150584, 0.8314941, 0.83122575]);
  expect(publishedBaseline("roberta-large", 16)).toBeUndefined();
});

test("a tokeniser with more words than the model is refused in one line", async () => {
  cpSync(at("named"), at("other"), { recursive: true });
  const tokenizer = JSON.parse(readFileSync(at("named", "tokenizer.json"), "utf8"));
  tokenizer.model.vocab.zebra = 5000;
  writeJson(at("other"), "tokenizer.json", tokenizer);
  const metric = await openBertScore(at("other"));
  await expect(metric.statistics(["zebra"], [["red"]])).rejects.toThrow(UserError);
  await metric.close();
});

test("the company of a text in its batch changes nothing", async () => {
  const metric = await openBertScore(at("named"), { idf: false });
  const alone = await metric.statistics(["red"], [["blue sky"]]);
  await metric.close();
  const other = await openBertScore(at("named"), { idf: false });
  const together = await other.statistics(["red", "a big red sky red dots"], [["blue sky"], ["white"]]);
  await other.close();
  expect(together[0][2]).toBeCloseTo(alone[0][2], 5);
});

test("what is missing is said in one line", async () => {
  await expect(openBertScore(at("nowhere"))).rejects.toThrow(/no model\.onnx in it; expected a BERT-type model/);
  await expect(openBertScore(at("named"), { layer: 3 })).rejects.toThrow(/no layer 3; expected 1 to 2/);
  await expect(openBertScore(at("named"), { rescale: true })).rejects.toThrow(/no baseline is published for layer 2/);
  cpSync(at("named"), at("mute"), { recursive: true });
  rmSync(at("mute", "tokenizer.json"));
  await expect(openBertScore(at("mute"))).rejects.toThrow(/tokenizer\.json: no such file/);
  writeJson(at("mute"), "tokenizer.json", { model: { type: "Nothing" } });
  await expect(openBertScore(at("mute"))).rejects.toThrow(/expected a tokenizer of Hugging Face/);
  const model = await readModel(at("named", "model.onnx"));
  expect(layerOutputs(model, "x")).toEqual(["/encoder/layer.0/output", "/encoder/layer.1/output"]);
});

test("word overlap: rare words count more than common ones", async () => {
  const metric = wordOverlap();
  const references = [["a red dot"], ["a blue line"], ["a white line."]];
  const [same, rare, common] = await metric.statistics(
    ["A red dot.", "red", "a"],
    [references[0], references[0], references[0]],
  );
  expect(same[0]).toBeCloseTo(1, 9);
  expect(await scoreOf(metric, ["a red dot", "line", "a"], references)).toBeGreaterThan(0.3);
  expect(rare[0]).toBeGreaterThanOrEqual(common[0]);
});

test("word vectors: like words match, unknown ones do not, and only what is wanted is kept", async () => {
  const path = at("vectors.txt");
  writeFileSync(path, "red 1 0 0\ncrimson 0.9 0.1 0\ndots 0 1 0\nsky 0 0 1\nother 1 1 1\n");
  expect([...(await readWordVectors(path, new Set(["sky", "absent"]))).keys()]).toEqual(["sky"]);
  const metric = wordVectorMatching(path);
  expect(metric.name).toBe("greedy matching of word vectors (vectors.txt, idf)");
  const references = [["red dots"], ["sky"], ["red"]];
  const [like, unlike, unknown] = await metric.statistics(["crimson dots", "dots", "blurb"], references);
  // crimson is in none of three references, dots in one, red in two
  const [crimson, dots, red] = [0, 1, 2].map((holding) => Math.log(4 / (holding + 1)));
  const cosine = 0.9 / Math.sqrt(0.82);
  const [p, r] = [(crimson * cosine + dots) / (crimson + dots), (red * cosine + dots) / (red + dots)];
  expect(like[2]).toBeCloseTo((2 * p * r) / (p + r), 6);
  expect([...unlike, ...unknown]).toEqual([0, 0, 0, 0, 0, 0]);
  writeFileSync(path, "red 1 0\ndots 0 1 0\n");
  await expect(readWordVectors(path, new Set(["dots"]))).rejects.toThrow("line 2 is no word with 2 numbers");
  writeFileSync(path, "");
  await expect(readWordVectors(path, new Set())).rejects.toThrow("it is empty");
  await expect(readWordVectors(at("absent.txt"), new Set())).rejects.toThrow("no such file");
});

test("a tokenizer that gives something else than numbers, or fails at a text", async () => {
  const tokenizer = JSON.parse(readFileSync(at("named", "tokenizer.json"), "utf8"));
  cpSync(at("named"), at("strange"), { recursive: true });
  for (const [strange, problem] of [
    [
      { model: { ...tokenizer.model, vocab: { ...tokenizer.model.vocab, red: [0, 0] } } },
      /gives no numbers for tokens/,
    ],
    [{ model: { ...tokenizer.model, vocab: { ...tokenizer.model.vocab, red: -3 } } }, /gives no numbers for tokens/],
    [{ post_processor: { ...tokenizer.post_processor, single: [127] } }, /expected a tokenizer/],
  ] as const) {
    writeJson(at("strange"), "tokenizer.json", { ...tokenizer, ...strange });
    const scoring = (async () => {
      const metric = await openBertScore(at("strange"));
      await metric.statistics(["red dots"], [["red sky"]]).finally(() => metric.close());
    })();
    await expect(scoring).rejects.toThrow(UserError);
    await expect(scoring).rejects.toThrow(problem);
  }
});
