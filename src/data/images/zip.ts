/**
 * Pictures in a zip archive, read where they lie: nothing is unpacked to disk. `yauzl` reads the central directory once;
 * of each picture only its position, sizes, method and checksum are kept, and a read costs two reads of the file.
 *
 * Whatever the directory claims is checked: data must lie within the file, a picture may unpack to no more than its stated size
 * (which is bounded), and its checksum must agree. Encrypted entries and rare methods are refused one by one.
 */
import * as zlib from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader } from "yauzl";
import { messageOf, UserError } from "../../base/errors.js";
import { ArchiveFile } from "./archive.js";
import { checkEncodedSize, DamagedImage, damaged, type ImageSet } from "./imageset.js";
import { Listing } from "./listing.js";

const STORED = 0;
const DEFLATED = 8;
/** Column value in place of the method of an encrypted entry; real methods are non-negative. */
const ENCRYPTED = -1;

const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER_SIGNATURE = 0x04034b50;
/** The central directory is read forwards in pieces of this size. */
const DIRECTORY_PIECE_BYTES = 1 << 18;

/** The pictures in a zip archive (zip64 included). Errors: `UserError` when its directory is damaged or holds no picture. */
export async function openZip(location: string): Promise<ImageSet> {
  const file = await ArchiveFile.open(location);
  try {
    return picturesIn(file, await list(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Columns = "offset" | "packedBytes" | "method" | "checksum";

async function list(file: ArchiveFile): Promise<Listing<Columns>> {
  const listing = new Listing<Columns>("offset", "packedBytes", "method", "checksum");
  try {
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };
    const zip = await fromRandomAccessReaderPromise(new Forwards(file), file.sizeBytes, options);
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry);
      if (name.endsWith("/")) continue; // a folder
      listing.add(name, {
        sizeBytes: entry.uncompressedSize,
        offset: entry.relativeOffsetOfLocalHeader,
        packedBytes: entry.compressedSize,
        method: entry.isEncrypted() ? ENCRYPTED : entry.compressionMethod,
        checksum: entry.crc32,
      });
    }
  } catch (error) {
    throw new UserError(
      `opening the images ${file.path}: its zip directory is damaged (${messageOf(error)}); ` +
        "expected a whole archive, copy or make it again",
      { cause: error },
    );
  }
  return listing;
}

function picturesIn(file: ArchiveFile, listing: Listing<Columns>): ImageSet {
  const { entries, ignored, fingerprint, columns } = listing.finish(file.path);
  return {
    location: file.path,
    entries,
    ignored,
    fingerprint,
    async read(index) {
      const name = `${file.path}/${entries[index].file}`;
      try {
        const bytes = await unpack(file, name, {
          sizeBytes: columns.sizeBytes[index],
          offset: columns.offset[index],
          packedBytes: columns.packedBytes[index],
          method: columns.method[index],
        });
        if (zlib.crc32 && zlib.crc32(bytes) !== columns.checksum[index]) throw new Error("its checksum is wrong"); // Node 20.15
        return bytes;
      } catch (error) {
        throw damaged(name, error);
      }
    },
    close: () => file.close(),
  };
}

interface Packed {
  readonly sizeBytes: number;
  readonly offset: number;
  readonly packedBytes: number;
  readonly method: number;
}

async function unpack(file: ArchiveFile, name: string, { sizeBytes, offset, packedBytes, method }: Packed) {
  if (method === ENCRYPTED)
    throw new DamagedImage(`reading ${name}: it is encrypted; make the archive without password`);
  if (method !== STORED && method !== DEFLATED) {
    throw new DamagedImage(`reading ${name}: compression method ${method}; expected stored or deflated, zip it again`);
  }
  checkEncodedSize(name, sizeBytes);
  const header = await file.read(offset, LOCAL_HEADER_BYTES);
  if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER_SIGNATURE) {
    throw new Error("the archive has no data where its directory says");
  }
  const start = offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = await file.read(start, packedBytes);
  if (packed.length < packedBytes) throw new Error("its data reach beyond the end of the archive");
  const bytes = method === STORED ? packed : await inflate(packed, sizeBytes);
  if (bytes.length !== sizeBytes) throw new Error(`expected ${sizeBytes} bytes, got ${bytes.length}`);
  return bytes;
}

/** Unpacks at most `sizeBytes`, whatever the data would expand to. */
function inflate(packed: Buffer, sizeBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.inflateRaw(packed, { maxOutputLength: Math.max(sizeBytes, 1) }, (error, bytes) => {
      if (error) reject(new Error(`it does not unpack to the ${sizeBytes} bytes stated (${messageOf(error)})`));
      else resolve(bytes);
    });
  });
}

/** Names are taken as they are, `..` included: they never become paths on disk. */
function nameOf(entry: Entry): string {
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
}

/** Lets `yauzl` read the directory through large pieces; by itself it makes two small reads per entry. */
class Forwards extends RandomAccessReader {
  readonly #file: ArchiveFile;

  constructor(file: ArchiveFile) {
    super();
    this.#file = file;
  }

  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.#file.scan(position, length, DIRECTORY_PIECE_BYTES).then((bytes) => {
      bytes.copy(into, offset);
      done(null, bytes.length);
    }, done);
  }
}
