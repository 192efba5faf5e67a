/**
 * Language models without a network, as baselines that one with a network must beat on the same words: single words, and trigrams
 * with modified Kneser-Ney smoothing, interpolated (Chen and Goodman 1999). Both over a closed vocabulary of numbered tokens, the
 * end of a sequence being one of them. Training counts each sequence once; memory grows with the number of distinct trigrams.
 */

/** p(token | the two tokens before it). */
export interface NgramModel {
  /** Natural logarithm. @param context the tokens before; of a sequence that has just begun, `BEGIN` twice. */
  logp(context: readonly number[], token: number): number;
}

/** Stands before the first token; it is no token itself and never predicted. */
export const BEGIN = -1;

export interface NgramOptions {
  /** Number of tokens, special ones included. */
  readonly vocabulary: number;
}

/** Perplexity per token of sequences that end with their own stop token. */
export function perplexityOf(model: NgramModel, sequences: readonly (readonly number[])[]): number {
  let sum = 0;
  let count = 0;
  for (const tokens of sequences) {
    const context = [BEGIN, BEGIN];
    for (const token of tokens) {
      sum += model.logp(context, token);
      count++;
      context.push(token);
    }
  }
  return Math.exp(-sum / count);
}

/** Single words by their frequency, each counted once more than it was seen. */
export function unigrams(sequences: readonly (readonly number[])[], { vocabulary }: NgramOptions): NgramModel {
  const counts = new Float64Array(vocabulary).fill(1);
  for (const tokens of sequences) for (const token of tokens) counts[token]++;
  const total = counts.reduce((a, b) => a + b, 0);
  return { logp: (_, token) => Math.log(counts[token] / total) };
}

/** Counts of what follows one context. */
interface Followers {
  readonly counts: Map<number, number>;
  total: number;
}

const ORDER = 3;

/** Trigrams, modified Kneser-Ney: three discounts an order, and below the highest order counts of distinct contexts. */
export function kneserNey(sequences: readonly (readonly number[])[], { vocabulary }: NgramOptions): NgramModel {
  const padded = sequences.map((tokens) => [BEGIN, BEGIN, ...tokens]);
  const trigrams = new Map<string, Followers>();
  for (const tokens of padded) {
    for (let i = 2; i < tokens.length; i++) add(trigrams, `${tokens[i - 2]} ${tokens[i - 1]}`, tokens[i]);
  }
  // a shorter n-gram counts as often as there are different tokens before it
  const bigrams = continuations(trigrams);
  const singles = continuations(bigrams);
  const orders = [singles, bigrams, trigrams].map((table) => ({ table, discounts: discountsOf(table) }));
  const p = (order: number, context: readonly number[], token: number): number => {
    if (order < 0) return 1 / vocabulary;
    const { table, discounts } = orders[order];
    const followers = table.get(context.slice(context.length - order).join(" "));
    const shorter = p(order - 1, context, token);
    if (!followers) return shorter;
    const count = followers.counts.get(token) ?? 0;
    let saved = 0;
    for (const each of followers.counts.values()) saved += discounts[Math.min(each, 3)];
    return (Math.max(0, count - discounts[Math.min(count, 3)]) + saved * shorter) / followers.total;
  };
  return { logp: (context, token) => Math.log(p(ORDER - 1, context, token)) };
}

function add(table: Map<string, Followers>, context: string, token: number): void {
  let followers = table.get(context);
  if (!followers) table.set(context, (followers = { counts: new Map(), total: 0 }));
  followers.counts.set(token, (followers.counts.get(token) ?? 0) + 1);
  followers.total++;
}

/** For each context without its first token: how many different contexts each token was seen in. */
function continuations(table: ReadonlyMap<string, Followers>): Map<string, Followers> {
  const shorter = new Map<string, Followers>();
  for (const [context, { counts }] of table) {
    const space = context.indexOf(" ");
    const rest = space < 0 ? "" : context.slice(space + 1);
    for (const token of counts.keys()) add(shorter, rest, token);
  }
  return shorter;
}

/** Discounts of counts 0, 1, 2 and more, from how many n-grams were seen once to four times. */
function discountsOf(table: ReadonlyMap<string, Followers>): readonly number[] {
  const seen = [0, 0, 0, 0, 0];
  for (const { counts } of table.values()) for (const count of counts.values()) if (count <= 4) seen[count]++;
  const [, one, two, three, four] = seen;
  const y = one / (one + 2 * two);
  // too little text to tell: half of every count
  if (!(one > 0 && two > 0 && three > 0)) return [0, 0.5, 0.5, 0.5];
  return [0, 1 - (2 * y * two) / one, 2 - (3 * y * three) / two, 3 - (4 * y * four) / three];
}
