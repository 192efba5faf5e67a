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
  const before: string[] = [];
  const after: string[] = [];
  let rest = piece;
  while (rest !== "" && !exceptions.has(rest)) {
    const prefix = PREFIX.exec(rest)?.[0] ?? "";
    const bare = rest.slice(prefix.length);
    const suffix = exceptions.has(bare) ? "" : (SUFFIX.exec(bare)?.[0] ?? "");
    if (prefix === "" && suffix === "") break;
    const short = rest.slice(0, rest.length - suffix.length);
    const keepsPrefix = suffix !== "" && exceptions.has(short);
    if (prefix !== "" && !keepsPrefix) before.push(prefix);
    if (suffix !== "") after.unshift(suffix);
    rest = keepsPrefix ? short : bare.slice(0, bare.length - suffix.length);
  }
  const middle = exceptions.get(rest) ?? rest.split(INFIX).filter(Boolean);
  return [...before, ...middle, ...after];
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
