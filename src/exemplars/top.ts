/**
 * The k images that activate each unit most (paper, section 3.1: the unit's exemplars). A unit's activation on an image is
 * its maximum over positions. Ties go to the smaller id, so the result does not depend on the order of the images.
 */

/** What a `TopImages` leaves on disk and passes between shards. */
export interface TopState {
  /** int32 [unit, k], dataset ids, best first; -1 where there are fewer than k. */
  readonly ids: Int32Array;
  /** float32 [unit, k], the unit's maximum on that image; NaN beside -1. */
  readonly activations: Float32Array;
}

/** Running top k of every unit of one layer. */
export class TopImages {
  readonly units: number;
  readonly k: number;
  readonly #ids: Int32Array;
  readonly #activations: Float32Array;

  constructor(units: number, k: number) {
    this.units = units;
    this.k = k;
    this.#ids = new Int32Array(units * k).fill(-1);
    this.#activations = new Float32Array(units * k).fill(Number.NaN);
  }

  /** Offers one image to one unit. */
  offer(unit: number, image: number, activation: number): void {
    const { k } = this;
    const ids = this.#ids;
    const activations = this.#activations;
    const first = unit * k;
    const better = (at: number) =>
      ids[at] < 0 || activation > activations[at] || (activation === activations[at] && image < ids[at]);
    let at = first + k - 1;
    if (Number.isNaN(activation) || !better(at)) return;
    for (; at > first && better(at - 1); at--) {
      ids[at] = ids[at - 1];
      activations[at] = activations[at - 1];
    }
    ids[at] = image;
    activations[at] = activation;
  }

  merge(other: TopState): void {
    for (let i = 0; i < other.ids.length; i++) {
      if (other.ids[i] >= 0) this.offer(Math.floor(i / this.k), other.ids[i], other.activations[i]);
    }
  }

  /** A copy of the state. */
  save(): TopState {
    return { ids: this.#ids.slice(), activations: this.#activations.slice() };
  }
}
