/**
 * What a probe data set is to the rest of Milan: an ordered list of pictures that can be read in any order, whatever they
 * lie in. The position of a picture in `entries` is its dataset id, the number that `ids.csv` records (paper, section 3.1:
 * exemplars are chosen from such a set).
 */
import { codeOf, fileProblem, messageOf, UserError } from "../../base/errors.js";

/** One picture of a probe set. */
export interface ProbeEntry {
  /** Its path below the set's location, parts separated by `/`; for arrays `name.npy[row]`. */
  readonly file: string;
  /** Its class: the first folder in which the set's paths differ, as in ImageFolder; undefined in a flat set. */
  readonly label: string | undefined;
}

/** A picture that needs no decoding: uint8 [height, width, channels], grey or RGB, 0..255. */
export interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** A probe set of pictures. Close it when done. */
export interface ImageSet {
  /** The path it was opened from. */
  readonly location: string;
  /** Sorted by path (code units; arrays: by row). The index is the dataset id. */
  readonly entries: readonly ProbeEntry[];
  /** How many files lie there that are no pictures by their names, or are hidden, links out of reach or double names. */
  readonly ignored: number;
  /**
   * SHA-256 that identifies the set wherever it lies. Of files: every path and size in bytes, so a folder and an archive
   * of it agree; not their contents, which would mean reading everything. Of an array: shape, dtype and contents.
   */
  readonly fingerprint: string;
  /**
   * The encoded bytes, or pixels, of one picture. Rejects with `DamagedImage` when that picture, and only that one,
   * cannot be had; any other rejection concerns the whole set.
   */
  read(index: number): Promise<Uint8Array | RawPixels>;
  close(): Promise<void>;
}

/** One picture cannot be used; the message names it. The rest of the set is unaffected. */
export class DamagedImage extends UserError {}

/** Encoded pictures beyond this size are refused before they are read: 256 MiB, some fifty times a large photograph. */
export const MAX_ENCODED_BYTES = 2 ** 28;

/** Refuses a picture whose file is absurdly large. */
export function checkEncodedSize(name: string, sizeBytes: number): void {
  if (sizeBytes <= MAX_ENCODED_BYTES) return;
  throw new DamagedImage(
    `reading ${name}: it has ${sizeBytes} bytes; expected at most ${MAX_ENCODED_BYTES}, shrink it`,
  );
}

/** Running out of file handles says nothing about the picture that happened to be next. */
const NOT_THE_PICTURES_FAULT = new Set(["EMFILE", "ENFILE", "ENOMEM", "EBADF"]);

/** Turns a failure to read one picture into `DamagedImage`, unless something larger is wrong. */
export function damaged(name: string, thrown: unknown): unknown {
  if (thrown instanceof DamagedImage) return thrown;
  const problem = fileProblem("reading", name, thrown);
  if (NOT_THE_PICTURES_FAULT.has(codeOf(thrown) ?? "")) return problem;
  const message = problem instanceof UserError ? problem.message : `reading ${name}: ${messageOf(thrown)}`;
  return new DamagedImage(message, { cause: thrown });
}
