/**
 * A buffer that every step of one search writes anew, and that only ever grows. Handing the runtime memory that is already
 * mapped saves allocating, and page-faulting, up to 16 MB of log-probabilities per step. It belongs to a search, not to
 * a model, so that searches on one model may interleave.
 */
export class Scratch {
  #buffer = new Float32Array(0);

  /** `length` floats with whatever they last held; the same memory as every earlier call. */
  take(length: number): Float32Array {
    if (this.#buffer.length < length) this.#buffer = new Float32Array(Math.ceil(length * 1.25));
    return this.#buffer.subarray(0, length);
  }
}
