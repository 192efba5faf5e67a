/** Where cut-outs come from: the run's own exemplars, or pictures whose contents are known. */
import type { Random } from "../../base/random.js";
import type { DescribedUnit } from "../ablation/described-classifier.js";
import type { Cutout } from "./cutout.js";

/** A cut-out with the classes of what it was cut out of. */
export interface Candidate extends Cutout {
  /**
   * What its picture is labelled as, what the network takes that for, and what the thing itself is called, where these are classes of the network: a
   * picture of a dog is no distractor for "dog".
   */
  readonly classes: ReadonlySet<number>;
}

export interface CutoutSource {
  /** Cut-outs that show what a unit is described by. Empty where there are none. */
  of(unit: DescribedUnit): Promise<Candidate[]>;
  /** Cut-outs of anything else, drawn at random, at most so many. */
  others(unit: DescribedUnit, count: number, random: Random): Promise<Candidate[]>;
}

/** The class that a name stands for, if any: see `classFinder`. */
export type FindClass = (name: string) => number | undefined;
