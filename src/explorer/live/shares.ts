/** What a classifier says, as shares of classes. */
import type { z } from "@hono/zod-openapi";
import { UserError } from "../../base/errors.js";
import { type GraphIndex, indexGraph } from "../../engine/onnx/graph.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { ClassShare } from "../api/schemas.js";

/** `shares`: the network's own; classes need not exclude each other, so they need not sum to 1. `logits`: shares by softmax. */
export type Saying = "shares" | "logits";

/** Operators that leave the values as they are. */
const SAME = new Set(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Cast"]);
const TO_SHARES = new Set(["Softmax", "Sigmoid", "HardSigmoid"]);

/** Whether a network's output are shares already, as far as the graph says so. */
export function sayingOf(model: OnnxModel, output: string): Saying {
  const index = indexGraph(model);
  return TO_SHARES.has(makerOf(output, index) ?? "") ? "shares" : "logits";
}

/** The operator that makes a tensor's values. */
function makerOf(name: string, index: GraphIndex): string | undefined {
  const node = index.producer.get(name);
  return node && SAME.has(node.opType) ? makerOf(node.input[0], index) : node?.opType;
}

/** How many classes an answer shows. */
export const MOST_CLASSES = 10;

/** How far a sum of float32 shares may be from 1. */
const NEARLY = 1e-3;

/**
 * Shares of classes, 0 to 1. Values that are all from 0 to 1 and sum to 1 are taken as they are, whoever made them: some exporters write a
 * softmax as exponents and a division.
 * @param said one row of the output.
 * Errors: `UserError` where a value is no number.
 */
export function sharesOf(said: Float32Array, saying: Saying): Float64Array {
  if (!said.every(Number.isFinite)) {
    throw new UserError(
      "running the network: what it says of the classes are no finite numbers; leave fewer units silent",
    );
  }
  const own = Float64Array.from(said);
  const sum = own.reduce((a, b) => a + b, 0);
  const areShares = Math.abs(sum - 1) < NEARLY && own.every((value) => value >= 0 && value <= 1);
  if (saying === "shares" || areShares) return own;
  const most = said.reduce((a, b) => Math.max(a, b));
  const exponents = own.map((value) => Math.exp(value - most));
  const whole = exponents.reduce((a, b) => a + b, 0);
  return exponents.map((value) => value / whole);
}

/** Numbers of the classes with the largest values, largest first. */
export const largest = (values: ArrayLike<number>, count: number): number[] =>
  Array.from(values, (_, i) => i)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, count);

/** Shares before and after of some classes. */
export const changes = (
  classes: readonly number[],
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  nameOf: (number: number) => string,
): z.infer<typeof ClassShare>[] =>
  classes.map((number) => ({ class: number, name: nameOf(number), before: before[number], after: after[number] }));
