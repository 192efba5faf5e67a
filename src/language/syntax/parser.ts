/**
 * Dependency parses without labels: which word each word depends on. Transition-based (arc-hybrid, Kuhlmann et al. 2011; trained with
 * a dynamic oracle, Goldberg and Nivre 2013): words are shifted onto a stack, and the one on top is given a head, the next word or
 * the one below it. Projective trees only; linear in the number of words, about 50 microseconds each.
 */
import { best, feature, hashed, type LinearModel, score } from "./perceptron.js";

export const MOVES = ["shift", "right", "left"] as const;
const [SHIFT, RIGHT, LEFT] = [0, 1, 2];

/** A parse under way over `count` words; the root stands behind them, as word `count`. */
export class ParserState {
  readonly count: number;
  /** Head of each word; -1 where none is given yet. */
  readonly heads: Int32Array;
  readonly stack: number[] = [];
  /** The next word. */
  next = 0;
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #leftmost: Int32Array;
  readonly #rightmost: Int32Array;

  constructor(count: number) {
    this.count = count;
    const filled = (value: number) => new Int32Array(count + 1).fill(value);
    this.heads = filled(-1);
    [this.#lefts, this.#rights] = [filled(0), filled(0)];
    [this.#leftmost, this.#rightmost] = [filled(-1), filled(-1)];
  }

  get isDone(): boolean {
    return this.next >= this.count && this.stack.length === 0;
  }

  allows(move: number): boolean {
    if (move === SHIFT) return this.next < this.count;
    return this.stack.length >= (move === RIGHT ? 2 : 1);
  }

  make(move: number): void {
    if (move === SHIFT) {
      this.stack.push(this.next++);
      return;
    }
    const word = this.stack.pop()!;
    const head = move === RIGHT ? this.stack.at(-1)! : this.next;
    this.heads[word] = head;
    if (move === LEFT) {
      this.#lefts[head]++;
      if (this.#leftmost[head] < 0 || word < this.#leftmost[head]) this.#leftmost[head] = word;
    } else {
      this.#rights[head]++;
      if (word > this.#rightmost[head]) this.#rightmost[head] = word;
    }
  }

  /** Children of a word so far: how many on each side, the outermost of each. */
  children(word: number): readonly [lefts: number, rights: number, leftmost: number, rightmost: number] {
    if (word < 0) return [0, 0, -1, -1];
    return [this.#lefts[word], this.#rights[word], this.#leftmost[word], this.#rightmost[word]];
  }

  /** The moves after which the best parse that can still be reached is as good as before. @param gold the true heads, the root as `count`. */
  goldMoves(gold: ArrayLike<number>): number[] {
    const { stack, next, count } = this;
    const top = stack.at(-1);
    if (top === undefined) return [SHIFT];
    if (this.allows(SHIFT) && gold[next] === top) return [SHIFT];
    if (gold[top] === next) return [LEFT];
    const costly = new Set([SHIFT, RIGHT, LEFT].filter((move) => !this.allows(move)));
    // the word below is its head: the next word must not become it
    if (stack.length > 1 && gold[top] === stack.at(-2)) costly.add(LEFT);
    // pushing the next word loses its links with the stack
    if (next < count && stack.some((word) => gold[word] === next || gold[next] === word)) costly.add(SHIFT);
    // popping the top loses its links with the words to come
    for (let word = next + 1; word <= count; word++) {
      if ((word < count && gold[word] === top) || gold[top] === word) {
        costly.add(LEFT);
        costly.add(RIGHT);
      }
    }
    return [SHIFT, RIGHT, LEFT].filter((move) => !costly.has(move));
  }
}

const ROOT = hashed("<root>");

/** Hashes of the words, the root behind them. */
export const wordHashes = (tokens: readonly string[]): Int32Array =>
  Int32Array.from([...tokens.map((token) => hashed(token.toLowerCase().replace(/\d/g, "0"))), ROOT]);

/** What the next move depends on. @param words see `wordHashes`. @param tags numbers, one for each word; the root's is added here. */
export function parserFeatures(state: ParserState, words: Int32Array, tags: ArrayLike<number>): number[] {
  const { stack, next, count } = state;
  const word = (i: number | undefined) => (i === undefined || i < 0 || i > count ? 0 : words[i]);
  const tag = (i: number | undefined) => (i === undefined || i < 0 || i > count ? -2 : i === count ? -1 : tags[i]);
  const [s0, s1, s2] = [stack.at(-1), stack.at(-2), stack.at(-3)];
  const [n0, n1, n2] = [next, next + 1, next + 2];
  const [s0l, s0r, s0lm, s0rm] = state.children(s0 ?? -1);
  const [s1l, s1r, s1lm, s1rm] = state.children(s1 ?? -1);
  const [n0l, , n0lm] = state.children(n0 <= count ? n0 : -1);
  const distance = s0 === undefined ? 0 : Math.min(n0 - s0, 6);
  const apart = s1 === undefined || s0 === undefined ? 0 : Math.min(s0 - s1, 6);
  const singles = [s0, s1, s2, n0, n1, n2].flatMap((at, i) => [
    feature(3 * i, word(at)),
    feature(3 * i + 1, tag(at)),
    feature(3 * i + 2, word(at), tag(at)),
  ]);
  return [
    ...singles,
    feature(30, word(s0), word(n0)),
    feature(31, tag(s0), tag(n0)),
    feature(32, word(s0), tag(n0)),
    feature(33, tag(s0), word(n0)),
    feature(34, word(s0), tag(s0), tag(n0)),
    feature(35, tag(s0), word(n0), tag(n0)),
    feature(36, tag(n0), tag(n1)),
    feature(37, tag(s0), tag(s1)),
    feature(38, word(s0), word(s1)),
    feature(39, tag(s0), word(s1)),
    feature(40, word(s0), tag(s1)),
    feature(41, tag(s0), tag(n0), tag(n1)),
    feature(42, tag(s1), tag(s0), tag(n0)),
    feature(43, tag(s2), tag(s1), tag(s0)),
    feature(44, tag(n0), tag(n1), tag(n2)),
    feature(45, tag(s0), tag(s0lm), tag(n0)),
    feature(46, tag(s0), tag(s0rm), tag(n0)),
    feature(47, tag(s0), tag(n0), tag(n0lm)),
    feature(48, tag(s1), tag(s1rm), tag(s0)),
    feature(49, tag(s1), tag(s1lm), tag(s0)),
    feature(50, word(s0), s0l, s0r),
    feature(51, tag(s0), s0l, s0r),
    feature(52, word(n0), n0l),
    feature(53, tag(n0), n0l),
    feature(54, tag(s1), s1l, s1r),
    feature(55, tag(s0), tag(n0), distance),
    feature(56, word(s0), word(n0), distance),
    feature(57, tag(s1), tag(s0), apart),
    feature(58, word(s1), tag(s0), tag(n0)),
    feature(59, tag(s1), tag(s0), word(n0)),
    feature(60, distance, apart),
    feature(61, word(s0rm), tag(s0)),
    feature(62, word(s0lm), tag(s0)),
  ];
}

/**
 * Heads of the words of one sentence, -1 for the root's. Every word has one, and there is no cycle.
 * @param tags numbers of universal tags.
 */
export function parse(model: LinearModel, tokens: readonly string[], tags: ArrayLike<number>): Int32Array {
  const state = new ParserState(tokens.length);
  const words = wordHashes(tokens);
  const scores = new Float64Array(MOVES.length);
  while (!state.isDone) {
    score(model, parserFeatures(state, words, tags), scores);
    state.make(best(scores, (move) => state.allows(move)));
  }
  return state.heads.subarray(0, tokens.length).map((head) => (head === tokens.length ? -1 : head));
}

/** Words on the longest way from a root to a word: 1 for a single word, 0 for none. */
export function parseDepth(heads: ArrayLike<number>): number {
  const depths = new Int32Array(heads.length);
  let deepest = 0;
  for (let word = 0; word < heads.length; word++) {
    const way: number[] = []; // no recursion: a text of many words may be one long chain
    let at = word;
    for (; at >= 0 && depths[at] === 0; at = heads[at]) way.push(at);
    let depth = at < 0 ? 0 : depths[at];
    for (const each of way.reverse()) depths[each] = ++depth;
    deepest = Math.max(deepest, depths[word]);
  }
  return deepest;
}
