/** How well one prediction agrees with what one unit did: measures for the reader, and the one number that verdicts rest on. */
import { pearson, Ranking } from "./curves.js";
import type { LayerTruth } from "./held-out.js";
import type { Prediction } from "./predictor.js";

/** How well scores predict firing and activation. NaN where it is not defined. */
export interface Agreement {
  /** Average precision, 0 to 1; see `Ranking`. */
  readonly auprc: number;
  /** Share of the items on which the unit fires: the average precision of a constant. */
  readonly baseRate: number;
  readonly auc: number;
  /** Correlation of the prediction with the activation. */
  readonly pearson: number;
}

/** When and where one unit fires: the numbers of the pictures and places at which its activation is above its level. */
export interface Firing {
  readonly images: Uint32Array;
  readonly places: Uint32Array;
}

/** Where a unit fires. @param row of the truth. @param level NaN gives nothing. */
export function firingOf(truth: LayerTruth, row: number, level: number): Firing {
  const above = (values: Float32Array) => {
    const found: number[] = [];
    for (let i = 0; i < values.length; i++) if (values[i] > level) found.push(i);
    return Uint32Array.from(found);
  };
  return { images: above(truth.maxima(row)), places: above(truth.activations(row)) };
}

/** One prediction, ranked once, to be compared with any unit of its layer. */
export class Trial {
  readonly #prediction: Prediction;
  readonly #images: Ranking;
  /** Absent for layers without places. */
  readonly #places: Ranking | undefined;

  constructor(prediction: Prediction) {
    this.#prediction = prediction;
    this.#images = new Ranking(prediction.images);
    this.#places = prediction.places.length > 0 ? new Ranking(prediction.places) : undefined;
  }

  /** The mean of the skills, over pictures and places, that are defined; NaN when none is. At most 1; 0 for guessing. */
  score({ images, places }: Firing): number {
    const skills = [skillOf(this.#images, images)];
    if (this.#places) skills.push(skillOf(this.#places, places));
    const defined = skills.filter((skill) => !Number.isNaN(skill));
    return defined.reduce((sum, skill) => sum + skill, 0) / defined.length;
  }

  /** Over pictures. @param maxima float32 [picture]. */
  when({ images }: Firing, maxima: Float32Array): Agreement {
    return agreementOf(this.#images, images, this.#prediction.images, maxima);
  }

  /** Over places. @param activations float32 [place]. */
  where({ places }: Firing, activations: Float32Array): Agreement | undefined {
    return this.#places && agreementOf(this.#places, places, this.#prediction.places, activations);
  }
}

/** Average precision on the way from that of a constant, 0, to perfect, 1. NaN where there is nothing to tell apart. */
function skillOf(ranking: Ranking, positives: Uint32Array): number {
  const base = positives.length / ranking.size;
  return base === 1 ? Number.NaN : (ranking.averagePrecision(positives) - base) / (1 - base);
}

const agreementOf = (
  ranking: Ranking,
  positives: Uint32Array,
  scores: Float32Array,
  activations: Float32Array,
): Agreement => ({
  auprc: ranking.averagePrecision(positives),
  baseRate: positives.length / ranking.size,
  auc: ranking.auc(positives),
  pearson: pearson(scores, activations),
});
