/**
 * The safetensors format: a JSON header of names, dtypes, shapes and byte ranges, then the raw bytes. The header is checked
 * before any tensor is read: its length against the file, every range against its shape, and all ranges together against
 * the data, which they must fill without gaps or overlaps. Tensors are read one by one, so opening a large file is cheap.
 */
import { type FileHandle, open } from "node:fs/promises";
import { fileProblem, UserError } from "../../base/errors.js";
import { writeAtomically } from "../../base/files.js";
import { parseJson } from "../../base/json.js";
import { widenBfloat16 } from "./bfloat16.js";
import { bytesOf, type DType, fromBytes, type NdArray, sizeOf, toBytes } from "./ndarray.js";

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

const DTYPE_NAMES = {
  bool: "BOOL",
  uint8: "U8",
  int8: "I8",
  uint16: "U16",
  int16: "I16",
  float16: "F16",
  uint32: "U32",
  int32: "I32",
  float32: "F32",
  uint64: "U64",
  int64: "I64",
  float64: "F64",
} as const satisfies Record<DType, string>;

const DTYPE_OF_NAME = new Map(Object.entries(DTYPE_NAMES).map(([dtype, name]) => [name as string, dtype as DType]));

interface Entry {
  /** As stored; `BF16` is not among ours and is read as float32. */
  readonly dtype: DType | "bfloat16";
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** An open file. */
export interface SafetensorsFile {
  /** Names, in the order of their data. */
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads one tensor; bfloat16 becomes float32. Errors: `UserError` for a name that is not there. */
  read(name: string): Promise<NdArray>;
  /** Reads rows `start` (included) to `end` (excluded) of one tensor. Errors: likewise; not for bfloat16. */
  readRows(name: string, start: number, end: number): Promise<NdArray>;
  close(): Promise<void>;
}

/** Opens a file and checks its header. Errors: `UserError` for anything that is not a whole safetensors file. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fileProblem("reading", path, error);
  }
  try {
    const { entries, metadata, dataOffsetBytes } = await readHeader(file, path);
    const entryOf = (name: string) => {
      const entry = entries.get(name);
      if (entry) return entry;
      throw new UserError(`reading ${path}: it has no tensor \`${name}\`; expected one, write it again`);
    };
    return {
      names: [...entries.keys()],
      metadata,
      async readRows(name, start, end) {
        const { begin, dtype, shape } = entryOf(name);
        const rowBytes = sizeOf(shape.slice(1)) * bytesOf(dtype as DType);
        const bytes = await readAt(file, path, dataOffsetBytes + begin + start * rowBytes, (end - start) * rowBytes);
        return fromBytes(dtype as DType, [end - start, ...shape.slice(1)], bytes);
      },
      async read(name) {
        const entry = entryOf(name);
        const bytes = await readAt(file, path, dataOffsetBytes + entry.begin, entry.end - entry.begin);
        if (entry.dtype !== "bfloat16") return fromBytes(entry.dtype, entry.shape, bytes);
        return widenBfloat16(fromBytes("uint16", entry.shape, bytes));
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw fileProblem("reading", path, error);
  }
}

/** Reads a whole file. */
export async function readSafetensors(path: string): Promise<Map<string, NdArray>> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, NdArray>();
    for (const name of file.names) tensors.set(name, await file.read(name));
    return tensors;
  } finally {
    await file.close();
  }
}

/** An array that is made only when its turn to be written has come, so that many need not be in memory at once. */
export interface Later {
  readonly dtype: DType;
  readonly shape: readonly number[];
  make(): NdArray;
}

/**
 * Writes a file atomically. Tensors keep their order except that wider elements come first, so that all are aligned.
 * @param metadata texts for the header's `__metadata__`.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NdArray | Later>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = [...tensors].sort(([, a], [, b]) => bytesOf(b.dtype) - bytesOf(a.dtype));
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let end = 0;
  for (const [name, array] of ordered) {
    const begin = end;
    end += sizeOf(array.shape) * bytesOf(array.dtype);
    header.push([name, { dtype: DTYPE_NAMES[array.dtype], shape: array.shape, data_offsets: [begin, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  await writeAtomically(path, async (file) => {
    await file.writeFile(padded);
    for (const [, array] of ordered) await file.writeFile(toBytes("make" in array ? array.make() : array));
  });
}

interface Header {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly dataOffsetBytes: number;
}

async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const reject = (problem: string): never => {
    throw new UserError(`reading ${path}: ${problem}; expected a whole safetensors file, fetch or write it again`);
  };
  const fileBytes = (await file.stat()).size;
  if (fileBytes < 8) reject(`it has ${fileBytes} bytes`);
  const length = Number(Buffer.from(await readAt(file, path, 0, 8)).readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || length > fileBytes - 8) {
    reject(`its header of ${length} bytes is absurd or the file is truncated`);
  }
  let json: unknown;
  try {
    json = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(await readAt(file, path, 8, length)));
  } catch {
    return reject("its header is not JSON");
  }
  if (!isRecord(json)) return reject("its header is not a JSON object");
  const { __metadata__: metadata = {}, ...tensors } = json;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    return reject("its metadata are not texts");
  }
  const entries = Object.entries(tensors).map(([name, value]): [string, Entry] => [
    name,
    readEntry(value) ?? reject(`its tensor ${JSON.stringify(name)} has an unknown type or a wrong size`),
  ]);
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, entry] of entries) {
    if (entry.begin !== end) reject(`its tensor ${JSON.stringify(name)} leaves a gap or overlaps another`);
    end = entry.end;
  }
  const dataBytes = fileBytes - 8 - length;
  if (end !== dataBytes) reject(`it holds ${dataBytes} bytes of data instead of ${end}`);
  return { entries: new Map(entries), metadata: metadata as Record<string, string>, dataOffsetBytes: 8 + length };
}

function readEntry(value: unknown): Entry | undefined {
  if (!isRecord(value)) return undefined;
  const { dtype: name, shape, data_offsets: offsets } = value;
  const dtype = name === "BF16" ? "bfloat16" : DTYPE_OF_NAME.get(name as string);
  if (!dtype || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return undefined;
  const [begin, end] = offsets;
  const width = dtype === "bfloat16" ? 2 : bytesOf(dtype);
  return end - begin === sizeOf(shape) * width ? { dtype, shape, begin, end } : undefined;
}

async function readAt(file: FileHandle, path: string, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(length - at, 1 << 30), position + at);
    if (bytesRead === 0) throw new UserError(`reading ${path}: the file became shorter while it was read; run again`);
    at += bytesRead;
  }
  return bytes;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
