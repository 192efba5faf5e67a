/** Chance, as plans of pictures use it. */
import { Random } from "../../base/random.js";

export class Dice {
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** For one picture: of (set, seed, index) only. Words of two generators together, so that no two pictures share a start. */
  static of(set: string, seed: number, index: number): Dice {
    let name = 2166136261;
    for (const character of set) name = Math.imul(name ^ character.charCodeAt(0), 16777619) >>> 0;
    const [a, b] = [new Random(seed), new Random(name ^ Math.imul(index + 1, 0x9e3779b1))];
    const state = Array.from(
      a.state,
      (word, i) => (Math.imul(word, 2654435761) ^ b.state[i] ^ (i === 3 ? index : 0)) >>> 0,
    );
    const random = Random.from(state);
    for (let i = 0; i < 8; i++) random.bits();
    return new Dice(random);
  }

  range(low: number, high: number): number {
    return low + (high - low) * this.random.uniform();
  }

  /** From low to high, both included. */
  whole(low: number, high: number): number {
    return low + this.random.integer(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random.integer(items.length)];
  }

  /** `count` different ones, or all. */
  some<T>(items: readonly T[], count: number): T[] {
    return Array.from(this.random.permutation(items.length).subarray(0, count), (at) => items[at]);
  }

  normal(): number {
    return this.random.normal();
  }
}
