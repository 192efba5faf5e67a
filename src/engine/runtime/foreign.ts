/** Runs a model that came with files of its own (a tokeniser, settings): when ONNX Runtime refuses, these do not fit together. */
import { messageOf, UserError } from "../../base/errors.js";
import type { Arrays, Session } from "./session.js";

/**
 * As `Session.run`.
 * @param operation what is being done, with what, and `expected` what would do; for the message.
 * Errors: `UserError` when the run fails.
 */
export async function runForeign(
  session: Session,
  feeds: Arrays,
  { operation, expected, fetches }: { operation: string; expected: string; fetches?: readonly string[] },
): Promise<Arrays> {
  try {
    return await session.run(feeds, fetches);
  } catch (error) {
    throw new UserError(`${operation}: ${messageOf(error)}; expected ${expected}`, { cause: error });
  }
}
