/** Word vectors for commands that compare words. */
import { existsSync } from "node:fs";

/** Vectors of some words: of a file, or of the describer that made the run's descriptions, or of the built-in one. */
export async function vectorsFor(folder: string, words: ReadonlySet<string>, file: string | undefined) {
  if (file !== undefined) {
    const { readWordVectors } = await import("../language/word-vectors.js");
    return readWordVectors(file, words);
  }
  const { readDescriptionsHeader } = await import("../run/descriptions.js");
  const { describerWordVectors } = await import("../describer/word-vectors.js");
  const { describerAt } = await import("../builtin/assets.js");
  const own = (await readDescriptionsHeader(folder))?.describer;
  return describerWordVectors(describerAt(own !== undefined && existsSync(own) ? own : undefined));
}
