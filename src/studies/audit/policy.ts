/**
 * Rules for a pipeline, from a JSON file that is kept with the code of the model it guards:
 *
 *     { "rules": [{ "name": "no faces", "words": ["face", "nose", "eye*"], "max": 0 }, { "words": ["text"], "max": 3, "certain": true },
 *                 { "kinds": ["person"], "max": 0 }, { "words": ["car"], "synonyms": true }] }
 */
import { messageOf, UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { parseJson } from "../../base/json.js";
import type { Rule } from "./audit.js";
import { wantedOf } from "./match.js";

/** Reads a policy. Errors: `UserError` naming the rule that is wrong. */
export async function readPolicy(path: string): Promise<Rule[]> {
  const wrong = (what: string) => new UserError(`reading ${path}: ${what}`);
  let found: unknown;
  try {
    found = parseJson((await readWhole("reading", path)).toString("utf8"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong(`${messageOf(error)}; expected JSON with a list of "rules"`);
  }
  const rules = (found as { rules?: unknown } | null)?.rules;
  if (!Array.isArray(rules) || rules.length === 0)
    throw wrong('no rules; expected { "rules": [{ "words": [...], "max": 0 }, ...] }');
  return rules.map((rule: unknown, i) => {
    const { name, words = [], kinds, synonyms, max, certain, ...rest } = (rule ?? {}) as Record<string, unknown>;
    const bad = (what: string, expected: string) => wrong(`rule ${i + 1}: ${what}; expected ${expected}`);
    const [strange] = Object.keys(rest);
    if (strange !== undefined) throw bad(`unknown property "${strange}"`, "name, words, synonyms, kinds, max, certain");
    const isSaid = isList(words) && (kinds === undefined || isList(kinds));
    if (!isSaid || words.length + (kinds?.length ?? 0) === 0)
      throw bad("no words", 'a list such as ["face", "eye*"], or kinds such as ["animal"]');
    if (max !== undefined && !(Number.isInteger(max) && Number(max) >= 0))
      throw bad(`max ${JSON.stringify(max)}`, "a whole number from 0");
    for (const [title, value] of Object.entries({ certain, synonyms }))
      if (value !== undefined && typeof value !== "boolean") throw bad(`${title} is no truth value`, "true or false");
    if (name !== undefined && typeof name !== "string") throw bad("its name is no text", "text");
    return ruleOf(words, { name, kinds, ...({ max, certain, synonyms } as Partial<Rule>) });
  });
}

const isList = (list: unknown): list is string[] =>
  Array.isArray(list) && list.every((word) => typeof word === "string" && /\w/.test(word));

/** A rule from words as people write them. */
export function ruleOf(
  words: readonly string[],
  { name, kinds, ...more }: Omit<Partial<Rule>, "words" | "name"> & { readonly name?: string | undefined } = {},
): Rule {
  const plainly = (list: readonly string[]) => list.map((word) => word.toLowerCase().trim());
  const wanted = { words: plainly(words), ...(kinds && { kinds: plainly(kinds) }) };
  return { name: name ?? wantedOf({ ...wanted, words }), ...wanted, ...more };
}
