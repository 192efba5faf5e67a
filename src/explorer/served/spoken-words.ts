/** A description's words as the captioner said them. */

/**
 * The description in as many pieces as the captioner made tokens; the last of those may be its stop. Punctuation marks are tokens, unless that does
 * not come out even. None when nothing does.
 */
export function spokenWords(text: string, tokens: number): readonly string[] {
  for (const pattern of [/[^\s.,;:-]+|[.,;:-]/g, /\S+/g]) {
    const pieces = text.match(pattern) ?? [];
    if (pieces.length === tokens || pieces.length === tokens - 1) return pieces;
  }
  return [];
}
