/** Several passes over the same pictures: they are decoded once where they fit, and the whole network is asked once. */
import type { Arrays } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import type { Probe } from "../../exemplars/probe.js";

/** Bytes of decoded pictures that are kept. */
const KEPT = 256 * 2 ** 20;

export interface PassBatch {
  readonly ids: ArrayLike<number>;
  readonly feeds: Arrays;
}

/** Batches of pictures, the same ones in every pass. */
export class Passes {
  readonly #probe: Probe;
  readonly #order: Uint32Array;
  readonly #batchSize: number;
  readonly #isRepeated: boolean;
  #kept: PassBatch[] = [];
  #bytes = 0;
  #isWhole = false;
  /** What the whole network answered, by batch; filled in by the first pass. */
  readonly answers: Int32Array[] = [];

  /** @param isRepeated whether there will be a second pass. */
  constructor(probe: Probe, order: Uint32Array, batchSize: number, isRepeated: boolean) {
    this.#probe = probe;
    this.#order = order;
    this.#batchSize = batchSize;
    this.#isRepeated = isRepeated;
  }

  async *pass(): AsyncGenerator<PassBatch> {
    if (this.#isWhole) {
      yield* this.#kept;
      return;
    }
    for await (const { ids, feeds } of this.#probe.batches(this.#order, this.#batchSize, false, () => {})) {
      if (this.#isRepeated) this.#keep({ ids, feeds });
      yield { ids, feeds };
    }
    this.#isWhole = this.#isRepeated && this.#bytes <= KEPT;
  }

  /** The probe fills the same buffers again, so what is kept is copied. */
  #keep({ ids, feeds }: PassBatch): void {
    this.#bytes += Object.values(feeds).reduce((sum, { data }) => sum + data.byteLength, 0);
    if (this.#bytes > KEPT) {
      this.#kept = [];
      return;
    }
    const own = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
      name,
      ndarray(dtype, [...shape], data.slice()),
    ]);
    this.#kept.push({ ids: Array.from(ids), feeds: Object.fromEntries(own) as Arrays });
  }
}
