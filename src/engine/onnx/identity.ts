/** Which model it is: what runs and caches record. */
import { sha256, sha256File } from "../../base/hash.js";
import { isExternal, locate } from "./external.js";
import type { OnnxModel } from "./model.js";
import { tensorsOf } from "./proto.js";

/** The file that a model was read from, and after it those of its external data, sorted. Errors: see `locate`. */
export async function filesOf(model: OnnxModel): Promise<string[]> {
  const ranges = await locate(model, tensorsOf(model.proto).filter(isExternal));
  const data = new Set([...ranges.values()].map(({ path }) => path));
  return [...(model.path === undefined ? [] : [model.path]), ...[...data].sort()];
}

/** SHA-256 of a file, or of the digests of several, in their order. Reads all of them once, a few seconds a gigabyte. */
export async function identityOf(files: readonly string[]): Promise<string> {
  const digests: string[] = [];
  // one after the other: exporters give each large tensor a file of its own, and a process may not open a thousand
  for (const file of files) digests.push(await sha256File(file));
  return digests.length === 1 ? digests[0] : sha256(digests.join("\n"));
}
