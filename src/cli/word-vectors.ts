/** Word vectors for commands that compare the words of descriptions. */
import { existsSync } from "node:fs";

/**
 * Vectors of the words of some runs' descriptions, and of some more: of a file, or of the describer that made the first run's, or of the built-in one.
 */
export async function vectorsFor(folders: readonly string[], file: string | undefined, more: readonly string[] = []) {
  const { readDescriptions, readDescriptionsHeader } = await import("../run/descriptions.js");
  if (file !== undefined) {
    const { readWordVectors } = await import("../language/word-vectors.js");
    const { wordsOf } = await import("../studies/analysis/criteria.js");
    const words = new Set(more);
    for (const folder of folders) {
      for (const { description } of await readDescriptions(folder))
        for (const word of wordsOf(description)) words.add(word);
    }
    return readWordVectors(file, words);
  }
  const { describerWordVectors } = await import("../describer/word-vectors.js");
  const { describerAt } = await import("../builtin/assets.js");
  const own = (await readDescriptionsHeader(folders[0]))?.describer;
  return describerWordVectors(describerAt(own !== undefined && existsSync(own) ? own : undefined));
}
