/**
 * The language model inside the search: each token's log p(w | tokens before, E) loses λ log p(w | tokens before), so the
 * beam itself is led by pointwise mutual information instead of being reranked by it afterwards.
 *
 * Units write the same words, so the language model reads each distinct beginning once for all of them.
 */
import type { LanguageModel } from "../language-model.js";
import { type Prefix, rowsOf } from "../prefix.js";
import { Scratch } from "../scratch.js";
import type { Hypothesis, Prior } from "./beam.js";

/** The words of hypotheses, of whatever unit. */
interface Words extends Prefix {
  readonly children: Map<number, Words>;
}

const words = (token: number, previous: Prefix): Words => ({
  token,
  previous,
  state: new Float32Array(0),
  children: new Map(),
});

/** The language model as a prior for one search: it expects every hypothesis to continue one of the call before. */
export function languageModelPrior(model: LanguageModel, lambda: number, start: number): Prior {
  const root = words(start, model.origin());
  const scratch = new Scratch();
  const known = new WeakMap<Prefix, Words>();

  const wordsOf = (hypothesis: Hypothesis): Words => {
    const before = known.get(hypothesis.previous!);
    if (!before) return root;
    let found = before.children.get(hypothesis.token);
    if (!found) before.children.set(hypothesis.token, (found = words(hypothesis.token, before)));
    return found;
  };

  return {
    lambda,
    async rows(hypotheses) {
      const found = hypotheses.map(wordsOf);
      hypotheses.forEach((hypothesis, index) => {
        known.set(hypothesis, found[index]);
      });
      const distinct = [...new Set(found)];
      await model.read(distinct);
      const logp = rowsOf(await model.predict(distinct, scratch), distinct.length);
      const rows = new Map(distinct.map((at, index) => [at, logp[index]]));
      return found.map((at) => rows.get(at)!);
    },
  };
}
