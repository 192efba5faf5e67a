/** The five checkpoints the reference implementation wrote: sizes, options, vocabulary and every weight. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCheckpoint } from "../../../src/describer/checkpoint/checkpoint.js";
import { toBytes } from "../../../src/engine/tensor/ndarray.js";
import { describeShared, shared } from "../../shared.js";

const file = (name: string) => shared(`golden/checkpoint/${name}`);
type Values = Record<string, Record<string, { shape: number[]; values: number[] }>>;

/** SHA-256 over names and float32 values of all tensors in file order, as PyTorch 1.13 loads them. */
const DIGESTS = [
  ["milan-tiny-cuda.pth", "12d032a8b43f48da7e182fcf23d2be2c24c9601d330df01cb1e99eb834c06c2c"],
  ["milan-tiny-nolm.pth", "22e65b0e595a8d9df5e4a432faa28ef94b114b1e56f27dd7e8c2282efaa8b2d7"],
  ["lm-tiny.pth", "0f0c0a18ce2420cf44a15dfe0090de83a16ed65370c58cc1ccbf704473f14455"],
  ["milan-resnet18.pth.gz", "a6a07c3bcf079cdc7ec100971dfac2a6bd8d12daba4a9bf02762e1b3ea91c17a"],
  ["milan-alexnet.pth.gz", "8b27aad7237765ad32858ea38281d7750a84d23156ef60bae77dfd9e89a261a7"],
];

describeShared("reference checkpoints", () => {
  test.each(DIGESTS)("%s: every value of every tensor, as PyTorch reads it", async (name, digest) => {
    const { tensors } = await readCheckpoint(file(name));
    const hash = createHash("sha256");
    for (const [key, tensor] of tensors) hash.update(key).update(toBytes(tensor));
    expect(hash.digest("hex")).toBe(digest);
  });

  test.each(["milan-tiny-cuda", "milan-tiny-nolm", "lm-tiny"])("%s: listed values", async (name) => {
    const expected = (JSON.parse(readFileSync(file("tiny_values.json"), "utf8")) as Values)[name];
    const { tensors } = await readCheckpoint(file(`${name}.pth`));
    for (const [key, { shape, values }] of Object.entries(expected)) {
      expect(tensors.get(key), key).toEqual({ dtype: "float32", shape, data: Float32Array.from(values) });
    }
  });

  test("a describer with CUDA storages: properties", async () => {
    const { tensors, vocabulary, ...properties } = await readCheckpoint(file("milan-tiny-cuda.pth"));
    expect(tensors.size).toBe(32);
    expect(vocabulary.slice(0, 3)).toEqual(["red", "objects", "and"]);
    const tokenizer = { lowercase: true, lemmatize: false, ignoreStop: false, ignorePunctuation: false };
    expect(properties).toEqual({
      kind: "decoder",
      tokenizer,
      encoder: { type: "PyramidConvEncoder", config: "alexnet" },
      languageModel: { vocabulary, tokenizer, embeddingSize: 6, hiddenSize: 7, layers: 2, dropout: 0.5 },
      embeddingSize: 5,
      hiddenSize: 8,
      attentionHidden: 6,
      dropout: 0.5,
      length: 9,
      strategy: "rerank",
      temperature: 0.2,
      beamSize: 4,
    });
  });

  test("a describer without a language model, and a language model alone", async () => {
    expect(await readCheckpoint(file("milan-tiny-nolm.pth"))).toMatchObject({
      kind: "decoder",
      languageModel: null,
      attentionHidden: null,
      strategy: "beam",
    });
    expect(await readCheckpoint(file("lm-tiny.pth"))).toMatchObject({
      kind: "language-model",
      embeddingSize: 6,
      hiddenSize: 7,
      layers: 2,
    });
  });

  test.each([
    ["resnet18", null],
    ["alexnet", 40],
  ])("milan-%s, gzipped: names, shapes and dtypes of the whole file", async (network, attentionHidden) => {
    const checkpoint = await readCheckpoint(file(`milan-${network}.pth.gz`));
    const { tokens } = JSON.parse(readFileSync(file("vocab.json"), "utf8"));
    expect(checkpoint).toMatchObject({ vocabulary: tokens, embeddingSize: 48, hiddenSize: 96, attentionHidden });
    const section = readFileSync(file("structures.txt"), "utf8").split(`==== ${network} ====`)[1].split("\n====")[0];
    const listed = [...section.matchAll(/'(\S+)': tensor \S+ \[([\d, ]*)\]/g)].map(([, name, shape]) => [
      name,
      shape === "" ? [] : shape.split(",").map(Number),
    ]);
    expect([...checkpoint.tensors].map(([name, tensor]) => [name, tensor.shape])).toEqual(listed);
  });

  test("tensors that are not wanted are not read", async () => {
    const { tensors } = await readCheckpoint(file("milan-resnet18.pth.gz"), (name) => name.startsWith("lm."));
    expect(tensors.size).toBe(11);
  });
});
