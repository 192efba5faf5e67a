/**
 * BLEU (Papineni et al. 2002) as sacrebleu computes it: its 13a tokenisation, clipped n-gram counts up to 4, the closest
 * reference's length, and its smoothings; 0..100. What the paper stops training by and reports. Counts add up over texts, so a
 * corpus of any size is scored from the sum of its members' counts.
 */
import type { TextMetric } from "./metric.js";

/** What takes the place of a precision of zero. sacrebleu's default is `exp`: 1/2, 1/4, ... of a match. */
export type Smoothing = "exp" | "floor" | "add-k" | "none";

export interface BleuOptions {
  /** Default `exp`. */
  readonly smoothing?: Smoothing;
  /** For `floor` (default 0.1) and `add-k` (default 1). */
  readonly smoothValue?: number;
  /**
   * Count only the orders of n-grams there are: without it, a corpus without any candidate of four words scores 0; any other
   * scores the same. Default no, as in sacrebleu. `references`: those that the references have, so that a system cannot gain by
   * saying one word only; where people use four words, it is as without.
   */
  readonly effectiveOrder?: boolean | "references";
}

const ORDERS = 4;
/** Statistics: candidate length, closest reference length, matches of each order, n-grams of each order, references' n-grams. */
const [LENGTH, REFERENCE, MATCHES, TOTALS, REFERENCES] = [0, 1, 2, 2 + ORDERS, 2 + 2 * ORDERS];

/** Corpus BLEU. */
export function bleu(options: BleuOptions = {}): TextMetric {
  // controls are judged against the same references hundreds of times
  const known = new WeakMap<readonly string[], Allowed>();
  const allowedBy = (references: readonly string[]): Allowed => {
    const found = known.get(references) ?? allowed(references.map(tokenize13a));
    known.set(references, found);
    return found;
  };
  return {
    name: "BLEU",
    statistics: async (candidates, references) => {
      let last: { text: string; words: readonly string[] } | undefined;
      return candidates.map((text, i) => {
        if (last?.text !== text) last = { text, words: tokenize13a(text) };
        return count(last.words, allowedBy(references[i]));
      });
    },
    score: (sum) => precisionsAndScore(sum, options).score,
  };
}

/**
 * The score of summed statistics with its parts: precisions in per cent, and the brevity penalty. Without any word in common it is 0, as
 * since sacrebleu 2.0; before, smoothing gave such texts up to 18 of 100.
 */
export function precisionsAndScore(sum: Float64Array, options: BleuOptions = {}) {
  const { smoothing = "exp", effectiveOrder = false } = options;
  const k = options.smoothValue ?? (smoothing === "floor" ? 0.1 : 1);
  const precisions = new Array<number>(ORDERS).fill(0);
  let orders = ORDERS;
  if (effectiveOrder === "references") orders = sum.subarray(REFERENCES).findLastIndex((grams) => grams > 0) + 1;
  let factor = 1;
  for (let n = 0; n < ORDERS; n++) {
    const added = smoothing === "add-k" && n > 0 ? k : 0;
    const [matches, total] = [sum[MATCHES + n] + added, sum[TOTALS + n] + added];
    if (total === 0) break;
    if (effectiveOrder === true) orders = n + 1; // of the corpus: those it has any of
    if (matches > 0) precisions[n] = (100 * matches) / total;
    else if (smoothing === "exp") precisions[n] = 100 / ((factor *= 2) * total);
    else if (smoothing === "floor") precisions[n] = (100 * k) / total;
  }
  const [length, reference] = [sum[LENGTH], sum[REFERENCE]];
  const isMatched = sum.subarray(MATCHES, TOTALS).some((matches) => matches > 0);
  const brevity = length >= reference ? 1 : length > 0 ? Math.exp(1 - reference / length) : 0;
  const logs = precisions.slice(0, orders).map((p) => (p > 0 ? Math.log(p) : Number.NEGATIVE_INFINITY));
  const score = isMatched ? brevity * Math.exp(logs.reduce((a, b) => a + b, 0) / orders) : 0;
  return { score, precisions, brevity };
}

/** What a unit's references allow: their lengths, and how often each n-gram of each order. */
interface Allowed {
  readonly lengths: readonly number[];
  readonly grams: readonly ReadonlyMap<string, number>[];
}

function allowed(references: readonly (readonly string[])[]): Allowed {
  const grams = Array.from({ length: ORDERS }, (_, order) => {
    const most = new Map<string, number>();
    for (const reference of references) {
      for (const [gram, times] of ngrams(reference, order + 1)) most.set(gram, Math.max(times, most.get(gram) ?? 0));
    }
    return most;
  });
  return { lengths: references.map(({ length }) => length), grams };
}

function count(candidate: readonly string[], { lengths, grams }: Allowed): Float64Array {
  const statistics = new Float64Array(REFERENCES + ORDERS);
  const size = candidate.length;
  statistics[LENGTH] = size;
  statistics[REFERENCE] = lengths.reduce((best, n) => {
    const [distance, nearest] = [Math.abs(n - size), Math.abs(best - size)];
    return distance < nearest || (distance === nearest && n < best) ? n : best;
  });
  for (const [order, most] of grams.entries()) {
    for (const [gram, times] of ngrams(candidate, order + 1)) {
      statistics[MATCHES + order] += Math.min(times, most.get(gram) ?? 0);
      statistics[TOTALS + order] += times;
    }
    statistics[REFERENCES + order] = most.size;
  }
  return statistics;
}

/** How often each sequence of `n` words occurs; words hold no spaces. */
export function ngrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

const ENTITIES: readonly (readonly [string, string])[] = [
  ["&quot;", '"'],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
];

/** The tokenisation of mteval-v13a, language-independent part: punctuation stands apart, except within numbers. */
export function tokenize13a(text: string): string[] {
  let line = text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  if (line.includes("&")) for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  return ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ")
    .split(/\s+/)
    .filter(Boolean);
}
