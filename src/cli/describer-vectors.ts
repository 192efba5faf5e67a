/** Vectors of words for the commands that compare the words of descriptions. */
import { existsSync } from "node:fs";

/** Vectors of the words of a run's descriptions, and of some more: of a file, or of the describer that made them, or of the built-in one. */
export async function vectorsFor(folder: string, file: string | undefined, more: readonly string[] = []) {
  if (file !== undefined) {
    const { readWordVectors } = await import("../language/word-vectors.js");
    const { readDescriptions } = await import("../run/descriptions.js");
    const { wordsOf } = await import("../studies/analysis/criteria.js");
    const said = (await readDescriptions(folder)).flatMap(({ description }) => wordsOf(description));
    return readWordVectors(file, new Set([...more, ...said]));
  }
  const { readDescriptionsHeader } = await import("../run/descriptions.js");
  const { describerWordVectors } = await import("../describer/word-vectors.js");
  const { describerAt } = await import("../builtin/assets.js");
  const own = (await readDescriptionsHeader(folder))?.describer;
  return describerWordVectors(describerAt(own !== undefined && existsSync(own) ? own : undefined));
}
