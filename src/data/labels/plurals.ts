/**
 * Plurals of English nouns, by rule with the exceptions that things in pictures need. Forwards they put names into words, backwards
 * they find the names that a word may stand for; backwards several are offered, and whoever knows the names takes the one that exists.
 */

const IRREGULAR: Readonly<Record<string, string>> = {
  person: "people",
  man: "men",
  woman: "women",
  child: "children",
  foot: "feet",
  tooth: "teeth",
  goose: "geese",
  mouse: "mice",
  ox: "oxen",
  die: "dice",
  leaf: "leaves",
  loaf: "loaves",
  knife: "knives",
  wife: "wives",
  shelf: "shelves",
  wolf: "wolves",
  calf: "calves",
  half: "halves",
  scarf: "scarves",
  hoof: "hooves",
  potato: "potatoes",
  tomato: "tomatoes",
  mango: "mangoes",
  hero: "heroes",
  lens: "lenses",
  quiz: "quizzes",
  cactus: "cacti",
  axis: "axes",
  monarch: "monarchs",
  stomach: "stomachs",
};

/** Nouns without a plural of their own: what cannot be counted, and what is the same for one and many. */
const UNCHANGED = new Set(
  (
    "fur hair foliage brickwork wickerwork mesh lettering text writing print grass water wood metal glass sand snow ice stone " +
    "plastic paper fabric cloth leather rubber concrete cotton wool soil dirt mud gravel asphalt skin ground land sea " +
    "darkness food fruit bread rice furniture clothing jewellery jewelry machinery traffic equipment nature wildlife scenery " +
    "vegetation sheep deer fish aircraft spacecraft salmon squid series species indoors outdoors pyjamas pajamas " +
    "footwear swimwear kitchenware goldfish jellyfish bison tarmac underwater corn plaster guacamole brass " +
    "smoke fire rain lightning bamboo straw hay moss ivory gold silver steel iron copper marble ceramic"
  ).split(" "),
);
const BACKWARDS = new Map(Object.entries(IRREGULAR).map(([one, many]) => [many, one]));

/** The plural of a noun of one or more words: of its last word, or of what comes before "of" ("chests of drawers"). */
export function pluralOf(noun: string): string {
  const [before, head, rest] = headOf(noun);
  return before + pluralOfWord(head) + rest;
}

function pluralOfWord(word: string): string {
  const irregular =
    IRREGULAR[word] ?? (/(?:wo|^fire|^police|^sports|^snow)man$/.test(word) ? word.replace(/man$/, "men") : undefined);
  if (irregular !== undefined) return irregular;
  if (UNCHANGED.has(word) || BACKWARDS.has(word)) return word;
  if (/(?:ss|us|is|as|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/s$/.test(word)) return word; // glasses, stairs, eyes
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** Whether a noun looks the same for one and for many, so that it takes no "a": "grass", "stairs". */
export const isUncounted = (noun: string): boolean => pluralOf(noun) === noun;

/** The noun itself and all nouns that it may be the plural of, the likeliest first. Of several words the head counts. */
export function singularsOf(noun: string): readonly string[] {
  const [before, word, rest] = headOf(noun);
  const found = [word];
  const irregular = BACKWARDS.get(word) ?? (/[a-z]men$/.test(word) ? word.replace(/men$/, "man") : undefined);
  if (irregular !== undefined) found.push(irregular);
  if (/ies$/.test(word)) found.push(`${word.slice(0, -3)}y`);
  if (/(?:s|x|z|ch|sh|o)es$/.test(word)) found.push(word.slice(0, -2));
  if (/[^s]s$/.test(word)) found.push(word.slice(0, -1));
  return found.map((one) => before + one + rest);
}

/** What is before the head of a noun, the head, and what is after it: ["", "chest", " of drawers"], ["fire ", "engine", ""]. */
function headOf(noun: string): [before: string, head: string, rest: string] {
  const [, front, rest = ""] = /^(.+?)( (?:of|with|in|on) .+)?$/s.exec(noun) ?? ["", noun, ""];
  const at = front.lastIndexOf(" ") + 1;
  return [front.slice(0, at), front.slice(at), rest];
}
