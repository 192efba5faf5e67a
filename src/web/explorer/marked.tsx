/** Text with the words that were searched for marked. */

/** @param words as typed: a word of the text is marked when it begins with one of them. */
export function Marked({ text, words }: { text: string; words: string }) {
  const beginnings = beginningsOf(words);
  if (beginnings.length === 0) return text;
  return text.split(/([\p{L}\p{N}]+)/u).map((part, i) => {
    const hit = beginnings.some((word) => isFoundIn(part.toLowerCase(), word));
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text have no other name
    return hit ? <mark key={i}>{part}</mark> : part;
  });
}

const beginningsOf = (words: string): string[] => words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Whether a text has all of these words, or words that begin with them. */
export function says(text: string, words: string): boolean {
  const parts = beginningsOf(text);
  return beginningsOf(words).every((word) => parts.some((part) => isFoundIn(part, word)));
}

/** Singular and plural find each other. */
const isFoundIn = (part: string, word: string) =>
  part.startsWith(word) || (word.length > 3 && word.endsWith("s") && part === word.slice(0, -1));
