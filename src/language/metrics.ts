/** The measures a report has: those of the paper where their model is at hand, and an honest stand-in where it is not. */
import { bleu } from "./bleu.js";
import type { TextMetric } from "./metric.js";
import { rouge } from "./rouge.js";
import { wordOverlap } from "./word-overlap.js";
import { wordVectorMatching } from "./word-vectors.js";

export interface Metrics {
  readonly list: readonly TextMetric[];
  close(): Promise<void>;
}

export interface MetricsOptions {
  /** Folder of a BERT-type model. */
  readonly bert?: string | undefined;
  /** File of word vectors. */
  readonly vectors?: string | undefined;
}

/**
 * BLEU, ROUGE-1, -2 and -L, and what there is of BERTScore and the matching of word vectors; without either, word overlap in their place.
 * Errors: `UserError` when the folder holds no BERT-type model.
 */
export async function openMetrics({ bert: folder, vectors }: MetricsOptions): Promise<Metrics> {
  const common = [bleu({ effectiveOrder: "references" }), rouge(1), rouge(2), rouge("L")];
  if (vectors !== undefined) common.push(wordVectorMatching(vectors));
  else if (folder === undefined) common.push(wordOverlap());
  if (folder === undefined) return { list: common, close: async () => {} };
  const { openBertScore } = await import("./bertscore/bertscore.js");
  const bert = await openBertScore(folder);
  return { list: [...common, bert], close: () => bert.close() };
}
