/** What a backward rule is. */
import type { Tensor } from "../graph.js";
import type { Operator, Operators } from "../operators.js";

/** A call of an operator in the forward program, and the gradient of the loss with respect to what it returned. */
export interface Call<O extends Operator> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Operators[O];
  /** Of the first output; zeros if the loss only depends on others. */
  readonly gradient: Tensor;
  /** Of each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | undefined)[];
}

/**
 * The gradients with respect to the inputs, undefined where there is none. They may be as large as the output where the input
 * was broadcast: the driver sums. They are programs like any other, so a rule has derivatives too.
 */
export type Backward<O extends Operator> = (call: Call<O>) => readonly (Tensor | undefined)[];

/** For operators whose result is an integer, a truth, or constant between jumps. */
export const flat = (): readonly undefined[] => [];
