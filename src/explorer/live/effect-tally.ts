/** What silencing a unit does to the shares of classes, added up over its exemplars. */
import type { z } from "@hono/zod-openapi";
import type { Effect } from "../api/schemas.js";
import { type Network, nameIn } from "./network.js";
import { changes, largest, MOST_CLASSES, sharesOf } from "./shares.js";

/** Mean shares of classes over pictures, before and after. */
export class EffectTally {
  readonly #network: Network;
  readonly #before: Float64Array;
  readonly #after: Float64Array;
  #images = 0;
  #changed = 0;

  constructor(network: Network) {
    this.#network = network;
    this.#before = new Float64Array(network.classifier!.classes);
    this.#after = new Float64Array(network.classifier!.classes);
  }

  /** @param before and @param after: float32 [picture, class]. */
  add(before: Float32Array, after: Float32Array): void {
    const { length } = this.#before;
    for (let at = 0; at < before.length; at += length) {
      const [was, is] = [before, after].map((said) => sharesOf(said.subarray(at, at + length), this.#network.saying));
      for (let i = 0; i < length; i++) {
        this.#before[i] += was[i];
        this.#after[i] += is[i];
      }
      this.#images++;
      if (largest(was, 1)[0] !== largest(is, 1)[0]) this.#changed++;
    }
  }

  done(): z.infer<typeof Effect> {
    const mean = (sums: Float64Array) => sums.map((sum) => sum / Math.max(1, this.#images));
    const [before, after] = [mean(this.#before), mean(this.#after)];
    const most = largest(
      before.map((share, i) => Math.abs(after[i] - share)),
      MOST_CLASSES,
    );
    return {
      images: this.#images,
      changed: this.#changed,
      classes: changes(most, before, after, nameIn(this.#network)),
    };
  }
}
