/**
 * Rules for a pipeline, from a JSON file that is kept with the code of the model it guards:
 *
 *     { "rules": [{ "name": "no faces", "words": ["face", "nose", "eye*"], "max": 0 }, { "words": ["text"], "max": 3, "certain": true }] }
 */
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import type { Rule } from "./audit.js";

/** Reads a policy. Errors: `UserError` naming the rule that is wrong. */
export async function readPolicy(path: string): Promise<Rule[]> {
  const wrong = (what: string) => new UserError(`reading ${path}: ${what}`);
  let found: unknown;
  try {
    found = JSON.parse((await readWhole("reading", path)).toString("utf8"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong(`${messageOf(error)}; expected JSON with a list of "rules"`);
  }
  const rules = (found as { rules?: unknown } | null)?.rules;
  if (!Array.isArray(rules) || rules.length === 0)
    throw wrong('no rules; expected { "rules": [{ "words": [...], "max": 0 }, ...] }');
  return rules.map((rule: unknown, i) => {
    const { name, words, max, certain, ...rest } = (rule ?? {}) as Record<string, unknown>;
    const bad = (what: string, expected: string) => wrong(`rule ${i + 1}: ${what}; expected ${expected}`);
    const [strange] = Object.keys(rest);
    if (strange !== undefined) throw bad(`unknown property "${strange}"`, "name, words, max, certain");
    const isList =
      Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string" && /\w/.test(word));
    if (!isList) throw bad("no words", 'a list such as ["face", "eye*"]');
    if (max !== undefined && !(Number.isInteger(max) && Number(max) >= 0))
      throw bad(`max ${JSON.stringify(max)}`, "a whole number from 0");
    if (certain !== undefined && typeof certain !== "boolean") throw bad("certain is no truth value", "true or false");
    if (name !== undefined && typeof name !== "string") throw bad("its name is no text", "text");
    return ruleOf(words as string[], { name, max: max as number | undefined, certain: certain as boolean | undefined });
  });
}

/** A rule from words as people write them. */
export function ruleOf(
  words: readonly string[],
  { name, ...more }: Omit<Partial<Rule>, "words" | "name"> & { readonly name?: string | undefined } = {},
): Rule {
  return { name: name ?? words.join(", "), words: words.map((word) => word.toLowerCase().trim()), ...more };
}
