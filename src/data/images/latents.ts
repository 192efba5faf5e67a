/**
 * Probe data for generators: instead of pictures, rows of arrays (latent vectors, class numbers, noise maps), one array
 * per network input. A dataset id is a row; the exemplar is the image generated from it (paper, section 3.1).
 */
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileProblem, UserError } from "../../base/errors.js";
import { sha256, sha256File } from "../../base/hash.js";
import { bytesOf, fromBytes, type NdArray, sizeOf, toBytes } from "../../engine/tensor/ndarray.js";
import { type NpyFile, openNpy } from "../../engine/tensor/npy.js";

/** An open set of latents. Close it when done. */
export interface LatentSet {
  /** Number of rows: the data set's size. */
  readonly length: number;
  /** Names of the inputs, sorted. */
  readonly inputs: readonly string[];
  /** SHA-256 over the names and contents of all arrays. */
  readonly fingerprint: string;
  /** The given rows of every input, in that order: [ids, ...rest], dtype as in the file. Errors: an id out of range. */
  feeds(ids: ArrayLike<number>): Promise<Record<string, NdArray>>;
  close(): Promise<void>;
}

/**
 * Opens latents. Opening reads every file once, for the fingerprint.
 * @param source a `.npy` file, a folder of them (a file's name without `.npy` is the input's name), or paths by input name.
 * Errors: `UserError` when there is none, or their lengths differ.
 */
export async function openLatents(source: string | Readonly<Record<string, string>>): Promise<LatentSet> {
  const paths = typeof source === "string" ? await pathsAt(source) : source;
  const inputs = Object.keys(paths).sort();
  const files: Record<string, NpyFile> = {};
  const close = async () => {
    for (const file of Object.values(files)) await file.close();
  };
  try {
    const facts: string[] = [];
    for (const name of inputs) {
      files[name] = await openNpy(paths[name]);
      facts.push(`${name}\0${await sha256File(paths[name])}\n`);
    }
    return {
      length: commonLength(files, paths),
      inputs,
      fingerprint: sha256(facts.join("")),
      async feeds(ids) {
        const feeds: Record<string, NdArray> = {};
        for (const name of inputs) feeds[name] = await gather(files[name], ids);
        return feeds;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function pathsAt(location: string): Promise<Record<string, string>> {
  const isArray = (name: string) => name.endsWith(".npy") && !name.startsWith(".");
  let names: string[];
  try {
    if (!(await stat(location)).isDirectory()) return { [basename(location, extname(location))]: location };
    names = (await readdir(location)).filter(isArray);
  } catch (error) {
    throw fileProblem("opening the latents", location, error);
  }
  return Object.fromEntries(names.map((name) => [basename(name, ".npy"), join(location, name)]));
}

function commonLength(files: Readonly<Record<string, NpyFile>>, paths: Readonly<Record<string, string>>): number {
  const lengths = Object.entries(files).map(([name, file]) => [name, file.shape[0] ?? 0] as const);
  if (lengths.length === 0) {
    throw new UserError("opening the latents: no .npy file; expected one per network input, named after it");
  }
  const [, length] = lengths[0];
  if (lengths.some(([, other]) => other !== length)) {
    const found = lengths.map(([name, count]) => `${name} ${count}`).join(", ");
    throw new UserError(`opening the latents: expected as many rows for every input, got ${found}; make them equal`);
  }
  if (length === 0) {
    throw new UserError(
      `opening the latents ${Object.values(paths).join(", ")}: no rows; expected [n, ...], write it again`,
    );
  }
  return length;
}

/** The given rows. Rows that follow each other are read at once. */
async function gather(file: NpyFile, ids: ArrayLike<number>): Promise<NdArray> {
  const [length, ...rest] = file.shape;
  const rowBytes = sizeOf(rest) * bytesOf(file.dtype);
  const bytes = new Uint8Array(ids.length * rowBytes);
  for (let i = 0, end = 0; i < ids.length; i = end) {
    end = i + 1;
    while (end < ids.length && ids[end] === ids[end - 1] + 1) end++;
    if (!(ids[i] >= 0 && ids[end - 1] < length)) {
      throw new UserError(`reading latents: row ${ids[end - 1]}; expected 0 to ${length - 1}`);
    }
    bytes.set(toBytes(await file.readRows(ids[i], ids[end - 1] + 1)), i * rowBytes);
  }
  return fromBytes(file.dtype, [ids.length, ...rest], bytes);
}
