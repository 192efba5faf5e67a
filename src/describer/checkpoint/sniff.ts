/**
 * What a file is, by its first bytes: so that a wrong file gets a sentence about what it is instead of a parser's complaint.
 */

/** How many bytes `whatIs` wants to see. */
export const SNIFF_BYTES = 32;

const latin1 = (text: string) => Buffer.from(text, "latin1");

const SIGNATURES: readonly (readonly [Buffer, string])[] = [
  [latin1("PK\x03\x04"), "a zip archive"],
  [latin1("\x1f\x8b"), "a gzip file"],
  [
    latin1("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"),
    "a file of PyTorch before 1.6, whose format is no longer written: load it there and save it again",
  ],
  [latin1("\x93NUMPY"), "a NumPy array"],
  [latin1("\x89HDF"), "an HDF5 file"],
  [latin1("version https://git-lfs"), "a Git LFS pointer: fetch the real file with `git lfs pull`"],
  [latin1("<!DOCTYPE"), "a web page: the download went wrong, fetch it again"],
  [latin1("<!doctype"), "a web page: the download went wrong, fetch it again"],
  [latin1("<html"), "a web page: the download went wrong, fetch it again"],
];

/** A noun phrase for the file that begins with `start`. */
export function whatIs(start: Uint8Array): string {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (bytes.length === 0) return "an empty file";
  for (const [signature, name] of SIGNATURES) {
    if (bytes.subarray(0, signature.length).equals(signature)) return name;
  }
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return "a bare Python pickle";
  if (bytes.length > 9 && bytes[8] === 0x7b && bytes.readUInt32LE(4) === 0) return "a safetensors file";
  return "something else";
}
