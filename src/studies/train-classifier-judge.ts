/** How good a classifier is: its model, as it is written, run over the validation pictures. */

import { normalise, type Preprocessing } from "../data/images/preprocess.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { openSession } from "../engine/runtime/open.js";
import { IMAGES, LOGITS } from "./train-classifier-model.js";
import type { PixelSource } from "./train-classifier-pixels.js";

/** How often pictures of one class were taken for another. */
export interface Confusion {
  readonly class: string;
  readonly takenFor: string;
  readonly count: number;
  /** Validation pictures of the class. */
  readonly of: number;
}

export interface Judgement {
  readonly images: number;
  readonly accuracy: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Share of the most frequent class: the most that answering always the same would reach. */
  readonly majority: number;
  /** [true class, answer] counts. */
  readonly counts: Uint32Array;
}

export interface JudgeOptions {
  readonly preprocessing: Preprocessing;
  readonly validation: PixelSource;
  readonly classes: number;
  readonly batchSize: number;
  readonly threads: number | undefined;
}

/** Runs a model over the validation pictures. */
export async function judge(model: OnnxModel, options: JudgeOptions): Promise<Judgement> {
  const { preprocessing, validation, classes, batchSize, threads } = options;
  const counts = new Uint32Array(classes * classes);
  let loss = 0;
  let images = 0;
  const session = await openSession(model, threads === undefined ? {} : { threads });
  try {
    const all = Uint32Array.from(validation.labels.keys());
    for await (const { pixels, labels } of validation.read(all, batchSize)) {
      const { data } = (await session.run({ [IMAGES]: normalise(pixels, preprocessing) }))[LOGITS];
      for (const [i, label] of labels.entries()) {
        const row = (data as Float32Array).subarray(i * classes, (i + 1) * classes);
        const answer = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
        counts[label * classes + Math.max(0, answer)] += 1;
        const most = row[Math.max(0, answer)];
        loss += most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - row[label];
        images += 1;
      }
    }
  } finally {
    await session.close();
  }
  const numbers = Array.from({ length: classes }, (_, i) => i);
  const right = numbers.reduce((sum, i) => sum + counts[i * classes + i], 0);
  const most = numbers.reduce((max, i) => Math.max(max, sumOf(counts.subarray(i * classes, (i + 1) * classes))), 0);
  return { images, accuracy: right / images, loss: loss / images, majority: most / images, counts };
}

const sumOf = (counts: Uint32Array): number => counts.reduce((a, b) => a + b, 0);

/** The classes most often taken for others, worst first. */
export function confusionsOf({ counts }: Judgement, names: readonly string[], most = 10): Confusion[] {
  const classes = names.length;
  const found: Confusion[] = [];
  for (let label = 0; label < classes; label++) {
    const row = counts.subarray(label * classes, (label + 1) * classes);
    const of = sumOf(row);
    for (let answer = 0; answer < classes; answer++) {
      if (answer === label || row[answer] === 0) continue;
      found.push({ class: names[label], takenFor: names[answer], count: row[answer], of });
    }
  }
  return found.sort((a, b) => b.count - a.count || b.count / b.of - a.count / a.of).slice(0, most);
}
