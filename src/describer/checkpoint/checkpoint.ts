/**
 * Reads checkpoints of the reference implementation (`.pth`, also gzipped): describers such as `milan-base.pth`, and language
 * models alone. A checkpoint is a zip archive with a pickle inside; no part of it is ever executed.
 *
 * The way of a file: `archive.ts` (zip) -> `pickle.ts` on `machine.ts` (opcodes) -> `names.ts` (the closed list) ->
 * `payload.ts` (properties) and `tensors.ts` (weights). Costs one pass over the weights that are kept; peak memory is about
 * the size of the file.
 */
import { UserError } from "../../base/errors.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { openArchive } from "./archive.js";
import { PickleError } from "./machine.js";
import { readPickle } from "./names.js";
import { type Properties, readProperties, readStateDict } from "./payload.js";
import { readTensors } from "./tensors.js";

/** A describer or a language model, and its weights by their names in the file, float32, in C order. */
export type Checkpoint = Properties & { readonly tensors: ReadonlyMap<string, NdArray<"float32">> };

/**
 * Reads a checkpoint.
 * @param keep which tensors to read, by name; default all. The others cost nothing.
 * Errors: `UserError`, one line, for anything that is not such a file; it names what the file is, or what it asked for.
 */
export async function readCheckpoint(path: string, keep: (name: string) => boolean = () => true): Promise<Checkpoint> {
  const archive = await openArchive(path);
  try {
    const byteOrder = archive.sizeBytes("byteorder") === undefined ? "little" : text(await archive.read("byteorder"));
    if (byteOrder !== "little") throw new PickleError(`its numbers are ${byteOrder}-endian`);
    const payload = readPickle(await archive.read("data.pkl"));
    const properties = readProperties(payload);
    const views = new Map([...readStateDict(payload)].filter(([name]) => keep(name)));
    return { ...properties, tensors: await readTensors(archive, views) };
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new UserError(`reading ${path}: ${error.message}; expected the checkpoint of a describer (.pth)`);
  } finally {
    await archive.close();
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 32)).toString("latin1").trim();
