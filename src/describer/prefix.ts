/**
 * Beginnings of captions as linked tokens, and the saving the whole describer rests on. What an LSTM step costs depends
 * almost entirely on the state it starts from (attention, gate, recurrent product); the token only selects a row of a
 * table. Beam search continues one state with many tokens, so the expensive part is done once per state: a step takes
 * distinct *parents* and, for each *child*, the index of its parent and its token.
 */
import type { Scratch } from "./scratch.js";

/** A sequence that begins at the origin and whose last token is `token`. */
export interface Prefix {
  readonly token: number;
  /** The sequence without its last token; undefined at the origin, the state before `<start>`. */
  readonly previous: Prefix | undefined;
  /** Recurrent state after reading `token`; empty until the sequence has been stepped. Valid until the next step. */
  state: Float32Array;
}

/** The prefix before every token, with the state it begins in. */
export const origin = (state: Float32Array): Prefix => ({ token: -1, previous: undefined, state });

/** Prefixes to step, as the graphs want them. */
export interface Generation<P extends Prefix> {
  /** For each distinct parent the first prefix that continues it. */
  readonly firsts: readonly P[];
  /** States of the parents, float32 [parent, state]. */
  readonly states: Float32Array;
  /** Row of its parent, of each prefix: int64 [child]. */
  readonly parents: BigInt64Array;
  /** Last token of each prefix: int64 [child]. */
  readonly tokens: BigInt64Array;
}

/**
 * Groups prefixes by the state they continue, in order of first appearance. The states of the parents are copied into
 * `scratch`, so that what they are views of may be overwritten.
 */
export function generation<P extends Prefix>(
  prefixes: readonly P[],
  stateSize: number,
  scratch: Scratch,
): Generation<P> {
  const rows = new Map<Prefix, number>();
  const firsts: P[] = [];
  const parents = new BigInt64Array(prefixes.length);
  prefixes.forEach((prefix, child) => {
    let row = rows.get(prefix.previous!);
    if (row === undefined) {
      row = firsts.push(prefix) - 1;
      rows.set(prefix.previous!, row);
    }
    parents[child] = BigInt(row);
  });
  const states = scratch.take(firsts.length * stateSize);
  firsts.forEach((prefix, row) => {
    states.set(prefix.previous!.state, row * stateSize);
  });
  return { firsts, states, parents, tokens: BigInt64Array.from(prefixes, ({ token }) => BigInt(token)) };
}

/** The `count` rows of a matrix, as views. */
export function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, row) => data.subarray(row * size, (row + 1) * size));
}
