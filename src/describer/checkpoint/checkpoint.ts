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
import { readSafetensors } from "../../engine/tensor/safetensors.js";
import { type Archive, openArchive } from "./archive.js";
import { PickleError } from "./machine.js";
import { readPickle } from "./names.js";
import { type Properties, readProperties, readStateDict } from "./payload.js";
import { TensorView } from "./storage.js";
import { readTensors } from "./tensors.js";

/** A describer or a language model, and its weights by their names in the file, float32, in C order. */
export type Checkpoint = Properties & { readonly tensors: ReadonlyMap<string, NdArray<"float32">> };

/**
 * Reads a checkpoint.
 * @param keep which tensors to read, by name; default all. The others cost nothing.
 * Errors: `UserError`, one line, for anything that is not such a file; it names what the file is, or what it asked for.
 */
export function readCheckpoint(path: string, keep: (name: string) => boolean = () => true): Promise<Checkpoint> {
  return unpickled(path, "the checkpoint of a describer (.pth)", async (payload, archive) => {
    const properties = readProperties(payload);
    const views = new Map([...readStateDict(payload)].filter(([name]) => keep(name)));
    return { ...properties, tensors: await readTensors(archive, views) };
  });
}

/**
 * Reads a state dictionary as torchvision publishes them (`.pth`, or `.safetensors`): weights by name, float32. One inside of a
 * dictionary, under `state_dict` or `model`, is found; `module.` before all names, which parallel training leaves, is taken off.
 * Errors: `UserError` as above.
 */
export async function readWeights(path: string): Promise<Map<string, NdArray>> {
  if (path.endsWith(".safetensors")) return readSafetensors(path);
  return unpickled(path, "a state dictionary (.pth or .safetensors)", async (payload, archive) => {
    const views = viewsIn(payload);
    if (views.size === 0) throw new PickleError("it holds no weights by name");
    const tensors = await readTensors(archive, views);
    const isParallel = [...tensors.keys()].every((name) => name.startsWith("module."));
    return new Map([...tensors].map(([name, array]) => [isParallel ? name.slice("module.".length) : name, array]));
  });
}

/** The tensors of a dictionary, or of the one inside of it. */
function viewsIn(payload: unknown): Map<string, TensorView> {
  if (!(payload instanceof Map)) return new Map();
  const inner = payload.get("state_dict") ?? payload.get("model");
  if (inner instanceof Map) return viewsIn(inner);
  const tensors = [...payload].filter(([name, value]) => typeof name === "string" && value instanceof TensorView);
  return new Map(tensors as [string, TensorView][]);
}

/** What `use` makes of the pickle in an archive. */
async function unpickled<T>(
  path: string,
  expected: string,
  use: (payload: ReturnType<typeof readPickle>, archive: Archive) => Promise<T>,
): Promise<T> {
  const archive = await openArchive(path);
  try {
    const byteOrder = archive.sizeBytes("byteorder") === undefined ? "little" : text(await archive.read("byteorder"));
    if (byteOrder !== "little") throw new PickleError(`its numbers are ${byteOrder}-endian`);
    return await use(readPickle(await archive.read("data.pkl")), archive);
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
    throw new UserError(`reading ${path}: ${error.message}; expected ${expected}`);
  } finally {
    await archive.close();
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 32)).toString("latin1").trim();
