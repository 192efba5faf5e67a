/** JSON that others may have written, to be compared or written again: as deep as nothing of ours is, it would overflow the stack there. */

/** Lists and objects within each other. */
const DEEPEST = 100;

/** Like `JSON.parse`. Errors: `SyntaxError`, also for what is nested more than 100 levels deep. */
export function parseJson(text: string): unknown {
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    if (isQuoted) {
      if (letter === BACKSLASH) i++;
      else if (letter === QUOTE) isQuoted = false;
    } else if (letter === QUOTE) isQuoted = true;
    else if (letter === LIST || letter === OBJECT) {
      if (++depth > DEEPEST) throw new SyntaxError(`lists and objects are nested more than ${DEEPEST} levels deep`);
    } else if (letter === LIST_END || letter === OBJECT_END) depth--;
  }
  return JSON.parse(text);
}

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = [...'"\\[]{}'].map((letter) => letter.charCodeAt(0));
