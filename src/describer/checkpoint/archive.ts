/**
 * The container of a checkpoint: a zip archive whose entries are stored as they are, under one root folder.
 *
 * The central directory is read through yauzl, the entries by position, so a file of any size costs only what is asked for.
 * Whatever `torch.save` never writes is refused: compressed, encrypted, repeated or overlapping entries. Hence the
 * bytes of all entries together are never more than the file.
 *
 * A gzipped checkpoint is unpacked in memory, to at most `GZIP_RATIO` times its size.
 */
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import zlib from "node:zlib";
import yauzl from "yauzl";
import { codeOf, fileProblem, messageOf, UserError } from "../../base/errors.js";
import { SNIFF_BYTES, whatIs } from "./sniff.js";

/** Weights hardly compress at all; coarsely rounded ones shrink to a fourth. */
const GZIP_RATIO = 24;
/** A ResNet-152 describer has about a thousand. */
const MAX_ENTRIES = 100_000;

/** An open checkpoint container. */
export interface Archive {
  /** Size of an entry under the root folder, or undefined when there is none of that name. */
  sizeBytes(name: string): number | undefined;
  /** The bytes of an entry, checked against their checksum. */
  read(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens `path`. Errors: `UserError` saying in one line what the file is instead of a checkpoint. */
export async function openArchive(path: string): Promise<Archive> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fileProblem("reading", path, error);
  }
  try {
    return await readDirectory(path, await openSource(path, file));
  } catch (error) {
    await file.close();
    throw fileProblem("reading", path, error);
  }
}

/** Bytes that can be read at any position. */
interface Source {
  readonly sizeBytes: number;
  openZip(): Promise<yauzl.ZipFile>;
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function openSource(path: string, file: FileHandle): Promise<Source> {
  const start = Buffer.alloc(SNIFF_BYTES);
  const { bytesRead } = await file.read(start, 0, SNIFF_BYTES, 0);
  let what = whatIs(start.subarray(0, bytesRead));
  if (what === "a gzip file") {
    const bytes = await unzipped(path, await file.readFile());
    what = whatIs(bytes.subarray(0, SNIFF_BYTES));
    if (what === "a zip archive") return memorySource(bytes, file);
    what = `gzipped, and inside is ${what}`;
  } else if (what === "a zip archive") {
    return fileSource(file, (await file.stat()).size);
  }
  throw new UserError(`reading ${path}: it is ${what}; expected a checkpoint as torch.save writes it (.pth)`);
}

async function unzipped(path: string, bytes: Buffer): Promise<Buffer> {
  const limit = Math.min(bytes.length * GZIP_RATIO + (1 << 20), 2 ** 32 - 1);
  try {
    return await promisify(zlib.gunzip)(bytes, { maxOutputLength: limit });
  } catch (error) {
    const problem =
      codeOf(error) === "ERR_BUFFER_TOO_LARGE"
        ? `it unpacks to more than ${limit} bytes; expected a checkpoint, if it is one gunzip it first`
        : `the gzip file is damaged or truncated (${messageOf(error)}); expected a whole one, fetch it again`;
    throw new UserError(`reading ${path}: ${problem}`, { cause: error });
  }
}

function memorySource(bytes: Buffer, file: FileHandle): Source {
  return {
    sizeBytes: bytes.length,
    openZip: () => yauzl.fromBufferPromise(bytes),
    read: async (position, length) => bytes.subarray(position, position + length),
    close: () => file.close(),
  };
}

function fileSource(file: FileHandle, sizeBytes: number): Source {
  return {
    sizeBytes,
    openZip: () => yauzl.fromFdPromise(file.fd, { autoClose: false }),
    async read(position, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(length - at, 1 << 30), position + at);
        if (bytesRead === 0) return bytes.subarray(0, at);
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

async function readDirectory(path: string, source: Source): Promise<Archive> {
  const reject = (problem: string): never => {
    throw new UserError(`reading ${path}: ${problem}; expected a checkpoint as torch.save writes it (.pth)`);
  };
  const entries = new Map<string, yauzl.Entry>();
  let zip: yauzl.ZipFile;
  try {
    zip = await source.openZip();
    if (zip.entryCount > MAX_ENTRIES) reject(`its directory claims ${zip.entryCount} entries`);
    let totalBytes = 0;
    for await (const entry of zip.eachEntry()) {
      const name = JSON.stringify(entry.fileName);
      if (entries.has(entry.fileName)) reject(`its entry ${name} appears twice`);
      if (entry.isEncrypted()) reject(`its entry ${name} is encrypted`);
      if (entry.compressionMethod !== 0) reject(`its entry ${name} is compressed`);
      totalBytes += entry.uncompressedSize;
      if (totalBytes > source.sizeBytes) reject("its entries overlap or are longer than the file");
      entries.set(entry.fileName, entry);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    return reject(`the zip archive is damaged or truncated (${messageOf(error)})`);
  }
  const main = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (main.length !== 1) reject("it is a zip archive without a `data.pkl`");
  const root = main[0].slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`)) reject("it is a TorchScript program");

  return {
    sizeBytes: (name) => entries.get(root + name)?.uncompressedSize,
    async read(name) {
      const entry = entries.get(root + name);
      if (!entry) return reject(`its entry ${JSON.stringify(name)} is missing`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch((error) => {
        return reject(`its entry ${JSON.stringify(name)} is damaged (${messageOf(error)})`);
      });
      const bytes = await source.read(fileDataStart, entry.uncompressedSize);
      if (bytes.length !== entry.uncompressedSize) reject(`it ends within its entry ${JSON.stringify(name)}`);
      if (zlib.crc32(bytes) !== entry.crc32) {
        reject(`its entry ${JSON.stringify(name)} is damaged (its checksum does not fit)`);
      }
      return bytes;
    },
    close: () => source.close(),
  };
}
