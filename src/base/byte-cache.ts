/** Results kept in memory up to a number of bytes; those used longest ago make room. */

export class ByteCache<V> {
  readonly limitBytes: number;
  readonly #sizeOf: (value: V) => number;
  readonly #kept = new Map<string, V>(); // in the order of their last use
  readonly #underWay = new Map<string, Promise<V>>();
  #bytes = 0;

  /** @param sizeOf bytes that a value takes. */
  constructor(limitBytes: number, sizeOf: (value: V) => number) {
    this.limitBytes = limitBytes;
    this.#sizeOf = sizeOf;
  }

  /** Bytes of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value of a key, if it is kept. */
  get(key: string): V | undefined {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
    }
    return kept;
  }

  /** The value of a key, made where it is not kept; asked for twice at once, it is made once. A failure is not kept. */
  async through(key: string, make: () => Promise<V>): Promise<V> {
    const kept = this.get(key);
    if (kept !== undefined) return kept;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const making = make();
    this.#underWay.set(key, making);
    try {
      const value = await making;
      this.#keep(key, value);
      return value;
    } finally {
      this.#underWay.delete(key);
    }
  }

  #keep(key: string, value: V): void {
    const size = this.#sizeOf(value);
    if (size > this.limitBytes) return;
    this.#kept.set(key, value);
    this.#bytes += size;
    for (const [oldest, other] of this.#kept) {
      if (this.#bytes <= this.limitBytes) return;
      this.#kept.delete(oldest);
      this.#bytes -= this.#sizeOf(other);
    }
  }
}
