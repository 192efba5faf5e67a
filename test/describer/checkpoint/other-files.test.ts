/** Files that are no checkpoints, and checkpoints of something else: one line that says what the file is. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readCheckpoint } from "../../../src/describer/checkpoint/checkpoint.js";
import { call, languageModel, NUMBERS, pickle, raw, tensor, zip } from "./forge.js";
import { checkpoint, temporary } from "./temporary.js";

const legacy = raw([0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19], ".");
const safetensors = raw([20, 0, 0, 0, 0, 0, 0, 0], '{"__metadata__":{}}  ');

test.each([
  ["an empty file", raw(""), "an empty file"],
  ["PyTorch before 1.6", legacy, "PyTorch before 1.6"],
  ["a bare pickle", pickle([1, 2]), "a bare Python pickle"],
  ["safetensors", safetensors, "a safetensors file"],
  ["NumPy", raw("\x93NUMPY\x01\x00"), "a NumPy array"],
  ["a web page", raw("<!DOCTYPE html><title>404</title>"), "a web page"],
  ["a pointer", raw("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"],
  ["a gzipped bare pickle", gzipSync(pickle([1])), "gzipped, and inside is a bare Python pickle"],
  ["noise", raw([1, 2, 3, 4]), "something else"],
])("%s", async (_, bytes, what) => {
  await expect(readCheckpoint(temporary(bytes))).rejects.toThrow(what);
});

test("no file, and a folder", async () => {
  await expect(readCheckpoint("/nowhere/milan.pth")).rejects.toThrow("no such file");
  await expect(readCheckpoint("/")).rejects.toThrow("it is a folder");
});

test("zip archives of something else", async () => {
  await expect(readCheckpoint(temporary(zip([["readme.txt", NUMBERS]])))).rejects.toThrow("without a `data.pkl`");
  const script = zip([
    ["data.pkl", NUMBERS],
    ["constants.pkl", NUMBERS],
  ]);
  await expect(readCheckpoint(temporary(script))).rejects.toThrow("TorchScript");
});

test("checkpoints of something else", async () => {
  const bare = checkpoint(pickle({ "conv1.weight": tensor("0", [4], [1]) }));
  await expect(readCheckpoint(bare)).rejects.toThrow("bare weights (1 tensors), not a describer");
  await expect(readCheckpoint(checkpoint(pickle({ epoch: 3 })))).rejects.toThrow("not a describer");
  const incomplete = languageModel({}, { layers: "two" });
  await expect(readCheckpoint(checkpoint(pickle(incomplete)))).rejects.toThrow(
    '`properties.layers` is "two"; expected a whole number from 1 to 64',
  );
});

test("big-endian numbers", async () => {
  const bytes = zip([
    ["data.pkl", pickle(languageModel({}))],
    ["byteorder", Buffer.from("big")],
  ]);
  await expect(readCheckpoint(temporary(bytes))).rejects.toThrow("big-endian");
});

test.each([
  ["DoubleStorage", new Uint8Array(Float64Array.of(1, -2.5).buffer)],
  ["HalfStorage", raw([0x00, 0x3c, 0x00, 0xc1])],
  ["BFloat16Storage", raw([0x80, 0x3f, 0x20, 0xc0])],
])("%s becomes float32", async (storage, bytes) => {
  const path = checkpoint(pickle(languageModel({ weight: tensor("0", [2], [1], { length: 2, storage }) })), bytes);
  expect((await readCheckpoint(path)).tensors.get("weight")!.data).toEqual(Float32Array.of(1, -2.5));
});

test.each([
  ["LongStorage", new Uint8Array(BigInt64Array.of(-3n, 7n).buffer)],
  ["IntStorage", new Uint8Array(Int32Array.of(-3, 7).buffer)],
  ["ShortStorage", new Uint8Array(Int16Array.of(-3, 7).buffer)],
  ["CharStorage", new Uint8Array(Int8Array.of(-3, 7).buffer)],
])("%s becomes float32", async (storage, bytes) => {
  const path = checkpoint(pickle(languageModel({ weight: tensor("0", [2], [1], { length: 2, storage }) })), bytes);
  expect((await readCheckpoint(path)).tensors.get("weight")!.data).toEqual(Float32Array.of(-3, 7));
});

test("a transposed tensor and a slice share one storage; parameters are unwrapped", async () => {
  const slice = tensor("0", [2], [2], { offset: 1 });
  const weights = {
    transposed: tensor("0", [2, 2], [1, 2]),
    slice: call("torch._utils", "_rebuild_parameter", slice, true, null),
  };
  const { tensors } = await readCheckpoint(checkpoint(pickle(languageModel(weights))));
  expect(tensors.get("transposed")!.data).toEqual(Float32Array.of(1, 3, 2, 4));
  expect(tensors.get("slice")!.data).toEqual(Float32Array.of(2, 4));
});
