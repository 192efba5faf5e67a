/**
 * Words of English texts as spaCy's tokeniser finds them (version 3.8): the reference's vocabularies and counts are made of its tokens.
 * Its algorithm on each piece between white space: unless the piece is a known exception, one prefix and one suffix after another
 * is taken off, then what is left is cut at infixes, and exceptions among the parts are put together again.
 *
 * Left out: addresses of web pages and mail, and rules for other scripts.
 */
import { EXCEPTIONS } from "./word-exceptions.js";

const LETTER = "\\p{L}";
const QUOTES = "'\"”“`‘´’‚‘„»«「」『』（）〔〕【】《》〈〉";
const PUNCTUATION = "…,:;!?¿؟¡()\\[\\]{}<>_#*&。？！，、；：～·";
const CURRENCY = "$£€¥฿₽₹₩₪₫₺";
const SYMBOLS = "\\p{So}"; // the degree sign is one
const UNITS =
  "km²|km³|km/h|kmh|km|mm²|mm³|mm|mbar|mb|mph|m/s|mg|m²|m³|m|dm²|dm³|dm|cm²|cm³|cm|ha|µm|nm|yd|in|ft|kg|g|µg|tb|t|lb|oz|hPa|Pa|MB|kb|KB|gb|GB|TB|T|G|M|K|%";

const PREFIX = new RegExp(
  `^(?:\\.\\.+|[§%=—–]|\\+(?!\\d)|(?:US|C|A)\\$|[${PUNCTUATION}${QUOTES}${CURRENCY}${SYMBOLS}])`,
  "u",
);
const SUFFIX = new RegExp(
  "(?:\\.\\.+|……|['’][sS]|[—–]" +
    `|[${PUNCTUATION}${QUOTES}${SYMBOLS}]` +
    "|(?<=\\d)\\+" +
    `|(?<=\\d)[${CURRENCY}]` +
    `|(?<=\\d)(?:${UNITS})` +
    "|(?<=°[FfCcKk])\\." +
    `|(?<=[\\d\\p{Ll}%²\\-+${PUNCTUATION}${QUOTES}])\\.` +
    "|(?<=\\p{Lu}\\p{Lu})\\.)$",
  "u",
);
const INFIX = new RegExp(
  `(\\.\\.+|[…${SYMBOLS}]` +
    "|(?<=\\d)[+\\-*^](?=[\\d-])" +
    `|(?<=[\\p{Ll}${QUOTES},])\\.(?=[\\p{Lu}${QUOTES},])` +
    `|(?<=${LETTER}),(?=${LETTER})` +
    `|(?<=[\\p{L}\\d])(?:---|--|——|[-–—~])(?=${LETTER})` +
    `|(?<=[\\p{L}\\d])[:<>=/](?=${LETTER}))`,
  "u",
);

const LONGEST = Math.max(...[...EXCEPTIONS.keys()].map((text) => text.length));
/** Longer than any suffix but full stops, and what stands before it. */
const TAIL = 32;

/** By the tokens that the rules alone make of them, separated by spaces: exceptions that have to be put together again. */
const RESTORED = new Map(
  [...EXCEPTIONS]
    .filter(([text]) => [PREFIX, SUFFIX, INFIX].some((rule) => rule.test(text)))
    .map(([text, tokens]) => [byRules(text, new Map()).join(" "), tokens]),
);
const MOST_PARTS = Math.max(...[...RESTORED.keys()].map((text) => text.split(" ").length));

/** The tokens of a text, as written. Joined, they are the text without its white space. */
export function words(text: string): string[] {
  return text
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((piece) => restored(byRules(piece, EXCEPTIONS)));
}

function byRules(piece: string, exceptions: typeof EXCEPTIONS): readonly string[] {
  // hashing a long string again and again would cost the square of its length
  const isKnown = (text: string) => text.length <= LONGEST && exceptions.has(text);
  const before: string[] = [];
  const after: string[] = []; // from the last
  let rest = piece;
  while (rest !== "" && !isKnown(rest)) {
    const prefix = PREFIX.exec(rest)?.[0] ?? "";
    const bare = rest.slice(prefix.length);
    const suffix = isKnown(bare) ? "" : suffixOf(bare);
    if (prefix === "" && suffix === "") break;
    const short = rest.slice(0, rest.length - suffix.length);
    const keepsPrefix = suffix !== "" && isKnown(short);
    if (prefix !== "" && !keepsPrefix) before.push(prefix);
    if (suffix !== "") after.push(suffix);
    rest = keepsPrefix ? short : bare.slice(0, bare.length - suffix.length);
  }
  const middle = exceptions.get(rest) ?? rest.split(INFIX).filter(Boolean);
  return [...before, ...middle, ...after.reverse()];
}

/** Looks at the end of a long text only; the whole where the end is one suffix, as many full stops are. */
function suffixOf(text: string): string {
  const found = SUFFIX.exec(text.slice(-TAIL));
  const whole = found?.index === 0 && text.length > TAIL ? SUFFIX.exec(text) : found;
  return whole?.[0] ?? "";
}

/** Puts exceptions together again, the longest first, from the left. */
function restored(tokens: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (let first = 0; first < tokens.length; ) {
    let count = Math.min(MOST_PARTS, tokens.length - first);
    let known = RESTORED.get(tokens.slice(first, first + count).join(" "));
    while (!known && count > 1) known = RESTORED.get(tokens.slice(first, first + --count).join(" "));
    found.push(...(known ?? [tokens[first]]));
    first += count;
  }
  return found;
}
