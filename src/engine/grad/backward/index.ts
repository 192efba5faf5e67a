/** The table of derivatives: one rule for every operator, or this file does not compile. */
import type { Operator } from "../operators.js";
import { elementwise } from "./elementwise.js";
import { matrices } from "./matrices.js";
import { normalisation } from "./normalisation.js";
import type { Backward } from "./rule.js";
import { shaping } from "./shaping.js";
import { windows } from "./windows.js";

export const BACKWARD: { readonly [O in Operator]: Backward<O> } = {
  ...elementwise,
  ...matrices,
  ...windows,
  ...normalisation,
  ...shaping,
};
