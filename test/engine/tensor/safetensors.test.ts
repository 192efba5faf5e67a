import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { DTYPES, type NdArray, ndarray, zeros } from "../../../src/engine/tensor/ndarray.js";
import { openSafetensors, readSafetensors, writeSafetensors } from "../../../src/engine/tensor/safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "milan-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "model.safetensors");

/** A file with this header and so many bytes of data, which count upwards. */
function forge(header: unknown, dataBytes: number): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([start, json, Uint8Array.from({ length: dataBytes }, (_, i) => i)]));
  return path;
}

test("every dtype comes back as it was, scalars and empty arrays too", async () => {
  const tensors = new Map<string, NdArray>(DTYPES.map((dtype) => [dtype, zeros(dtype, [2, 3])]));
  for (const array of tensors.values()) new Uint8Array(array.data.buffer as ArrayBuffer).set([1, 0, 1]);
  tensors.set("scalar", ndarray("float32", [], Float32Array.of(0.1)));
  tensors.set("empty", zeros("uint8", [0, 7]));
  tensors.set("__proto__", ndarray("float64", [2], Float64Array.of(Number.NaN, -0)));
  await writeSafetensors(path, tensors, { made: "by a test" });
  const back = await readSafetensors(path);
  expect(new Set(back.keys())).toEqual(new Set(tensors.keys()));
  for (const [name, array] of tensors) expect(back.get(name), name).toEqual(array);
  const file = await openSafetensors(path);
  expect(file.metadata).toEqual({ made: "by a test" });
  await expect(file.read("other")).rejects.toThrow("no tensor `other`");
  await file.close();
});

test("the header is what the format demands: length, JSON, aligned data", async () => {
  await writeSafetensors(path, new Map([["a", ndarray("float32", [1, 2], Float32Array.of(1, 2))]]));
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  expect(JSON.parse(bytes.toString("utf8", 8, 8 + length))).toEqual({
    a: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
  });
  expect(bytes.length).toBe(8 + length + 8);
});

test("bfloat16 becomes float32", async () => {
  const header = { a: { dtype: "BF16", shape: [2], data_offsets: [0, 4] } };
  const tensors = await readSafetensors(forge(header, 4)); // bits 0x0100 and 0x0302
  const expected = new Float32Array(Uint32Array.of(0x01000000, 0x03020000).buffer);
  expect(tensors.get("a")).toEqual({ dtype: "float32", shape: [2], data: expected });
});

const entry = (begin: number, end: number, changes = {}) => ({
  dtype: "U8",
  shape: [end - begin],
  data_offsets: [begin, end],
  ...changes,
});

test.each([
  ["truncated data", { a: entry(0, 8) }, 7, "7 bytes of data instead of 8"],
  ["data left over", { a: entry(0, 8) }, 9, "9 bytes of data instead of 8"],
  ["a gap", { a: entry(0, 4), b: entry(5, 8) }, 8, "gap or overlaps"],
  ["an overlap", { a: entry(0, 4), b: entry(3, 8) }, 8, "gap or overlaps"],
  ["a range that does not fit the shape", { a: entry(0, 4, { shape: [5] }) }, 4, "wrong size"],
  ["a range backwards", { a: entry(4, 0, { shape: [-4] }) }, 4, "wrong size"],
  ["a huge shape", { a: entry(0, 4, { shape: [2 ** 53, 2 ** 53] }) }, 4, "wrong size"],
  ["a fraction", { a: entry(0, 4, { shape: [0.5, 8] }) }, 4, "wrong size"],
  ["an unknown type", { a: entry(0, 4, { dtype: "F8_E4M3" }) }, 4, "unknown type"],
  ["no type", { a: [] }, 0, "unknown type"],
  ["a type ten thousand lists deep", `{"a":{"dtype":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`, 0, "not JSON"],
  ["metadata that are no texts", { __metadata__: { a: 1 } }, 0, "metadata"],
  ["no object", [], 0, "not a JSON object"],
  ["no JSON", "{", 0, "not JSON"],
])("%s", async (_, header, dataBytes, problem) => {
  const error = await readSafetensors(forge(header, dataBytes)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toContain(problem);
});

test("a header longer than the file, and a file shorter than any", async () => {
  writeFileSync(path, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7b]));
  await expect(readSafetensors(path)).rejects.toThrow("absurd or the file is truncated");
  writeFileSync(path, Buffer.from([1, 2, 3]));
  await expect(readSafetensors(path)).rejects.toThrow("it has 3 bytes");
  await expect(readSafetensors(join(folder, "none"))).rejects.toThrow("no such file");
});

test("a file that cannot be written is a user's error and leaves nothing", async () => {
  await writeSafetensors(path, new Map([["a", zeros("uint8", [3])]]));
  await expect(writeSafetensors(join(path, "below", "it"), new Map())).rejects.toThrow(UserError);
  expect(readdirSync(folder)).toEqual(["model.safetensors"]);
});
