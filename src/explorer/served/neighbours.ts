/** Units that are like a unit: by what is said of them, and by the pictures that excite them. */
import { wordsSpoken } from "../../language/vague.js";
import { cosine, type WordVectors } from "../../studies/analysis/criteria.js";
import { descriptionOf, type ServedRun, type ServedUnit } from "./served-run.js";

export interface Likeness {
  readonly unit: ServedUnit;
  /** 0 to 1. */
  readonly likeness: number;
}

/** Descriptions of a run as weighed words; the rarer in the run, the heavier. */
export class DescriptionLikeness {
  readonly #units: readonly ServedUnit[];
  readonly #said = new Map<string, readonly string[]>();
  readonly #frequency = new Map<string, number>();
  /** Units whose descriptions have a word, and the lengths of descriptions, as vectors of weights. */
  readonly #byWord = new Map<string, number[]>();
  readonly #lengths: Float64Array;
  readonly #vectors: WordVectors | undefined;
  readonly #meanVectors = new Map<string, Float32Array | null>();

  constructor(units: readonly ServedUnit[], vectors?: WordVectors) {
    this.#units = units;
    this.#vectors = vectors;
    for (const unit of units) {
      for (const word of this.#wordsOf(unit)) {
        const own = this.#byWord.get(word);
        if (own) own.push(unit.at);
        else this.#byWord.set(word, [unit.at]);
      }
    }
    for (const [word, { length }] of this.#byWord) this.#frequency.set(word, length);
    this.#lengths = Float64Array.from(units, (unit) => this.#length(unit));
  }

  /** The most alike first, the same description before all others; none for a unit without one. */
  nearest(unit: ServedUnit, count: number): Likeness[] {
    const mean = this.#vectors && this.#meanVector(unit);
    return mean ? this.#byVectors(unit, mean, count) : this.#byWords(unit, count);
  }

  #byWords(unit: ServedUnit, count: number): Likeness[] {
    const shared = new Map<number, number>();
    for (const word of this.#wordsOf(unit)) {
      const product = this.#weight(word) ** 2;
      for (const at of this.#byWord.get(word)!) shared.set(at, (shared.get(at) ?? 0) + product);
    }
    shared.delete(unit.at);
    const found = [...shared].map(([at, product]) => ({
      unit: this.#units[at],
      likeness: product / (this.#lengths[at] * this.#lengths[unit.at]),
    }));
    return best(found, count);
  }

  #byVectors(unit: ServedUnit, mean: Float32Array, count: number): Likeness[] {
    const byText = new Map<string, number>();
    const found: Likeness[] = [];
    for (const other of this.#units) {
      const text = descriptionOf(other);
      if (other === unit || text === "") continue;
      let likeness = byText.get(text);
      if (likeness === undefined) {
        const vector = this.#meanVector(other);
        byText.set(text, (likeness = vector ? cosine(mean, vector) : 0));
      }
      if (likeness > 0) found.push({ unit: other, likeness });
    }
    return best(found, count);
  }

  #length(unit: ServedUnit): number {
    let sum = 0;
    for (const word of this.#wordsOf(unit)) sum += this.#weight(word) ** 2;
    return Math.sqrt(sum);
  }

  #weight(word: string): number {
    return Math.log((1 + this.#units.length) / this.#frequency.get(word)!);
  }

  #wordsOf(unit: ServedUnit): readonly string[] {
    const text = descriptionOf(unit);
    let words = this.#said.get(text);
    if (!words) this.#said.set(text, (words = [...wordsSpoken(text)]));
    return words;
  }

  #meanVector(unit: ServedUnit): Float32Array | null {
    const text = descriptionOf(unit);
    const known = this.#meanVectors.get(text);
    if (known !== undefined) return known;
    let sum: Float32Array | null = null;
    for (const word of this.#wordsOf(unit)) {
      const vector = this.#vectors!.get(word);
      if (!vector) continue;
      const [weight, length] = [this.#weight(word), Math.hypot(...vector) || 1];
      const total: Float32Array = (sum ??= new Float32Array(vector.length));
      vector.forEach((value, i) => {
        total[i] += (weight * value) / length;
      });
    }
    this.#meanVectors.set(text, sum);
    return sum;
  }
}

/** Exemplars of a run as weighed pictures; a better one is heavier. */
export class ExemplarLikeness {
  readonly #run: ServedRun;
  /** Units of every picture, as place in the run times k plus rank. */
  readonly #byImage = new Map<number, number[]>();
  /** Of the units' vectors of weights. */
  readonly #lengths: Float64Array;

  constructor(run: ServedRun) {
    this.#run = run;
    const { k } = run.store;
    for (const { at, layer, row, ranks } of run.units) {
      for (const rank of ranks) {
        const image = layer.images[row * k + rank];
        const own = this.#byImage.get(image);
        if (own) own.push(at * k + rank);
        else this.#byImage.set(image, [at * k + rank]);
      }
    }
    this.#lengths = Float64Array.from(run.units, ({ ranks }) =>
      Math.sqrt(ranks.reduce((sum, rank) => sum + (k - rank) ** 2, 0)),
    );
  }

  /** Cosine of the weights, the most alike first; units that share no picture are not among them. */
  nearest(unit: ServedUnit, count: number): Likeness[] {
    const { k } = this.#run.store;
    const weightOf = (rank: number) => k - rank;
    const shared = new Map<number, number>();
    for (const rank of unit.ranks) {
      for (const place of this.#byImage.get(unit.layer.images[unit.row * k + rank])!) {
        const at = Math.floor(place / k);
        shared.set(at, (shared.get(at) ?? 0) + weightOf(rank) * weightOf(place % k));
      }
    }
    shared.delete(unit.at);
    const found = [...shared].map(([at, product]) => ({
      unit: this.#run.units[at],
      likeness: product / (this.#lengths[at] * this.#lengths[unit.at]),
    }));
    return best(found, count);
  }
}

const best = (found: Likeness[], count: number): Likeness[] =>
  found
    .sort((a, b) => b.likeness - a.likeness || a.unit.at - b.unit.at)
    .slice(0, count)
    .map(({ unit, likeness }) => ({ unit, likeness: Math.min(1, likeness) }));
