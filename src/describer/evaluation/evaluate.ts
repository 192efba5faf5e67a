/**
 * How good a describer is by what people said of the same units (paper, section 4): every annotated unit is described as a user
 * would describe it, and the descriptions are judged beside their controls (`judge.ts`). Units that the describer learned from
 * are left out, unless asked for: a set is recognised by its exemplars, whatever it is called.
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { splitUnits } from "../../data/annotations/split.js";
import type { TextMetric } from "../../language/metric.js";
import type { AnnotatedSet } from "../annotated-set.js";
import type { TrainingRecord } from "../config.js";
import { describe } from "../describe.js";
import type { Describer } from "../describer.js";
import type { DecodingOptions } from "../search/options.js";
import { type JudgedUnit, type Judgement, judge } from "./judge.js";

export interface EvaluateOptions extends Partial<DecodingOptions> {
  readonly metrics: readonly TextMetric[];
  /** Judge units the describer learned from, too; default no. */
  readonly all?: boolean;
  /** Of resampling and shuffling; default 0. */
  readonly seed?: number;
  readonly progress?: Progress;
}

/** What was judged of one set. */
export interface EvaluatedSet {
  readonly name: string;
  readonly units: number;
  /** Annotated units that the describer learned from: left out, or judged as well when `all` is asked for. */
  readonly learnedFrom: number;
  readonly wasTrainedOn: boolean;
  /** Whether a program wrote the annotations. */
  readonly simulated: boolean;
}

export interface Evaluation {
  readonly judgements: readonly Judgement[];
  readonly sets: readonly EvaluatedSet[];
  readonly units: readonly JudgedUnit[];
  /** Units of which nothing could be said; they are judged as saying nothing. */
  readonly silent: number;
}

/** Judges a describer. Errors: `UserError` when fewer than two units are left to judge. */
export async function evaluateDescriber(
  describer: Describer,
  sets: readonly AnnotatedSet[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { metrics, all = false, seed = 0, progress = silent, ...decoding } = options;
  const units: JudgedUnit[] = [];
  const reports: EvaluatedSet[] = [];
  for (const set of sets) {
    const isLearned = learnedFrom(set, describer.training);
    const chosen = new Map(
      set.units
        .filter((_, i) => all || !isLearned[i])
        .map((unit) => [keyOf(unit.layer.name, unit.unit), unit.summaries] as const),
    );
    const only = (layer: string, unit: number) => chosen.has(keyOf(layer, unit));
    const before = units.length;
    for await (const { layer, unit, description } of describe(set.store, describer, { ...decoding, only, progress })) {
      const name = sets.length > 1 ? `${set.name} ${layer}` : layer;
      units.push({ layer: name, unit, description, references: chosen.get(keyOf(layer, unit))! });
    }
    const learned = isLearned.filter(Boolean).length;
    const wasTrainedOn = describer.training?.sets.some(({ exemplars }) => exemplars === set.digest) ?? false;
    reports.push({
      name: set.name,
      units: units.length - before,
      learnedFrom: learned,
      wasTrainedOn,
      simulated: set.simulated,
    });
  }
  if (units.length < 2) {
    const learned = reports.reduce((sum, report) => sum + report.learnedFrom, 0);
    throw new UserError(
      `evaluating ${describer.path}: ${units.length} units to judge${learned > 0 ? `, the other ${learned} it learned from` : ""}; expected at least 2, evaluate on more units, or add --all`,
    );
  }
  progress.begin("judging", metrics.length, "metric");
  const judgements: Judgement[] = [];
  for (const [i, metric] of metrics.entries()) {
    judgements.push(...(await judge(units, [metric], { random: new Random(seed) })));
    progress.update(i + 1);
  }
  progress.end();
  return { judgements, sets: reports, units, silent: units.filter(({ description }) => description === "").length };
}

const keyOf = (layer: string, unit: number) => `${unit} ${layer}`;

/** Whether the describer learned from each unit of a set. @param training the describer's record. */
export function learnedFrom(set: AnnotatedSet, training: TrainingRecord | undefined): boolean[] {
  if (!training?.sets.some(({ exemplars }) => exemplars === set.digest)) return set.units.map(() => false);
  const units = set.units.map(({ layer, unit }) => ({ layer: layer.name, unit }));
  return splitUnits(units, training.holdOut, training.seed).map((isHeldOut) => !isHeldOut);
}
