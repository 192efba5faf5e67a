/**
 * How well each description of a layer predicts its unit, beside what a wrong description of the same layer scores for that unit
 * ("shuffled") and what one label scores for all of them ("constant").
 *
 * The rule. `score` is the mean of two skills, (average precision - base rate) / (1 - base rate), over pictures and over places: 0
 * for guessing, 1 for perfect; a skill that is not defined (the unit fires on no picture, or on all) is left out. It has two
 * controls, and p is the larger of both, each (1 + how many of n score at least as high) / (1 + n):
 * - the layer's other descriptions, for this unit: all of them or `MOST_CONTROLS` drawn at random, each that means the same to the
 *   predictor taken once, so no luck of a shuffle enters;
 * - this description, for the layer's other units that are not so described: all of them or `MOST_CONTROLS`. Without it, a label that is as
 *   good for every unit of the layer would be supported for each unit it is given to, because the other labels are worse.
 * A description is supported when p <= 0.05, which takes 20 different descriptions, and 20 units; with fewer, and wherever else nothing
 * can be computed, the verdict is "cannot tell". Were the descriptions dealt to the units at random, the second control's p alone would be
 * at most 0.05 for at most 5 % of them, however many units share a description. No correction is made for the number of units.
 *
 * Costs one ranking for each different description, and p log p of a unit's firing pictures and places for each of its controls.
 */
import type { Random } from "../../base/random.js";
import { NOT_ABOVE_SHUFFLED } from "../../run/verdicts.js";
import { type Agreement, type Firing, firingOf, Trial } from "./agreement.js";
import type { LayerTruth } from "./held-out.js";
import { rankAmong, scoresElsewhere } from "./other-units.js";
import type { Predictions } from "./predictor.js";

/** Wrong descriptions that each unit is tried with, and wrong units that each description is tried on, at most. */
export const MOST_CONTROLS = 200;

/** Largest p of a description that is called supported. */
export const SIGNIFICANT = 0.05;

/**
 * Why a description is not called supported.
 * - `not-above-shuffled`: too many of the layer's other descriptions predict the unit as well, or it predicts too many other units as well.
 * - `few-descriptions`: the layer has fewer than 20 different descriptions, or fewer than 20 units to try one on; too few to tell.
 * - `no-known-word`: the predictor does not know any of its words, so it predicts nothing: a constant, which scores 0.
 * - `never-fires`, `always-fires`: on the held-out pictures, so that there is nothing to predict.
 * - `nan`: some activation is not a number.
 * - `no-description`: there is nothing to judge.
 */
export type Reason =
  | typeof NOT_ABOVE_SHUFFLED
  | "few-descriptions"
  | "no-known-word"
  | "never-fires"
  | "always-fires"
  | "nan"
  | "no-description";

/** A description and the unit it is of. */
export interface Claim {
  readonly unit: number;
  readonly description: string;
}

/** A description with what became of it. */
export interface Judged extends Claim {
  readonly layer: string;
  /** Over pictures: when the unit fires. Undefined where nothing can be judged. */
  readonly when: Agreement | undefined;
  /** Over places: where it fires. Undefined too for layers without places. */
  readonly where: Agreement | undefined;
  readonly score: number;
  /** Mean and 95th percentile of the scores of the layer's other descriptions for this unit. */
  readonly shuffled: number;
  readonly shuffledHigh: number;
  /** Score for this unit of the one label that is best for the layer as a whole. */
  readonly constant: number;
  /** How many other descriptions it was compared with. */
  readonly controls: number;
  /** How many other units it was compared on. */
  readonly otherUnits: number;
  readonly p: number;
  readonly verdict: "supported" | "cannot-tell";
  readonly reason: Reason | undefined;
  readonly unknownWords: readonly string[];
}

export interface JudgedLayer {
  readonly rows: readonly Judged[];
  /** The one label that scores best over all units of the layer, chosen in hindsight. */
  readonly constantLabel: string | undefined;
}

/**
 * Judges the descriptions of one layer. A unit may have several, which are not tried against each other.
 * @param levels float32 [row of the truth]: a unit fires where it is above; NaN for a unit that cannot be judged.
 * @param onJudged told how many claims have been scored.
 */
export function judgeLayer(
  truth: LayerTruth,
  levels: Float32Array,
  claims: readonly Claim[],
  predictions: Predictions,
  random: Random,
  onJudged: (done: number) => void = () => {},
): JudgedLayer {
  const rowOf = new Map(truth.units.map((unit, row) => [unit, row]));
  const firing = truth.units.map((_, row) => firingOf(truth, row, levels[row]));
  const isSound = (row: number) => !truth.isBroken(row) && !Number.isNaN(levels[row]);
  const meanings = groupByMeaning(claims, predictions);
  const spoken = [...meanings.keys()].filter((meaning) => meaning !== undefined);
  const chosen = new Set(Array.from(random.permutation(spoken.length).subarray(0, MOST_CONTROLS), (i) => spoken[i]));

  const said = meaningsOfUnits(meanings);
  const judged = [...said.keys()].filter((unit) => isSound(rowOf.get(unit)!));
  const order = Array.from(random.permutation(judged.length), (i) => judged[i]);

  const controls = new Map<string, Float64Array>(); // their scores, [row]
  const elsewhere = new Map<string, readonly number[]>(); // their scores for units that are described otherwise
  const own = new Map<Claim, Pick<Judged, "when" | "where" | "score">>();
  const { places } = truth;
  const nothing = { images: truth.maxima(0).map(() => 0), places: new Float32Array(places.images.length) };
  let done = 0;
  for (const [meaning, same] of meanings) {
    const trial = new Trial(meaning === undefined ? nothing : predictions.predict(same[0].description, places));
    if (meaning !== undefined && chosen.has(meaning)) {
      controls.set(
        meaning,
        Float64Array.from(firing, (fires) => trial.score(fires)),
      );
    }
    if (meaning !== undefined) {
      const strangers = order.filter((unit) => !said.get(unit)!.has(meaning)).map((unit) => rowOf.get(unit)!);
      elsewhere.set(meaning, scoresElsewhere(trial, strangers, firing, MOST_CONTROLS));
    }
    for (const claim of same) {
      const row = rowOf.get(claim.unit)!;
      if (!isSound(row)) continue;
      own.set(claim, {
        when: trial.when(firing[row], truth.maxima(row)),
        where: trial.where(firing[row], truth.activations(row)),
        score: trial.score(firing[row]),
      });
    }
    onJudged((done += same.length));
  }

  const constant = bestConstant(controls, own, rowOf);
  const rows = claims.map((claim): Judged => {
    const row = rowOf.get(claim.unit)!;
    const { when, where, score } = own.get(claim) ?? UNJUDGED;
    const others = [...controls].filter(([meaning]) => !said.get(claim.unit)?.has(meaning));
    const isDefined = !Number.isNaN(score);
    const tried = Float64Array.from(isDefined ? others : [], ([, scores]) => scores[row]).sort();
    const meaning = predictions.meaning(claim.description);
    const away = (isDefined && meaning !== undefined && elsewhere.get(meaning)) || [];
    const p = isDefined ? Math.max(rankAmong(score, tried), rankAmong(score, away)) : Number.NaN;
    const fewest = Math.min(tried.length, away.length);
    const reason =
      reasonAgainstUnit(claim, isSound(row), score, firing[row]) ?? reasonAgainst(meaning !== undefined, p, fewest);
    return {
      ...{ layer: truth.layout.name, unit: claim.unit, description: claim.description, when, where, score },
      shuffled: tried.reduce((sum, value) => sum + value, 0) / tried.length,
      shuffledHigh: tried[Math.ceil(0.95 * tried.length) - 1] ?? Number.NaN,
      constant: Number.isNaN(score) || constant === undefined ? Number.NaN : controls.get(constant)![row],
      controls: tried.length,
      otherUnits: away.length,
      p,
      verdict: reason === undefined ? "supported" : "cannot-tell",
      reason,
      unknownWords: predictions.unknownWords(claim.description),
    };
  });
  return { rows, constantLabel: constant === undefined ? undefined : meanings.get(constant)![0].description };
}

const UNJUDGED = { when: undefined, where: undefined, score: Number.NaN } as const;

function reasonAgainstUnit(claim: Claim, isSound: boolean, score: number, { images }: Firing): Reason | undefined {
  if (claim.description.trim() === "") return "no-description";
  if (!isSound) return "nan";
  if (Number.isNaN(score)) return images.length === 0 ? "never-fires" : "always-fires";
  return undefined;
}

function reasonAgainst(isKnown: boolean, p: number, others: number): Reason | undefined {
  if (!isKnown) return "no-known-word";
  if (1 / (1 + others) > SIGNIFICANT) return "few-descriptions";
  return p > SIGNIFICANT ? NOT_ABOVE_SHUFFLED : undefined;
}

/** Claims that mean the same to the predictor; those that mean nothing are under undefined, those that say nothing left out. */
function groupByMeaning(claims: readonly Claim[], predictions: Predictions): Map<string | undefined, Claim[]> {
  const groups = new Map<string | undefined, Claim[]>();
  for (const claim of claims) {
    if (claim.description.trim() === "") continue;
    const meaning = predictions.meaning(claim.description);
    const same = groups.get(meaning);
    if (same) same.push(claim);
    else groups.set(meaning, [claim]);
  }
  return groups;
}

function meaningsOfUnits(groups: ReadonlyMap<string | undefined, readonly Claim[]>) {
  const said = new Map<number, Set<string | undefined>>();
  for (const [meaning, claims] of groups) {
    for (const { unit } of claims) said.set(unit, (said.get(unit) ?? new Set()).add(meaning));
  }
  return said;
}

/** The control with the largest sum of scores over the units that are judged. */
function bestConstant(
  controls: ReadonlyMap<string, Float64Array>,
  own: ReadonlyMap<Claim, { readonly score: number }>,
  rowOf: ReadonlyMap<number, number>,
): string | undefined {
  const rows = [...own].filter(([, { score }]) => !Number.isNaN(score)).map(([{ unit }]) => rowOf.get(unit)!);
  let best: { meaning: string; sum: number } | undefined;
  for (const [meaning, scores] of controls) {
    const sum = rows.reduce((total, row) => total + scores[row], 0);
    if (best === undefined || sum > best.sum) best = { meaning, sum };
  }
  return best?.meaning;
}
