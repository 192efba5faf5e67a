/**
 * Words of the descriptions that a word of a query may be meant by: its synonyms and kinds by WordNet, and words with vectors near to its own.
 */
import { type Nouns, openNouns } from "../../language/wordnet/nouns.js";
import { cosine, type WordVectors } from "../../studies/analysis/criteria.js";
import { formsOf, type Nearness } from "./search.js";

const SAME_WEIGHT = 0.6;
const KIND_WEIGHT = 0.4;
const LEAST_COSINE = 0.55;
/** Of the cosine. */
const NEAR_WEIGHT = 0.5;
const MOST_NEAR = 20;

let nouns: Promise<Nouns> | undefined;

/** @param vocabulary words of the descriptions. @param vectors of them and of whatever may be asked for, if there are any. */
export async function nearnessBy(vocabulary: ReadonlySet<string>, vectors?: WordVectors): Promise<Nearness> {
  const { meaningsOf, kindsOf } = await (nouns ??= openNouns());
  const meant = (word: string) => formsOf(word).flatMap((form) => meaningsOf(form));
  const known = [...vocabulary].map((word) => {
    const own = meant(word);
    return { word, own: new Set(own), above: new Set(own.flatMap((meaning) => [...kindsOf(meaning)])) };
  });
  return (asked) => {
    const near = new Map<string, number>();
    const wanted = meant(asked);
    if (wanted.length > 0) {
      for (const { word, own, above } of known) {
        if (wanted.some((meaning) => own.has(meaning))) near.set(word, SAME_WEIGHT);
        else if (wanted.some((meaning) => above.has(meaning))) near.set(word, KIND_WEIGHT);
      }
    }
    for (const [word, likeness] of nearest(asked, vocabulary, vectors)) {
      near.set(word, Math.max(near.get(word) ?? 0, NEAR_WEIGHT * likeness));
    }
    near.delete(asked);
    return near;
  };
}

function nearest(asked: string, vocabulary: ReadonlySet<string>, vectors: WordVectors | undefined) {
  const own = vectors?.get(asked);
  if (!vectors || !own) return [];
  const found: [string, number][] = [];
  for (const word of vocabulary) {
    const other = vectors.get(word);
    const likeness = other ? cosine(own, other) : 0;
    if (likeness >= LEAST_COSINE) found.push([word, likeness]);
  }
  return found.sort((a, b) => b[1] - a[1]).slice(0, MOST_NEAR);
}
