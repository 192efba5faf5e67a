/** Things kept in memory for a while: those used last, up to a number of them and of bytes. */

/** What is kept says how large it is at present: it may grow. */
export interface Kept {
  readonly bytes: number;
}

export class Shelf<T extends Kept> {
  readonly #kept = new Map<string, T>();
  readonly #most: number;
  readonly #mostBytes: number;

  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  put(id: string, thing: T): void {
    this.#kept.delete(id);
    this.#kept.set(id, thing);
    this.trim();
  }

  get(id: string): T | undefined {
    const thing = this.#kept.get(id);
    if (thing) this.put(id, thing);
    return thing;
  }

  /** Lets the least recently used go, but never the one used last. To be called when a thing has grown. */
  trim(): void {
    let { bytes } = this;
    for (const [id, thing] of this.#kept) {
      const fits = this.#kept.size <= this.#most && bytes <= this.#mostBytes;
      if (fits || this.#kept.size === 1) return;
      this.#kept.delete(id);
      bytes -= thing.bytes;
    }
  }
}
