/**
 * log p(d) of whole captions, by which the paper's search reranks the beam of p(d | E) (section 3.2).
 */
import type { LanguageModel } from "../language-model.js";
import { Scratch } from "../scratch.js";
import { collect, PrefixTree, type TreeNode } from "./prefix-tree.js";

/** Beginnings predicted together: 5 MB of log-probabilities at a vocabulary of 5,000. */
const PREDICTED_TOGETHER = 256;

/**
 * log p of every token of every sequence given the tokens before it.
 * @param sequences tokens without `<start>`, as far as they are to be counted.
 */
export async function wordLogps(
  model: LanguageModel,
  start: number,
  sequences: readonly (readonly number[])[],
): Promise<number[][]> {
  const tree = new PrefixTree([model.origin()], start);
  const paths = sequences.map((tokens) => tree.add(0, tokens));
  const scratch = new Scratch();
  let waiting: TreeNode[] = [];
  const predict = async () => {
    if (waiting.length > 0) collect(waiting, await model.predict(waiting, scratch));
    waiting = [];
  };
  for (const level of tree.levels()) {
    await model.read(level);
    for (const at of level) {
      waiting.push(at);
      if (waiting.length === PREDICTED_TOGETHER) await predict();
    }
  }
  await predict();
  return paths.map((path, s) => path.map((at, index) => at.targets.get(sequences[s][index])!));
}

/**
 * What the reference counts of a caption: everything up to the first `<stop>`, and one `<stop>` more if the longest beam of
 * the batch, `columns` tokens, has room for it. A caption's score thus depends on the units decoded beside it.
 */
export function countedByReference(tokens: readonly number[], stop: number, columns: number): readonly number[] {
  return tokens.at(-1) === stop && tokens.length < columns ? [...tokens, stop] : tokens;
}
