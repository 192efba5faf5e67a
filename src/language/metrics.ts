/** The measures a report has: those of the paper where their model is at hand, and an honest stand-in where it is not. */
import { bleu } from "./bleu.js";
import type { TextMetric } from "./metric.js";
import { rouge } from "./rouge.js";
import { wordOverlap } from "./word-overlap.js";

export interface Metrics {
  readonly list: readonly TextMetric[];
  close(): Promise<void>;
}

/**
 * BLEU, ROUGE-1, -2 and -L, and BERTScore with the model in a folder; without one, word overlap in its place.
 * Errors: `UserError` when the folder holds no BERT-type model.
 */
export async function openMetrics(bertFolder?: string): Promise<Metrics> {
  const common = [bleu({ effectiveOrder: true }), rouge(1), rouge(2), rouge("L")];
  if (bertFolder === undefined) return { list: [...common, wordOverlap()], close: async () => {} };
  const { openBertScore } = await import("./bertscore/bertscore.js");
  const bert = await openBertScore(bertFolder);
  return { list: [...common, bert], close: () => bert.close() };
}
