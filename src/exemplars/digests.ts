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

const FILE = "exemplars.csv";

/** Reads pictures once more and writes down what they are. @param ids dataset ids. */
export async function writeDigests(folder: string, ids: ArrayLike<number>, read: ImageSet["read"]): Promise<void> {
  const rows: (string | number)[][] = [["id", "sha256"]];
  for (let i = 0; i < ids.length; i++) {
    const bytes = await read(ids[i]);
    if (bytes instanceof Uint8Array) rows.push([ids[i], sha256(bytes)]);
  }
  // pixels of an array are told by the fingerprint, which is of its contents
  if (rows.length > 1) await writeFileAtomically(join(folder, FILE), stringify(rows));
}

/** Digests by dataset id; none in runs that have none. */
export async function readDigests(folder: string): Promise<ReadonlyMap<number, string>> {
  const path = join(folder, FILE);
  if (!existsSync(path)) return new Map();
  try {
    const rows = parse(await readWhole("reading", path), { from: 2 }) as [string, string][];
    return new Map(rows.map(([id, digest]) => [Number(id), digest]));
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
