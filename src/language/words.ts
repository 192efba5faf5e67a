/**
 * Words of English texts as spaCy's tokeniser finds them, for what occurs in short descriptions: the reference's vocabularies and
 * counts are made of its tokens. Its algorithm on each piece between white space: unless the piece is a known exception, one
 * prefix and one suffix after another is taken off, then what is left is cut at infixes.
 *
 * Left out: addresses of web pages and mail, emoticons, symbols outside of punctuation, and most of its abbreviations with full stops.
 */

const LETTER = "\\p{L}";
const QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉";
const PUNCTUATION = "…,:;!?¿؟¡()\\[\\]{}<>_#*&。？！，、；：～·";
const CURRENCY = "$£€¥฿";
const UNITS = "km²|km³|km|m²|m³|m|dm|cm²|cm|mm²|mm|µm|nm|ha|m/s|km/h|kg|g|mg|lb|oz|kb|mb|gb|tb|%|px|°";

const PREFIX = new RegExp(`^(?:\\.\\.+|[§%=—–]|\\+(?!\\d)|[${PUNCTUATION}${QUOTES}${CURRENCY}])`, "u");
const SUFFIX = new RegExp(
  "(?:\\.\\.+|['’][sS]|[—–]" +
    `|[${PUNCTUATION}${QUOTES}]` +
    "|(?<=\\d)\\+" +
    `|(?<=\\d)[${CURRENCY}]` +
    `|(?<=\\d)(?:${UNITS})` +
    `|(?<=[\\d\\p{Ll}%²\\-+${PUNCTUATION}${QUOTES}])\\.` +
    "|(?<=\\p{Lu}\\p{Lu})\\.)$",
  "u",
);
const INFIX = new RegExp(
  "(\\.\\.+|…" +
    "|(?<=\\d)[+\\-*^](?=[\\d-])" +
    `|(?<=[\\p{Ll}${QUOTES}])\\.(?=[\\p{Lu}${QUOTES}])` +
    `|(?<=${LETTER}),(?=${LETTER})` +
    `|(?<=${LETTER})(?:---|--|——|[-–—~])(?=${LETTER})` +
    `|(?<=[\\p{L}\\d])[:<>=/](?=${LETTER}))`,
  "u",
);

const NEGATED = "do|does|did|is|are|was|were|has|have|had|could|would|should|might|must|need|dare|ought".split("|");
const PERSONS = "i|you|he|she|it|we|they".split("|");
const SUBJECTS = [...PERSONS, ..."who|what|when|where|why|how|there|that|this|these|those|here".split("|")];
const ABBREVIATIONS = "e.g.|i.e.|etc.|vs.|mr.|mrs.|ms.|dr.|st.|co.|inc.|ltd.|jr.|no.|a.m.|p.m.|approx.|cf.".split("|");

/** Exceptions by their lower-case form: the lengths of their tokens. */
const EXCEPTIONS = new Map<string, readonly number[]>();
for (const apostrophe of ["'", "’"]) {
  for (const verb of NEGATED) EXCEPTIONS.set(`${verb}n${apostrophe}t`, [verb.length, 3]);
  for (const short of ["ca", "wo", "ai"]) EXCEPTIONS.set(`${short}n${apostrophe}t`, [short.length, 3]);
  for (const subject of SUBJECTS) {
    for (const end of ["s", "re", "ve", "ll", "d", "m"]) {
      EXCEPTIONS.set(`${subject}${apostrophe}${end}`, [subject.length, 1 + end.length]);
    }
  }
  EXCEPTIONS.set(`let${apostrophe}s`, [3, 2]);
  // ends that stand alone already
  for (const end of ["s", "re", "ve", "ll", "d", "m", "em"]) EXCEPTIONS.set(apostrophe + end, [1 + end.length]);
  EXCEPTIONS.set(`n${apostrophe}t`, [3]);
}
EXCEPTIONS.set("cannot", [3, 3]).set("gonna", [3, 2]).set("gotta", [3, 2]).set("dont", [2, 2]).set("doesnt", [4, 2]);
for (const word of ABBREVIATIONS) EXCEPTIONS.set(word, [word.length]);
for (const letter of "abcdefghijklmnopqrstuvwxyz") EXCEPTIONS.set(`${letter}.`, [2]);

/** The tokens of a text, as written. Joined, they are the text without its white space. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean).flatMap(tokensOf);
}

function tokensOf(piece: string): string[] {
  const before: string[] = [];
  const after: string[] = [];
  let rest = piece;
  while (rest !== "") {
    const known = EXCEPTIONS.get(rest.toLowerCase());
    if (known) {
      let at = 0;
      return [...before, ...known.map((length) => rest.slice(at, (at += length))), ...after];
    }
    const prefix = PREFIX.exec(rest)?.[0] ?? "";
    if (prefix !== "") {
      before.push(prefix);
      rest = rest.slice(prefix.length);
      continue;
    }
    const suffix = SUFFIX.exec(rest)?.[0] ?? "";
    if (suffix === "" || suffix === rest) break;
    after.unshift(suffix);
    rest = rest.slice(0, rest.length - suffix.length);
  }
  return [...before, ...rest.split(INFIX).filter(Boolean), ...after];
}
