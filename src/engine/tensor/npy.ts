/**
 * NumPy's `.npy` files, versions 1 to 3: the format every array of a run directory and of MILANNOTATIONS has.
 *
 * The header is a Python dictionary literal of three fixed keys; it is matched, never evaluated. Sizes are checked against
 * the file before anything is allocated. Rows of a C-ordered file can be read in place, so an array may be larger than
 * memory; a Fortran-ordered one is read whole and transposed.
 */
import { type FileHandle, open } from "node:fs/promises";
import { fileProblem, UserError } from "../../base/errors.js";
import { writeAtomically } from "../../base/files.js";
import { bytesOf, type DType, fromBytes, type NdArray, sizeOf, toBytes } from "./ndarray.js";

const MAGIC = "\x93NUMPY";
/** Far beyond any header NumPy writes for numeric data. */
const MAX_HEADER_BYTES = 1 << 16;

const TYPES: Record<string, DType> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
};

interface Header {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  readonly bigEndian: boolean;
  readonly dataOffsetBytes: number;
}

/** An open `.npy` file. */
export interface NpyFile {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Rows `start` (included) to `end` (excluded) along the first axis, in C order. */
  readRows(start: number, end: number): Promise<NdArray>;
  /** The sub-array at these leading indices: of a [unit, k, y, x] array, `readAt(3, 0)` is the [y, x] map of unit 3, rank 0. */
  readAt(...index: number[]): Promise<NdArray>;
  close(): Promise<void>;
}

/** Opens a `.npy` file and checks its header against its size. Errors: `UserError` for anything that is not a whole array. */
export async function openNpy(path: string): Promise<NpyFile> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fileProblem("reading", path, error);
  }
  try {
    const header = await readHeader(file, path);
    const { dtype, shape } = header;
    let whole: Promise<NdArray> | undefined; // of a Fortran-ordered file
    const block = async (start: number, blockShape: readonly number[]): Promise<NdArray> => {
      const count = sizeOf(blockShape);
      if (!header.fortranOrder || shape.length < 2)
        return { ...(await readBlock(file, path, header, start, count)), shape: blockShape };
      whole ??= readBlock(file, path, header, 0, sizeOf(shape)).then((flat) => toCOrder(flat, shape));
      const { data } = (await whole) as NdArray<"float64">; // stands for any: elements are only moved
      return { dtype, shape: blockShape, data: data.subarray(start, start + count) } as NdArray;
    };
    return {
      dtype,
      shape,
      readRows: (start, end) => block(start * sizeOf(shape.slice(1)), [end - start, ...shape.slice(1)]),
      readAt(...index) {
        const start = index.reduce((offset, i, axis) => offset + i * sizeOf(shape.slice(axis + 1)), 0);
        return block(start, shape.slice(index.length));
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a whole `.npy` file. A 0-d array has shape []. */
export async function readNpy(path: string): Promise<NdArray> {
  const file = await openNpy(path);
  try {
    return await file.readAt();
  } finally {
    await file.close();
  }
}

/** Writes an array atomically as `.npy` version 1, C order, little-endian. */
export async function writeNpy(path: string, array: NdArray): Promise<void> {
  await writeNpyRows(path, array.dtype, array.shape, [toBytes(array)]);
}

/**
 * Writes an array atomically from consecutive pieces, for arrays that never are in memory as a whole.
 * @param pieces raw little-endian bytes in C order; together they must fill `shape`.
 */
export async function writeNpyRows(
  path: string,
  dtype: DType,
  shape: readonly number[],
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeAtomically(path, async (file) => {
    await file.write(npyHeader(dtype, shape));
    let written = 0;
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      written += piece.length;
    }
    const expected = sizeOf(shape) * bytesOf(dtype);
    if (written !== expected) throw new Error(`writing ${path}: expected ${expected} bytes of data, got ${written}`);
  });
}

/** The header of a version 1 file; the data follow it, in C order and little-endian. */
export function npyHeader(dtype: DType, shape: readonly number[]): Buffer {
  const [code] = Object.entries(TYPES).find(([, name]) => name === dtype)!;
  const order = bytesOf(dtype) === 1 ? "|" : "<";
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${axes}), }`;
  const total = Math.ceil((10 + text.length + 1) / 64) * 64; // data starts on a 64-byte boundary
  const bytes = Buffer.alloc(total, " ", "latin1");
  bytes.write(`${MAGIC}\x01\x00`, 0, "latin1");
  bytes.writeUInt16LE(total - 10, 8);
  bytes.write(text, 10, "latin1");
  bytes.write("\n", total - 1, "latin1");
  return bytes;
}

async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const reject = (problem: string): never => {
    throw new UserError(`reading ${path}: ${problem}; expected a whole .npy file of numbers, write it again`);
  };
  const start = Buffer.alloc(12);
  const { bytesRead } = await file.read(start, 0, 12, 0);
  if (bytesRead < 12 || start.toString("latin1", 0, 6) !== MAGIC) reject("it is not a NumPy array");
  const version = start[6];
  if (version < 1 || version > 3) reject(`NumPy format version ${version} is unknown`);
  const prefix = version === 1 ? 10 : 12;
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const fileBytes = (await file.stat()).size;
  if (length > MAX_HEADER_BYTES || prefix + length > fileBytes) reject("its header is damaged");
  const raw = Buffer.alloc(length);
  await file.read(raw, 0, length, prefix);
  const text = raw.toString(version === 3 ? "utf8" : "latin1");

  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z]\d+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const axes = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text);
  if (!order || !axes) return reject("its header is damaged");
  const dtype = descr ? TYPES[descr[2]] : undefined;
  if (!descr || !dtype) return reject(`its element type ${/'descr'\s*:\s*(.{1,40}?),/.exec(text)?.[1]} is not numeric`);
  const shape = axes[1]
    .split(",")
    .map((axis) => axis.trim().replace(/L$/, ""))
    .filter(Boolean)
    .map(Number);
  const dataOffsetBytes = prefix + length;
  const expected = dataOffsetBytes + sizeOf(shape) * bytesOf(dtype);
  if (!Number.isSafeInteger(expected)) reject(`its shape (${shape}) is absurd`);
  if (fileBytes < expected) reject(`truncated: ${fileBytes} bytes of ${expected}`);
  return { dtype, shape, fortranOrder: order[1] === "True", bigEndian: descr[1] === ">", dataOffsetBytes };
}

/** Elements `start` to `start + count` of the file as a flat array. */
async function readBlock(
  file: FileHandle,
  path: string,
  header: Header,
  start: number,
  count: number,
): Promise<NdArray> {
  const width = bytesOf(header.dtype);
  const bytes = Buffer.from(new ArrayBuffer(count * width));
  const from = header.dataOffsetBytes + start * width;
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, 1 << 30), from + at);
    if (bytesRead === 0) throw new UserError(`reading ${path}: the file became shorter while it was read; run again`);
    at += bytesRead;
  }
  if (header.bigEndian && width === 2) bytes.swap16();
  if (header.bigEndian && width === 4) bytes.swap32();
  if (header.bigEndian && width === 8) bytes.swap64();
  return fromBytes(header.dtype, [count], bytes);
}

function toCOrder(flat: NdArray, shape: readonly number[]): NdArray {
  const source = flat.data as Float64Array; // stands for any typed array: elements are only moved
  const data = source.slice();
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let i = 0, from = 0; i < data.length; i++) {
    data[i] = source[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { dtype: flat.dtype, shape, data } as NdArray;
}
