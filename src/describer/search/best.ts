/**
 * The k best of a stream of scored candidates, kept in order. A beam step offers up to 50 x 5,000 candidates to a list of
 * 50; almost all fall to one comparison with the worst kept, so a row costs about a nanosecond a word.
 */
export class Best {
  readonly scores: Float64Array;
  /** Who offered each candidate. */
  readonly owners: Int32Array;
  readonly tokens: Int32Array;
  /** How many there are so far. */
  count = 0;

  constructor(capacity: number) {
    this.scores = new Float64Array(capacity);
    this.owners = new Int32Array(capacity);
    this.tokens = new Int32Array(capacity);
  }

  /** What a candidate has to exceed. */
  get bar(): number {
    return this.count < this.scores.length ? Number.NEGATIVE_INFINITY : this.scores[this.count - 1];
  }

  /** Takes a candidate in, if it exceeds the bar. Among equals the first stays first; NaN and -Infinity never enter. */
  offer(score: number, owner: number, token: number): void {
    if (!(score > this.bar)) return;
    let at = this.count < this.scores.length ? this.count++ : this.count - 1;
    for (; at > 0 && this.scores[at - 1] < score; at--) {
      this.scores[at] = this.scores[at - 1];
      this.owners[at] = this.owners[at - 1];
      this.tokens[at] = this.tokens[at - 1];
    }
    this.scores[at] = score;
    this.owners[at] = owner;
    this.tokens[at] = token;
  }

  /** Offers `base` + gain of every token; gains are float32 [vocabulary]. */
  offerAll(base: number, gains: Float32Array, owner: number): void {
    let bar = this.bar - base;
    for (let token = 0; token < gains.length; token++) {
      if (gains[token] > bar) {
        this.offer(base + gains[token], owner, token);
        bar = this.bar - base;
      }
    }
  }
}
