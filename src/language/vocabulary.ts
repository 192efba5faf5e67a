/**
 * The words a describer knows, as numbers: words by falling frequency from 0, then the special tokens `<start>`, `<stop>`,
 * `<pad>`, `<unk>`. The order is that of the rows of a model's weights, so it never changes.
 */
import { UserError } from "../base/errors.js";
import { joinTokens } from "./tokens.js";

const SPECIALS = ["<start>", "<stop>", "<pad>", "<unk>"] as const;

export interface IndexOptions {
  /** Begin with `<start>`; default yes. */
  readonly start?: boolean;
  /** End with `<stop>`; default yes. */
  readonly stop?: boolean;
  /** Fill shorter sequences up with `<pad>`; default yes. */
  readonly pad?: boolean;
  /** Replace unknown words by `<unk>`; otherwise they are left out. Default yes. */
  readonly unk?: boolean;
  /** Most words per sequence, `<start>` and `<stop>` not counted; default: as many as the longest has. */
  readonly length?: number;
}

export class Vocabulary {
  /** Words in the order of their numbers, without the special tokens. */
  readonly words: readonly string[];
  readonly start: number;
  readonly stop: number;
  readonly pad: number;
  readonly unk: number;
  /** How many tokens there are, special ones included: the number of rows of an embedding. */
  readonly size: number;
  readonly #ids: ReadonlyMap<string, number>;

  /** Errors: `UserError` when a word appears twice. */
  constructor(words: readonly string[]) {
    this.words = words;
    [this.start, this.stop, this.pad, this.unk] = SPECIALS.map((_, i) => words.length + i);
    this.size = words.length + SPECIALS.length;
    this.#ids = new Map([...words, ...SPECIALS].map((token, id) => [token, id]));
    if (this.#ids.size !== this.size) {
      const twice = [...words, ...SPECIALS].find((token, id) => this.#ids.get(token) !== id);
      throw new UserError(`vocabulary: the word ${JSON.stringify(twice)} appears twice; expected each once`);
    }
  }

  /**
   * The vocabulary of texts, most frequent words first, equally frequent ones in the order they appear.
   * @param ignoreRarerThan leave out words that appear so many times or fewer; default 0.
   */
  static of(texts: Iterable<readonly string[]>, ignoreRarerThan = 0): Vocabulary {
    const counts = new Map<string, number>();
    for (const tokens of texts) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const kept = [...counts].filter(([, count]) => count > ignoreRarerThan).sort(([, a], [, b]) => b - a);
    return new Vocabulary(kept.map(([token]) => token));
  }

  /** The number of a token, that of `<unk>` for a word that is not known. */
  id(token: string): number {
    return this.#ids.get(token) ?? this.unk;
  }

  /** Whether it has all of these tokens. */
  knows(tokens: readonly string[]): boolean {
    return tokens.every((token) => this.#ids.has(token));
  }

  /** The token of a number. Errors: `RangeError` for a number that has none. */
  token(id: number): string {
    const token = this.words[id] ?? SPECIALS[id - this.words.length];
    if (token === undefined) throw new RangeError(`vocabulary: no token has the number ${id}`);
    return token;
  }

  /** Numbers of the tokens of several texts, all cut, and with `pad` filled up, to one length. */
  index(texts: readonly (readonly string[])[], options: IndexOptions = {}): number[][] {
    const { start = true, stop = true, pad = true, unk = true } = options;
    const length = options.length ?? texts.reduce((longest, tokens) => Math.max(longest, tokens.length), 0);
    return texts.map((tokens) => {
      const ids = tokens.map((token) => this.id(token)).filter((id) => unk || id !== this.unk);
      const cut = [...(start ? [this.start] : []), ...ids.slice(0, length), ...(stop ? [this.stop] : [])];
      const missing = length + Number(start) + Number(stop) - cut.length;
      return pad ? [...cut, ...new Array<number>(missing).fill(this.pad)] : cut;
    });
  }

  /** Tokens up to the first `<stop>`, without the special ones. */
  wordsOf(ids: readonly number[]): string[] {
    const end = ids.indexOf(this.stop);
    const before = end < 0 ? ids : ids.slice(0, end);
    return before.map((id) => this.token(id)).filter((_, i) => before[i] < this.words.length);
  }

  /** The text of the tokens up to the first `<stop>`. */
  reconstruct(ids: readonly number[]): string {
    return joinTokens(this.wordsOf(ids));
  }
}
