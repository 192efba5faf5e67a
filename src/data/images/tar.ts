/**
 * Pictures in a tar archive, read where they lie. A tar has no directory: opening it visits every header once (one small
 * read per large picture, one large read for many small ones), then a picture costs one read.
 *
 * Long names in GNU and pax form are understood. Links, devices and sparse files are no pictures. A compressed tar cannot
 * be read in place.
 */
import { Header, Pax } from "tar";
import { UserError } from "../../base/errors.js";
import { ArchiveFile } from "./archive.js";
import { checkEncodedSize, DamagedImage, damaged, type ImageSet } from "./imageset.js";
import { Listing } from "./listing.js";

const BLOCK_BYTES = 512;
/** Extended headers hold names; larger ones are not honest. */
const MAX_EXTENSION_BYTES = 1 << 20;
/** After a file smaller than this the next header is likely to be near, so much is read at once. */
const SMALL_FILE_BYTES = 1 << 15;
const AHEAD_BYTES = 1 << 17;

const FILES = new Set(["File", "OldFile", "ContiguousFile"]);
const LONG_NAMES = new Set(["NextFileHasLongPath", "OldGnuLongPath"]);
const EXTENSIONS = new Set(["ExtendedHeader", "OldExtendedHeader", "GlobalExtendedHeader", "NextFileHasLongLinkpath"]);

/** The pictures in a tar archive. Errors: `UserError` when it is damaged, truncated or holds no picture. */
export async function openTar(location: string): Promise<ImageSet> {
  const file = await ArchiveFile.open(location);
  try {
    return picturesIn(file, await list(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function picturesIn(file: ArchiveFile, listing: Listing<"offset">): ImageSet {
  const { entries, ignored, fingerprint, columns } = listing.finish(file.path);
  return {
    location: file.path,
    entries,
    ignored,
    fingerprint,
    async read(index) {
      const name = `${file.path}/${entries[index].file}`;
      const sizeBytes = columns.sizeBytes[index];
      checkEncodedSize(name, sizeBytes);
      const bytes = await file.read(columns.offset[index], sizeBytes).catch((error) => {
        throw damaged(name, error);
      });
      if (bytes.length === sizeBytes) return bytes;
      throw new DamagedImage(`reading ${name}: the archive became shorter; copy it again`);
    },
    close: () => file.close(),
  };
}

/** A header; undefined for one with numbers that are none. */
export function headerIn(block: Buffer, next?: Pax, all?: Pax): Header | undefined {
  try {
    return new Header(block, 0, next, all);
  } catch {
    return undefined;
  }
}

async function list(file: ArchiveFile): Promise<Listing<"offset">> {
  const listing = new Listing<"offset">("offset");
  const reject = (problem: string, at: number) =>
    new UserError(
      `opening the images ${file.path}: ${problem} at byte ${at} of ${file.sizeBytes}; ` +
        "expected a whole tar archive, copy or make it again",
    );
  let next: Pax | undefined; // what extended headers say about the next file
  let all: Pax | undefined; // and about all that follow
  let aheadBytes = AHEAD_BYTES;
  for (let at = 0; at < file.sizeBytes; ) {
    const block = await file.scan(at, BLOCK_BYTES, aheadBytes);
    if (block.length < BLOCK_BYTES) throw reject("truncated within a header", at);
    const header = headerIn(block, next, all);
    if (header?.nullBlock) break;
    if (!header?.cksumValid) throw reject("the header is damaged", at);
    const start = at + BLOCK_BYTES;
    const sizeBytes = header.size ?? Number.NaN;
    if (!(start + sizeBytes <= file.sizeBytes)) throw reject(`${header.path} is truncated`, at);
    at = start + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
    aheadBytes = sizeBytes < SMALL_FILE_BYTES ? AHEAD_BYTES : BLOCK_BYTES;

    if (LONG_NAMES.has(header.type) || EXTENSIONS.has(header.type)) {
      if (sizeBytes > MAX_EXTENSION_BYTES) throw reject(`an extended header of ${sizeBytes} bytes`, at);
      const text = (await file.scan(start, sizeBytes, AHEAD_BYTES)).toString();
      if (LONG_NAMES.has(header.type)) next = new Pax({ ...next, path: text.replace(/\0.*/s, "") });
      else if (header.type === "GlobalExtendedHeader") all = Pax.parse(text, all, true);
      else if (header.type !== "NextFileHasLongLinkpath") next = Pax.parse(text, next);
      continue;
    }
    const path = next?.path ?? header.path ?? ""; // an extended name is whole; `Header` may prepend the old format's prefix
    if (FILES.has(header.type)) listing.add(path, { sizeBytes, offset: start });
    else if (header.type !== "Directory") listing.ignored++;
    next = undefined;
  }
  return listing;
}
