/** What a model needs that came with files of its own (a tokeniser, settings): when ONNX Runtime refuses, these do not fit together. */
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

/**
 * Numbers of a text's tokens, from a tokenizer whose file a stranger wrote: its parts are looked at as they are used, and it may give anything.
 * @param operation what is being done, with what, and `expected` what would do; for the message.
 * Errors: `UserError` when it fails, or gives what are no numbers of tokens.
 */
export function foreignTokens(
  tokenize: () => readonly unknown[],
  { operation, expected }: { operation: string; expected: string },
): readonly number[] {
  let ids: readonly unknown[];
  try {
    ids = tokenize();
  } catch (error) {
    throw new UserError(`${operation}: ${messageOf(error)}; expected ${expected}`, { cause: error });
  }
  const isId = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) >= 0;
  if (Array.isArray(ids) && ids.every(isId)) return ids;
  throw new UserError(`${operation}: its tokenizer gives no numbers for tokens; expected ${expected}`);
}
