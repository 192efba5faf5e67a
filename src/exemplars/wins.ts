/**
 * Which images won which places: the tables of all layers turned round. Of ImageNet and all layers of a deep ResNet that is a million places, most of them
 * another image's, so they are kept as numbers in order, and lists are made of one image at a time.
 */

/** One place in a layer's table that an image won. */
export interface Win {
  /** Row of the unit. */
  readonly row: number;
  readonly rank: number;
}

export class Wins {
  /** The images that won something, ascending. */
  readonly images: Uint32Array;
  readonly #k: number;
  /** Where each layer's places begin when all are numbered through, and their total number last. */
  readonly #firsts: readonly number[];
  /** The places by image, and each image's in their own order. */
  readonly #places: Uint32Array;
  /** Where each image's places begin in that, and their total number last. */
  readonly #starts: Uint32Array;

  /** @param ids int32 [unit, k] of every layer; -1 where nobody won. */
  constructor(ids: readonly Int32Array[], k: number) {
    this.#k = k;
    const firsts = [0];
    for (const table of ids) firsts.push(firsts.at(-1)! + table.length);
    this.#firsts = firsts;
    const winners = new Int32Array(firsts.at(-1)!);
    for (const [layer, table] of ids.entries()) winners.set(table, firsts[layer]);
    this.#places = Uint32Array.from(winners.keys())
      .filter((place) => winners[place] >= 0)
      .sort((a, b) => winners[a] - winners[b] || a - b);
    const isFirst = (at: number) => at === 0 || winners[this.#places[at]] !== winners[this.#places[at - 1]];
    const starts = Uint32Array.from(this.#places.keys()).filter(isFirst);
    this.images = starts.map((at) => winners[this.#places[at]]);
    this.#starts = new Uint32Array(starts.length + 1);
    this.#starts.set(starts);
    this.#starts[starts.length] = this.#places.length;
  }

  /** The layers, by their numbers. */
  get layers(): readonly number[] {
    return this.#firsts.slice(1).map((_, layer) => layer);
  }

  /** What an image won, in every layer. */
  of(image: number): Win[][] {
    const lists: Win[][] = this.layers.map(() => []);
    const at = this.#indexOf(image);
    if (at < 0) return lists;
    let layer = 0;
    for (const place of this.#places.subarray(this.#starts[at], this.#starts[at + 1])) {
      while (place >= this.#firsts[layer + 1]) layer++;
      const own = place - this.#firsts[layer];
      lists[layer].push({ row: Math.floor(own / this.#k), rank: own % this.#k });
    }
    return lists;
  }

  #indexOf(image: number): number {
    let [low, high] = [0, this.images.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.images[middle] < image) low = middle + 1;
      else high = middle;
    }
    return this.images[low] === image ? low : -1;
  }
}
