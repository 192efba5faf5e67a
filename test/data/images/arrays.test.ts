import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decode } from "../../../src/data/images/decode.js";
import { openImages } from "../../../src/data/images/open.js";
import { type DType, floatToHalf, ndarray, type Storage } from "../../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../../src/engine/tensor/npy.js";
import { noise, planes, temporaryFolder } from "./made.js";

const folder = temporaryFolder();
let serial = 0;

async function open<D extends DType>(dtype: D, shape: number[], data: Storage[D]) {
  const path = join(folder, `images${serial++}.npy`);
  await writeNpy(path, ndarray(dtype, shape, data));
  return openImages(path);
}

const two = Uint8Array.from(noise(5, 8)); // two pictures of 5x4, interleaved
const first = planes(two.subarray(0, 60));
const second = planes(two.subarray(60));
const view = { width: 5, height: 4, fit: "crop" } as const;

describe("an array of pictures", () => {
  it("channels last or first gives the same pixels", async () => {
    for (const set of [
      await open("uint8", [2, 4, 5, 3], two),
      await open("uint8", [2, 3, 4, 5], Uint8Array.from([...first, ...second])),
      await open(
        "float32",
        [2, 4, 5, 3],
        Float32Array.from(two, (value) => value / 255),
      ),
      await open(
        "float64",
        [2, 4, 5, 3],
        Float64Array.from(two, (value) => value / 255),
      ),
      await open(
        "float16",
        [2, 4, 5, 3],
        Uint16Array.from(two, (value) => floatToHalf(value / 255)),
      ),
    ]) {
      expect(await decode(await set.read(1), view)).toEqual(second);
      expect(await decode(await set.read(0), view)).toEqual(first);
      await set.close();
    }
  });

  it("grey, with or without an axis for it", async () => {
    const grey = two.subarray(0, 40);
    for (const shape of [
      [2, 4, 5],
      [2, 4, 5, 1],
      [2, 1, 4, 5],
    ]) {
      const set = await open("uint8", shape, grey);
      const seen = await decode(await set.read(1), view);
      expect([...seen.subarray(0, 20)]).toEqual([...grey.subarray(20)]);
      expect(seen.subarray(40)).toEqual(seen.subarray(0, 20));
      await set.close();
    }
  });

  it("names its rows, in order, and is identified by its contents", async () => {
    const set = await open("uint8", [2, 4, 5, 3], two);
    expect(set.entries.map(({ file, label }) => [file.replace(/\d+\.npy/, ".npy"), label])).toEqual([
      ["images.npy[0]", undefined],
      ["images.npy[1]", undefined],
    ]);
    const same = await open("uint8", [2, 4, 5, 3], two);
    const other = await open(
      "uint8",
      [2, 4, 5, 3],
      Uint8Array.from(two, (value, i) => (i === 99 ? value ^ 1 : value)),
    );
    expect(same.fingerprint).toBe(set.fingerprint);
    expect(other.fingerprint).not.toBe(set.fingerprint);
    for (const each of [set, same, other]) await each.close();
  });

  it("of floats refuses a row that leaves 0..1 by name, and the whole array if the first does", async () => {
    const values = Float32Array.from(two, (value) => value / 255);
    values[70] = Number.NaN;
    const set = await open("float32", [2, 4, 5, 3], values);
    expect(await decode(await set.read(0), view)).toEqual(first);
    await expect(set.read(1)).rejects.toThrow(/\.npy\[1\]: values outside 0\.\.1, or NaN/);
    await set.close();
    await expect(open("float32", [2, 4, 5, 3], Float32Array.from(two))).rejects.toThrow(
      /leaves 0\.\.1; expected uint8 in 0\.\.255/,
    );
  });

  it("refuses other shapes and dtypes", async () => {
    await expect(open("uint8", [4, 5], two.subarray(0, 20))).rejects.toThrow(
      /it has shape \[4,5\]; expected .*\[n,h,w,3\]/,
    );
    await expect(open("uint8", [0, 4, 5, 3], new Uint8Array(0))).rejects.toThrow(/it has shape \[0,4,5,3\]/);
    await expect(open("uint8", [6, 5, 2, 2], two)).rejects.toThrow(/it has shape \[6,5,2,2\]/);
    await expect(open("int64", [2, 4, 5], new BigInt64Array(40))).rejects.toThrow(/it holds int64/);
  });
});
