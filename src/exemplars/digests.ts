/**
 * `exemplars.csv` of a run: the SHA-256 of every picture that won a place, so that evidence is never shown, nor described, with another picture than the one
 * the network saw. A probe set's fingerprint tells paths and sizes; contents it would have to read everything for.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { sha256 } from "../base/hash.js";
import { DamagedImage, type ImageSet } from "../data/images/imageset.js";
import type { Range } from "./state.js";

/** Where they are; of images whose maps one of several processes made, beside it until the run is finished. @param range of the images that won. */
export const digestsPath = (folder: string, range?: Range): string =>
  join(folder, range === undefined ? "exemplars.csv" : `exemplars-${range.from}-${range.to}.csv`);

export const isPartOfDigests = (name: string): boolean => /^exemplars-\d+-\d+\.csv$/.test(name);

/** Reads pictures once more and says what they are, by dataset id. Pixels of an array are told by the fingerprint, which is of its contents. */
export async function digestsOf(ids: Iterable<number>, read: ImageSet["read"]): Promise<Map<number, string>> {
  const digests = new Map<number, string>();
  for (const id of ids) {
    const bytes = await read(id);
    if (bytes instanceof Uint8Array) digests.set(id, sha256(bytes));
  }
  return digests;
}

export async function writeDigests(path: string, digests: ReadonlyMap<number, string>): Promise<void> {
  const rows = [...digests].sort(([a], [b]) => a - b);
  if (rows.length > 0) await writeFileAtomically(path, stringify([["id", "sha256"], ...rows]));
}

/** Digests by dataset id; none where there is no file. */
export async function readDigests(path: string): Promise<ReadonlyMap<number, string>> {
  if (!existsSync(path)) return new Map();
  try {
    const rows = parse(await readWhole("reading", path), { from: 2 }) as [string, string][];
    const digests = new Map(rows.map(([id, digest]) => [Number(id), digest]));
    if (rows.every(([id, digest]) => /^\d+$/.test(id) && /^[0-9a-f]{64}$/.test(digest))) return digests;
    throw new Error("rows that are no picture and its sum");
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`reading ${path}: it is damaged; delete it, or dissect again`, { cause: error });
  }
}

/** Refuses a picture that is not what it was. @param name for the message. */
export function expectSame(name: string, bytes: unknown, digest: string | undefined): void {
  if (digest === undefined || !(bytes instanceof Uint8Array) || sha256(bytes) === digest) return;
  throw new DamagedImage(
    `reading ${name}: it is another picture than the one that was dissected, of the same size in bytes; expected that one, put it back or dissect again`,
  );
}
