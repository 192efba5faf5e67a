/**
 * What every measure of likeness between texts looks like, so that bootstrap, controls and reports need not know which one it
 * is. A measure of a set of texts is a function of the sum of statistics of its members: counts of matching n-grams for BLEU,
 * the score itself where the measure of a set is a mean. Resampling then only adds numbers up again.
 */
export interface TextMetric {
  /** As it is printed, settings included: "BLEU", "ROUGE-L", "BERTScore (roberta-large, layer 17, idf, rescaled)". */
  readonly name: string;
  /**
   * Statistics of each candidate against its references.
   * @param candidates texts as written, not tokenised.
   * @param references one or more for each candidate.
   * @returns one array for each candidate, all of one length.
   */
  statistics(
    candidates: readonly string[],
    references: readonly (readonly string[])[],
  ): Promise<readonly Float64Array[]>;
  /** The measure of a set of `count` candidates from the sum of their statistics; higher is more alike. */
  score(sum: Float64Array, count: number): number;
}

/** The measure of all candidates together. */
export async function scoreOf(
  metric: TextMetric,
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): Promise<number> {
  return metric.score(sumOf(await metric.statistics(candidates, references)), candidates.length);
}

/** Sum of statistics; empty for none. */
export function sumOf(statistics: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(statistics[0]?.length ?? 0);
  for (const row of statistics) for (let i = 0; i < sum.length; i++) sum[i] += row[i];
  return sum;
}

/** A text as the reference compares it: in lower case, without full stops and spaces at its ends. */
export const normalised = (text: string): string => text.toLowerCase().replace(/^[. ]+|[. ]+$/g, "");

/** A score as it is printed: BLEU is of 100, with one decimal, as sacrebleu's; the others are of 1. */
export const formatScore = (metric: string, value: number): string => value.toFixed(metric.startsWith("BLEU") ? 1 : 3);
