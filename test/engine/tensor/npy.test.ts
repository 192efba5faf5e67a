/** `.npy` files on real bytes: every dtype and version, both orders, and files that lie. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DTYPES, type NdArray, ndarray, toBytes, zeros } from "../../../src/engine/tensor/ndarray.js";
import { openNpy, readNpy, writeNpy } from "../../../src/engine/tensor/npy.js";

const folder = mkdtempSync(join(tmpdir(), "milan-npy-"));
const path = join(folder, "a.npy");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file as NumPy would write it. */
function write(header: string, data: Uint8Array, version = 1): void {
  const prefix = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    version,
    0,
    ...(version === 1 ? [0, 0] : [0, 0, 0, 0]),
  ]);
  if (version === 1) prefix.writeUInt16LE(header.length, 8);
  else prefix.writeUInt32LE(header.length, 8);
  writeFileSync(path, Buffer.concat([prefix, Buffer.from(header, "latin1"), data]));
}
const header = (descr: string, shape: string, fortran = false) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }\n`;

for (const dtype of DTYPES) {
  test(`${dtype} survives writing and reading`, async () => {
    const array = zeros(dtype, [2, 3]);
    toBytes(array).set([1, 0, 1, 0, 1]);
    await writeNpy(path, array);
    expect(await readNpy(path)).toEqual(array);
  });
}

test("versions 1 to 3 and a scalar", async () => {
  for (const version of [1, 2, 3]) {
    write(header("<i4", "(3,)"), toBytes(ndarray("int32", [3], Int32Array.of(1, 2, 3))), version);
    expect((await readNpy(path)).data).toEqual(Int32Array.of(1, 2, 3));
  }
  write(header("<f8", "()"), toBytes(ndarray("float64", [1], Float64Array.of(2.5))));
  expect(await readNpy(path)).toEqual({ dtype: "float64", shape: [], data: Float64Array.of(2.5) });
});

test("Fortran order is transposed, whole and in part", async () => {
  // [[0, 1, 2], [3, 4, 5]] column by column
  write(header("<f4", "(2, 3)", true), toBytes(ndarray("float32", [6], Float32Array.of(0, 3, 1, 4, 2, 5))));
  expect((await readNpy(path)).data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  const file = await openNpy(path);
  expect(await file.readRows(1, 2)).toEqual({ dtype: "float32", shape: [1, 3], data: Float32Array.of(3, 4, 5) });
  expect(await file.readAt(1, 2)).toEqual({ dtype: "float32", shape: [], data: Float32Array.of(5) });
  await file.close();
});

test("big-endian numbers", async () => {
  const bytes = Buffer.alloc(8);
  bytes.writeFloatBE(1.5, 0);
  bytes.writeFloatBE(-2, 4);
  write(header(">f4", "(2,)"), bytes);
  expect((await readNpy(path)).data).toEqual(Float32Array.of(1.5, -2));
});

test("parts of a C-ordered file are read in place", async () => {
  const array: NdArray = ndarray("int16", [2, 2, 2], Int16Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  await writeNpy(path, array);
  const file = await openNpy(path);
  expect((await file.readRows(1, 2)).data).toEqual(Int16Array.of(4, 5, 6, 7));
  expect(await file.readAt(1, 0)).toEqual({ dtype: "int16", shape: [2], data: Int16Array.of(4, 5) });
  await file.close();
});

test("damaged and hostile files are refused in one line", async () => {
  const data = new Uint8Array(8);
  const cases: [RegExp, () => void][] = [
    [/not a NumPy array/, () => writeFileSync(path, "hello, I am a text file")],
    [/not a NumPy array/, () => writeFileSync(path, "")],
    [/truncated: .* of/, () => write(header("<f4", "(3,)"), data)],
    [/truncated/, () => write(header("<f4", "(1000000000,)"), data)],
    [/absurd/, () => write(header("<f8", "(99999999999, 99999999999)"), data)],
    [/not numeric/, () => write(header("|O", "(1,)"), data)],
    [/not numeric/, () => write(header("<U4", "(1,)"), data)],
    [/version 9/, () => write(header("<f4", "(2,)"), data, 9)],
    [/header is damaged/, () => write("{'descr': '<f4', 'shape': __import__('os')}", data)],
    [/header is damaged/, () => writeFileSync(path, Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\xff", "latin1"))],
  ];
  for (const [message, make] of cases) {
    make();
    await expect(readNpy(path)).rejects.toThrow(message);
    await expect(readNpy(path)).rejects.toMatchObject({ name: "UserError" });
  }
  await expect(readNpy(join(folder, "none.npy"))).rejects.toThrow(/no such file/);
});
