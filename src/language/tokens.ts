/**
 * From text to tokens and back, as the reference's vocabularies assume: words and punctuation in lower case, one token each.
 * The way back is theirs to the letter, oddities included ("People 's faces", no capitals within a sentence).
 */
import { words } from "./words.js";

/** Tokens of a text: its words and punctuation marks, in lower case. */
export const tokenize = (text: string): string[] => words(text).map((word) => word.toLowerCase());

/**
 * A text of tokens: no space before . , ; : nor around hyphens; each sentence begins with a capital and is otherwise in
 * lower case.
 */
export function joinTokens(tokens: readonly string[]): string {
  const text = tokens
    .join(" ")
    .replace(/ ([.,;:])/g, "$1")
    .replace(/ -/g, "-")
    .replace(/- /g, "-");
  const sentences = text.split(".").map((sentence) => capitalise(sentence.trim()));
  return sentences.join(". ").trim();
}

function capitalise(sentence: string): string {
  const [first = "", ...rest] = sentence;
  return first.toUpperCase() + rest.join("").toLowerCase();
}
