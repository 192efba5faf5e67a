/** Identity of bytes: what a run directory and every cache record, so that stale results are refused. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileProblem } from "./errors.js";

/** SHA-256 of bytes or text, 64 hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a file of any size, read in pieces. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece);
  } catch (error) {
    throw fileProblem("reading", path, error);
  }
  return hash.digest("hex");
}
