/** Converting, saving and opening describers. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { sha256 } from "../../src/base/hash.js";
import { readCheckpoint } from "../../src/describer/checkpoint/checkpoint.js";
import type { DescriberConfig } from "../../src/describer/config.js";
import { type DescriberFiles, openDescriberFiles, saveDescriber } from "../../src/describer/directory.js";
import { encoderModel } from "../../src/describer/encoder.js";
import { ImageEncoder, type Mask } from "../../src/describer/features.js";
import { captionerShapes, languageModelShapes } from "../../src/describer/layout.js";
import { type NdArray, toBytes } from "../../src/engine/tensor/ndarray.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { writeSafetensors } from "../../src/engine/tensor/safetensors.js";
import { Vocabulary } from "../../src/language/vocabulary.js";
import { describeShared, shared } from "../shared.js";
import { resnetShapes, weights } from "../zoo/made-up.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "milan-describer-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const checkpoint = (name: string) => shared(`golden/checkpoint/${name}`);

describeShared("reference checkpoints", () => {
  test.each(["milan-resnet18.pth.gz", "milan-alexnet.pth.gz", "milan-tiny-cuda.pth", "milan-tiny-nolm.pth"])(
    "%s: converted and opened again, nothing has changed",
    async (name) => {
      const { tensors, vocabulary } = await readCheckpoint(checkpoint(name));
      const direct = await openDescriberFiles(checkpoint(name));
      const target = join(folder, "describer");
      await saveDescriber(direct, target);
      const native = await openDescriberFiles(target);

      expect(native.config).toEqual(direct.config);
      expect(native.config.source).toEqual({ file: name, sha256: sha256(readFileSync(checkpoint(name))) });
      expect(native.vocabulary.words).toEqual(vocabulary);
      const expected = [...tensors].filter(([key]) => !key.startsWith("encoder."));
      expect(native.captioner.size + (native.languageModel?.size ?? 0)).toBe(expected.length);
      for (const [key, tensor] of expected) {
        const own = key.startsWith("lm.") ? native.languageModel?.get(key.slice(3)) : native.captioner.get(key);
        expect(own?.shape, key).toEqual(tensor.shape);
        expect(toBytes(own!), key).toSatisfy((bytes: Uint8Array) => Buffer.compare(bytes, toBytes(tensor)) === 0);
      }
      expect(readdirSync(folder)).toEqual(["describer"]);
      const names = ["config.json", "model.safetensors", "vocab.json"];
      expect(readdirSync(target)).toEqual(direct.encoder ? names.toSpliced(1, 0, "encoder.onnx") : names);
      expect(native.encoder === undefined).toBe(name.includes("tiny"));
    },
  );

  test("as half floats: half the size, weights equal to eleven bits", async () => {
    const direct = await openDescriberFiles(checkpoint("milan-resnet18.pth.gz"));
    const [whole, half] = ["whole", "half"].map((name) => join(folder, name));
    await saveDescriber(direct, whole);
    await saveDescriber(direct, half, { half: true });
    for (const file of ["model.safetensors", "encoder.onnx"]) {
      const [large, small] = [whole, half].map((path) => readFileSync(join(path, file)).length);
      expect(small, file).toBeLessThan(0.6 * large);
    }
    const found = await openDescriberFiles(half);
    for (const [name, { data }] of direct.captioner) {
      const own = found.captioner.get(name)!;
      const apart = own.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - data[i]) / (Math.abs(data[i]) + 1e-4)),
        0,
      );
      expect(apart, name).toBeLessThan(1e-3);
    }
  });

  test("the encoder of a converted describer makes the reference's features", async () => {
    await saveDescriber(await openDescriberFiles(checkpoint("milan-alexnet.pth.gz")), join(folder, "describer"));
    const encoder = await ImageEncoder.open((await openDescriberFiles(join(folder, "describer"))).encoder!);
    const images = (await readNpy(shared("golden/encoder/03_images.npy"))) as NdArray<"uint8">;
    const masks = (await readNpy(shared("golden/encoder/03_masks.npy"))) as Mask;
    const expected = await readNpy(shared("golden/encoder/03_features_alexnet.npy"));
    const { data } = await encoder.encode(images, masks);
    for (const [i, value] of (expected.data as Float32Array).entries()) expect(data[i]).toBeCloseTo(value, 4);
    await encoder.close();
  });

  test("sizes and search settings", async () => {
    const { config } = await openDescriberFiles(checkpoint("milan-tiny-nolm.pth"));
    expect(config).toMatchObject({
      encoder: { kind: "pyramid", network: "alexnet", pooling: "reference" },
      captioner: { featureSize: 1152, embeddingSize: 5, hiddenSize: 8, attentionSize: 8 },
      languageModel: null,
      search: { search: "beam", lambda: 0.2, beam: 4, length: 9 },
    });
  });

  test("a language model alone is no describer", async () => {
    await expect(openDescriberFiles(checkpoint("lm-tiny.pth"))).rejects.toThrow("it is a language model alone");
  });
});

describe("a describer made here", () => {
  const config: DescriberConfig = {
    source: null,
    encoder: { kind: "pyramid", network: "resnet18", pooling: "area", mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] },
    captioner: { featureSize: 64, embeddingSize: 3, hiddenSize: 5, attentionSize: 4 },
    languageModel: { embeddingSize: 2, hiddenSize: 3, layers: 2 },
    search: { search: "rerank", lambda: 0.2, beam: 50, length: 15 },
  };
  const vocabulary = new Vocabulary(["a", "dog", "é"]);
  const filled = (shapes: Record<string, readonly number[]>) => weights(new Map(Object.entries(shapes)));
  const files: DescriberFiles = {
    config,
    vocabulary,
    captioner: filled(captionerShapes(config.captioner, vocabulary.size)),
    languageModel: filled(languageModelShapes(config.languageModel!, vocabulary.size)),
    encoder: encoderModel(config.encoder, weights(resnetShapes([2, 2, 2, 2], false, 4))),
  };
  let target: string;
  beforeEach(async () => {
    target = join(folder, "mine");
    await saveDescriber(files, target);
  });
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(join(target, name), change(readFileSync(join(target, name), "utf8")));

  test("comes back as it was, and may be replaced", async () => {
    const { encoder, ...back } = await openDescriberFiles(target);
    expect(encoder).toBeDefined();
    expect({ ...back, encoder: undefined }).toEqual({ ...files, encoder: undefined });
    await saveDescriber({ ...files, languageModel: undefined, config: { ...config, languageModel: null } }, target);
    expect((await openDescriberFiles(target)).languageModel).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["mine"]);
  });

  test("never replaces anything else", async () => {
    for (const [name, content] of [
      ["notes.txt", "dear diary"],
      ["config.json", '{"format": "something else"}'],
    ]) {
      const other = mkdtempSync(join(folder, "other-"));
      writeFileSync(join(other, name), content);
      await expect(saveDescriber(files, other)).rejects.toThrow("something else is there");
      await expect(saveDescriber(files, join(other, name))).rejects.toThrow("something else is there");
      expect(readdirSync(other)).toEqual([name]);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("a failed save leaves the old describer and no litter", async () => {
    const before = readFileSync(join(target, "config.json"), "utf8");
    const broken = { ...files, vocabulary: null as unknown as Vocabulary };
    await expect(saveDescriber(broken, target)).rejects.toThrow();
    expect(readFileSync(join(target, "config.json"), "utf8")).toBe(before);
    expect(readdirSync(folder)).toEqual(["mine"]);
    await expect(saveDescriber(files, join(target, "config.json", "below"))).rejects.toThrow(UserError);
  });

  test.each<[string, string, (text: string) => string, string]>([
    ["broken JSON", "config.json", (text) => text.slice(0, 40), "it is not JSON"],
    [
      "another format",
      "config.json",
      (text) => text.replace("milan-describer", "x"),
      'its `format` is "x"; expected one of',
    ],
    ["a later version", "config.json", (text) => text.replace('"version": 1', '"version": 2'), "its `version` is 2"],
    [
      "a size that is none",
      "config.json",
      (text) => text.replace('"layers": 2', '"layers": 2.5'),
      "its `languageModel.layers` is 2.5",
    ],
    [
      "an entry missing",
      "config.json",
      (text) => text.replace('"search": "rerank",', ""),
      "its `search.search` is missing",
    ],
    [
      "a section missing",
      "config.json",
      (text) => text.replace('"captioner"', '"other"'),
      "its `captioner` is missing",
    ],
    ["a colour missing", "config.json", (text) => text.replace("0.5,", ""), "its `encoder.mean` is a list of 2"],
    [
      "sizes that do not fit",
      "config.json",
      (text) => text.replace('"attentionSize": 4', '"attentionSize": 5'),
      "expected float32 [5,5], got float32 [4,5]",
    ],
    ["words missing", "vocab.json", () => "[]", "its `` is"],
    ["a word twice", "vocab.json", (text) => text.replace('"dog"', '"a"'), '"a" appears twice'],
    [
      "too few words",
      "vocab.json",
      (text) => text.replace('"dog",', ""),
      "weights `embedding.weight`; expected float32 [6,3]",
    ],
    ["damaged weights", "model.safetensors", (text) => text.slice(0, 100), "model.safetensors"],
    ["a damaged encoder", "encoder.onnx", () => "hello", "not an ONNX file"],
  ])("with %s it is refused", async (_, name, change, problem) => {
    edit(name, change);
    const error = await openDescriberFiles(target).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(problem);
    expect(error.message).not.toContain("\n");
  });

  test("with weights of another type, another encoder, or missing files it is refused", async () => {
    await saveDescriber(
      {
        ...files,
        encoder: encoderModel({ ...config.encoder, kind: "spatial" }, weights(resnetShapes([2, 2, 2, 2], false, 4))),
      },
      target,
    );
    await expect(openDescriberFiles(target)).rejects.toThrow("the encoder makes 32 features; expected 64");
    const ids = new Map<string, NdArray>([
      ["embedding.weight", { dtype: "int32", shape: [1], data: new Int32Array(1) }],
    ]);
    await writeSafetensors(join(target, "model.safetensors"), ids);
    await expect(openDescriberFiles(target)).rejects.toThrow("expected float32");
    rmSync(join(target, "vocab.json"));
    await expect(openDescriberFiles(target)).rejects.toThrow("vocab.json: no such file");
    await expect(openDescriberFiles(join(folder, "none"))).rejects.toThrow("no such file or folder");
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});
