/**
 * Whether a description speaks of something (paper, section 6): by words, in any number of the noun, by phrases, and by beginnings of words. On
 * request by meaning too: a synonym of a wanted word, a kind of a wanted thing (`meaning.ts`), or a word whose vector is near enough to a wanted one's.
 */
import { singularsOf } from "../../data/labels/plurals.js";
import { cosine, type WordVectors, wordsOf } from "../analysis/criteria.js";
import { type Meanings, thingsIn } from "./meaning.js";

/** What is looked for. */
export interface Wanted {
  /** Words ("face"), phrases ("traffic light") and beginnings ("eye*"), in lower case. */
  readonly words: readonly string[];
  /** Whether synonyms of the words count as well. */
  readonly synonyms?: boolean | undefined;
  /** Nouns in lower case: whatever is a kind of them counts, "dog" for "animal". */
  readonly kinds?: readonly string[] | undefined;
  /** Least cosine of a word of the description with a wanted word; needs `vectors`. */
  readonly near?: { readonly least: number; readonly vectors: WordVectors } | undefined;
}

/** Something in a description that speaks of what is wanted. */
export interface Match {
  /** As the description has it. */
  readonly said: string;
  /** The wanted word, or kind of thing. */
  readonly wanted: string;
  readonly by: "word" | "synonym" | "kind" | "near";
}

/** Why it matches, for people. */
export function reasonOf({ said, wanted, by }: Match): string {
  const reasons = { word: said, synonym: `${said}: synonym of ${wanted}`, kind: `${said}: kind of ${wanted}` };
  return by === "near" ? `${said}: near ${wanted}` : reasons[by];
}

/** What is wanted, for people. */
export const wantedOf = ({ words, kinds = [] }: Wanted): string =>
  [...words, ...kinds.map((kind) => `kinds of ${kind}`)].join(", ");

/**
 * What in a description speaks of what is wanted, each once, plain words first; none where nothing does.
 * @param meanings needed for synonyms and kinds; see `openMeanings`.
 */
export function matches(description: string, wanted: Wanted, meanings?: Meanings): Match[] {
  const { words, near } = wanted;
  const said = wordsOf(description);
  const found = words.flatMap((word) =>
    occurrences(said, word).map((text): Match => ({ said: text, wanted: word, by: "word" })),
  );
  if (wanted.synonyms || wanted.kinds) found.push(...byMeaning(description, wanted, meanings!));
  if (near) {
    for (const word of said) {
      const own = near.vectors.get(word);
      const nearest = words.find((other) => {
        const vector = near.vectors.get(other);
        return own && vector && cosine(own, vector) >= near.least;
      });
      if (nearest !== undefined) found.push({ said: word, wanted: nearest, by: "near" });
    }
  }
  const seen = new Set<string>();
  return found.filter((match) => !seen.has(match.said) && seen.add(match.said));
}

function byMeaning(description: string, { words, synonyms, kinds = [] }: Wanted, meanings: Meanings): Match[] {
  const things = thingsIn(description, meanings);
  const same = (synonyms ? words : []).flatMap((wanted) => {
    const own = new Set(formsOf(wanted).flatMap((form) => meanings.nouns.meaningsOf(form)));
    return things
      .filter((thing) => thing.meanings.some((meaning) => own.has(meaning)))
      .map((thing): Match => ({ said: thing.said, wanted, by: "synonym" }));
  });
  const below = kinds.flatMap((wanted) => {
    const own = formsOf(wanted).flatMap((form) => meanings.nouns.meaningsOf(form));
    return things.flatMap((thing): Match[] => {
      const isKind = thing.meanings.some((meaning) => {
        const above = meanings.nouns.kindsOf(meaning);
        return own.some((kind) => above.has(kind));
      });
      return isKind ? [{ said: thing.said, wanted, by: isSame(thing.said, wanted) ? "word" : "kind" }] : [];
    });
  });
  return [...same, ...below];
}

function occurrences(said: readonly string[], wanted: string): string[] {
  const parts = wordsOf(wanted.replace(/\*$/, ""));
  const isBeginning = wanted.endsWith("*");
  return said.flatMap((_, at) => {
    const here = said.slice(at, at + parts.length);
    const fits =
      here.length === parts.length &&
      parts.every((part, i) => {
        const isLast = i === parts.length - 1;
        return isBeginning && isLast ? here[i].startsWith(part) : isSame(here[i], part);
      });
    return fits ? [here.join(" ")] : [];
  });
}

/** A wanted noun as WordNet may have it. */
const formsOf = (wanted: string) => singularsOf(wordsOf(wanted).join(" "));

/** Whether two words are forms of one noun, or the same. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [forms, others] = [singularsOf(a), singularsOf(b)];
  return forms.includes(b) || others.includes(a) || forms.some((form) => others.includes(form));
}
