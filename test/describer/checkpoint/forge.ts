/** Makes checkpoints byte by byte: valid small ones, and ones that no honest program writes. */
import { crc32 } from "node:zlib";

/** Opcodes to be inserted as they are. */
export const raw = (...parts: (string | number[] | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** The opcodes of a value: objects become dictionaries, arrays tuples, buffers are inserted as they are. */
export function encode(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value === null || value === undefined) return raw("N");
  if (typeof value === "boolean") return raw([value ? 0x88 : 0x89]);
  if (typeof value === "string") return raw("X", int32(Buffer.byteLength(value)), Buffer.from(value));
  if (Array.isArray(value)) return raw("(", ...value.map(encode), "t");
  if (typeof value === "object") return raw("}(", ...Object.entries(value).flat().map(encode), "u");
  if (Number.isInteger(value)) return raw("J", int32(value as number));
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value as number);
  return raw("G", bytes);
}

/** A whole pickle. */
export const pickle = (value: unknown): Buffer => raw([0x80, 2], encode(value), ".");

/** A call of `module.name` (GLOBAL, arguments, REDUCE). */
export const call = (module: string, name: string, ...args: unknown[]): Buffer =>
  raw(`c${module}\n${name}\n`, encode(args), "R");

/** A tensor over storage `key`. */
export const tensor = (
  key: string,
  shape: number[],
  strides: number[],
  { offset = 0, length = 4, storage = "FloatStorage" } = {},
): Buffer => {
  const id = raw(encode(["storage", raw(`ctorch\n${storage}\n`), key, "cpu", length]), "Q");
  return call("torch._utils", "_rebuild_tensor_v2", id, offset, shape, strides, false, null);
};

const indexer = (nlp: unknown) => ({
  properties: {
    vocab: { properties: { tokens: ["red", "dog"] }, children: {} },
    tokenize: {
      properties: { nlp, lemmatize: false, lowercase: true, ignore_stop: false, ignore_punct: false },
      children: {},
    },
    start: true,
    stop: true,
    pad: true,
    unk: true,
    length: null,
  },
  children: {},
});

/** The payload of a language model whose tensors and tokenizer data are as given. */
export const languageModel = (stateDict: unknown, changes: Record<string, unknown> = {}) => ({
  properties: {
    indexer: indexer(changes.nlp),
    embedding_size: 2,
    hidden_size: 2,
    layers: 1,
    dropout: 0.5,
    ...changes,
  },
  children: {},
  state_dict: stateDict,
});

/** What the central directory says of an entry, where it does not tell the truth. */
export interface Lies {
  method?: number;
  flags?: number;
  compressedBytes?: number;
  sizeBytes?: number;
  offset?: number;
}

/** A zip archive of entries stored under `model/`. */
export function zip(entries: readonly (readonly [string, Uint8Array, Lies?])[]): Buffer {
  const header = (signature: number, width: number) => {
    const bytes = Buffer.alloc(width);
    bytes.writeUInt32LE(signature);
    return bytes;
  };
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data, lies = {}] of entries) {
    const path = Buffer.from(`model/${name}`);
    const local = header(0x04034b50, 30);
    local.writeUInt16LE(path.length & 0xffff, 26);
    const central = header(0x02014b50, 46);
    central.writeUInt16LE(lies.flags ?? 0, 8);
    central.writeUInt16LE(lies.method ?? 0, 10);
    central.writeUInt32LE(crc32(data), 16);
    central.writeUInt32LE(lies.compressedBytes ?? data.length, 20);
    central.writeUInt32LE(lies.sizeBytes ?? data.length, 24);
    central.writeUInt16LE(path.length & 0xffff, 28);
    central.writeUInt32LE(lies.offset ?? offset, 42);
    bodies.push(local, path, Buffer.from(data));
    directory.push(central, path);
    offset += local.length + path.length + data.length;
  }
  const end = header(0x06054b50, 22);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

/** Four float32 numbers 1 2 3 4. */
export const NUMBERS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** The bytes of a checkpoint with this pickle and one storage, `0`. */
export const checkpointBytes = (data: Uint8Array, storage: Uint8Array = NUMBERS): Buffer =>
  zip([
    ["data.pkl", data],
    ["data/0", storage],
    ["version", Buffer.from("3\n")],
  ]);
