/**
 * Whether a description speaks of something (paper, section 6): by words, in any number of the noun, by phrases, and by beginnings of words. By
 * meaning where vectors are given: a word that is near enough to a wanted one counts as that.
 */
import { singularsOf } from "../../data/labels/plurals.js";
import { cosine, type WordVectors, wordsOf } from "../analysis/criteria.js";

/** What is looked for. */
export interface Wanted {
  /** Words ("face"), phrases ("traffic light") and beginnings ("eye*"), in lower case. */
  readonly words: readonly string[];
  /** Least cosine of a word of the description with a wanted word; needs `vectors`. */
  readonly near?: { readonly least: number; readonly vectors: WordVectors } | undefined;
}

/** The wanted words, phrases or beginnings that a description has, as it has them; none where it speaks of none. */
export function matches(description: string, { words, near }: Wanted): string[] {
  const said = wordsOf(description);
  const found = words.flatMap((wanted) => occurrences(said, wanted));
  if (near) {
    for (const word of said) {
      const own = near.vectors.get(word);
      if (!own || found.includes(word)) continue;
      const isNear = words.some((wanted) => {
        const other = near.vectors.get(wanted);
        return other !== undefined && cosine(own, other) >= near.least;
      });
      if (isNear) found.push(word);
    }
  }
  return [...new Set(found)];
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

/** Whether two words are forms of one noun, or the same. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [forms, others] = [singularsOf(a), singularsOf(b)];
  return forms.includes(b) || others.includes(a) || forms.some((form) => others.includes(form));
}
