/** Running means of what a training's steps return, and the rate of examples. */

/** Names that are not metrics: counts behind the means. */
const STEPS = "#steps";
const EXAMPLES = "#examples";
const TIME = "#ms";

export class Means {
  /** Sums by name, to be saved and given to another. */
  readonly sums: Record<string, number>;

  constructor(sums: Readonly<Record<string, number>> = {}) {
    this.sums = { ...sums };
  }

  add(found: Readonly<Record<string, number>>, examples: number, ms: number): void {
    for (const [name, n] of Object.entries({ ...found, [STEPS]: 1, [EXAMPLES]: examples, [TIME]: ms })) {
      this.sums[name] = (this.sums[name] ?? 0) + n;
    }
  }

  /** Means over the steps. */
  metrics(): Record<string, number> {
    const steps = this.sums[STEPS] ?? 0;
    const metrics = Object.entries(this.sums).filter(([name]) => !name.startsWith("#"));
    return Object.fromEntries(metrics.map(([name, sum]) => [name, sum / steps]));
  }

  /** Examples a second; 0 before the first step. */
  rate(): number {
    const ms = this.sums[TIME] ?? 0;
    return ms === 0 ? 0 : this.sums[EXAMPLES] / (ms / 1000);
  }
}
