/**
 * A describer for a study of its own: taught on what the simulated annotators say of some runs, with the shipped describer's eyes. For what the shipped
 * one has hardly seen, as the paper's describer had seen other networks over pictures of the same kind.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Progress, silent } from "../base/progress.js";
import type { LabelSource } from "../data/labels/labels.js";
import { openAnnotatedSets } from "../describer/annotated-set.js";
import { openEncoder } from "../describer/training/encoder-source.js";
import { trainDescriber } from "../describer/training/train.js";
import { openExemplars } from "../exemplars/store.js";
import { annotateStore, writeSimulated } from "./annotators/annotate.js";
import { builtInDescriber } from "./assets.js";

export interface TaughtOptions {
  /** The describer's folder. */
  readonly out: string;
  /** Dissected networks. */
  readonly runs: readonly string[];
  /** Knows their pictures. */
  readonly source: LabelSource;
  readonly epochs: number;
  readonly patience: number;
  readonly hidden: number;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Has the runs annotated and a describer taught, as far as that is not done. Returns its folder. Errors: those of the steps. */
export async function taught(options: TaughtOptions): Promise<string> {
  const { out, runs, source, epochs, patience, hidden, progress = silent, now } = options;
  if (existsSync(join(out, "card.md"))) return out;
  for (const run of runs) {
    if (existsSync(join(run, "annotations.csv"))) continue;
    const store = await openExemplars(run);
    try {
      await writeSimulated(run, await annotateStore(store, source, { seed: 0, progress }), { seed: 0, source });
    } finally {
      await store.close();
    }
  }
  const sets = await openAnnotatedSets(runs, { partial: true, progress });
  try {
    const resume = existsSync(join(`${out}.training`, "language-model.checkpoint.safetensors"));
    const learning = { epochs, patience, sizes: { hidden }, average: 0.99, redraw: true, resume, seed: 0 };
    await trainDescriber(sets, await openEncoder(builtInDescriber()), { ...learning, out, progress, now });
  } finally {
    for (const { store } of sets) await store.close();
  }
  return out;
}
