/**
 * Descriptions that say nothing: true of nearly any unit of any network. People write such things when they see no rule, and describers learn
 * it from them; a reader who skims a list of thousands should not take "random areas" for a finding.
 */
import { words } from "./words.js";

const list = (text: string): string[] => text.split(" ");

/** Words that say how things are put, not what they are. */
const PUTTING = new Set(
  list(
    "a an the of in on and or with to at by for from all any many much most some several few various different other maybe perhaps mainly mostly often " +
      "is are have has it they that this these those there which",
  ),
);

/** Words that tell no unit from another, in the singular or as they are used. */
const SAYS_NOTHING = new Set([
  ...PUTTING,
  ...list(
    "else such kind kinds type sort thing things object objects item items area areas part parts region regions spot spots place places section sections " +
      "element elements picture pictures image images photo photos photograph photographs detail details mix collection set " +
      "random small little unclear unknown miscellaneous assorted general generally usually nothing something anything none no not " +
      "particular specific special clear clearly visible common pattern rule hard difficult tell say see shown " +
      "highlighted focus similar same single one multiple numerous",
  ),
]);

/** Whether no word of a description tells the unit from others. An empty description says nothing, but is not vague. */
export function isVague(description: string): boolean {
  const said = saidIn(description);
  return said.length > 0 && said.every((word) => SAYS_NOTHING.has(word));
}

/** The words of a description that tell the unit from others, in their order, as often as they are said, regular plurals as their singular. */
export const wordsTelling = (description: string): string[] =>
  saidIn(description)
    .filter((word) => !SAYS_NOTHING.has(word))
    .map(singular);

/** What a description speaks of: its words but those that put it together, each once, a regular plural as its singular. */
export const wordsSpoken = (description: string): Set<string> =>
  new Set(
    saidIn(description)
      .filter((word) => !PUTTING.has(word))
      .map(singular),
  );

const singular = (word: string): string =>
  word
    .replace(/(?<=\p{L}{3})ies$/u, "y")
    .replace(/(?<=ss|sh|ch|x)es$/u, "")
    .replace(/(?<=\p{L}{2}[^s\P{L}])s$/u, "");

const saidIn = (description: string): string[] =>
  words(description.toLowerCase()).filter((word) => /\p{L}|\p{N}/u.test(word));
