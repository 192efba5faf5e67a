/** What people type, made one plain line. It is shown to others and written to tables; it is never markup. */

/** Longest description in characters; the longest of MILANNOTATIONS are a few dozen words. */
export const LONGEST_DESCRIPTION = 500;
export const LONGEST_NICKNAME = 40;

/** On one line, without control characters and such as reverse the direction of what follows; composed (NFC). */
export const oneLine = (text: string): string =>
  text
    .normalize("NFC")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();

/** The same for texts that differ in case, punctuation or spaces only. */
export const sameness = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
