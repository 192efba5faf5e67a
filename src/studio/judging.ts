/**
 * What speaks against an answer before anybody has read it. A flag is a reason to look, not a verdict: nothing is rejected by itself. Two people
 * who say the same short thing of one unit agree; the same long sentence from two people was copied.
 */
import { isLatin, saysSomething } from "../data/annotations/english.js";
import { isVague } from "../language/vague.js";
import { words } from "../language/words.js";
import { sameness } from "./text.js";

export const FLAGS = [
  /** Has neither letter nor number. */
  "empty",
  /** The same person said it of several other units, or another person said the same long sentence. */
  "copied",
  /** One word. */
  "too-short",
  /** Speaks of the highlighting instead of what is highlighted. */
  "mentions-highlighting",
  /** Came sooner than the pictures can be looked at. */
  "too-fast",
  /** True of nearly any unit. */
  "vague",
  /** Not in Latin letters, and so not in English. */
  "not-english",
] as const;
export type Flag = (typeof FLAGS)[number];

/** An answer to be judged. */
export interface Judged {
  readonly id: number;
  readonly annotator: number;
  readonly text: string;
  /** From opening to sending, in milliseconds. */
  readonly elapsed: number;
}

/** Fewer words than this are too few. */
const LEAST_WORDS = 2;
/** So many units of one person may get the same answer without a flag. */
const REPEATS = 2;
/** Sentences of so many words do not agree by chance. */
const LONG_WORDS = 5;

const HIGHLIGHTING =
  /\bhigh[- ]?light|\bun-?masked\b|\b(lit|bright(er)?|non-?dark(ened)?|un-?dimmed|not dark(ened)?) (area|part|region|spot|section)s?\b/i;

const wordsIn = (text: string) => words(text).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;

/**
 * The flags of answers, each by its id.
 * @param all every answer of the study that counts, since copies are copies of others.
 */
export function judge(
  all: readonly Judged[],
  { leastSeconds }: { readonly leastSeconds: number },
): Map<number, Flag[]> {
  const isCopied = copies(all);
  return new Map(
    all.map((answer) => {
      const { id, text, elapsed } = answer;
      const says = saysSomething(text);
      const found: Record<Flag, boolean> = {
        empty: !says,
        copied: says && isCopied(answer),
        "too-short": says && wordsIn(text) < LEAST_WORDS,
        "mentions-highlighting": HIGHLIGHTING.test(text),
        "too-fast": elapsed < leastSeconds * 1000,
        vague: isVague(text),
        "not-english": !isLatin(text),
      };
      return [id, FLAGS.filter((flag) => found[flag])];
    }),
  );
}

function copies(all: readonly Judged[]): (answer: Judged) => boolean {
  const own = new Map<string, number>();
  const speakers = new Map<string, Set<number>>();
  for (const { annotator, text } of all) {
    const said = sameness(text);
    own.set(`${annotator} ${said}`, (own.get(`${annotator} ${said}`) ?? 0) + 1);
    const known = speakers.get(said);
    if (known) known.add(annotator);
    else speakers.set(said, new Set([annotator]));
  }
  return ({ annotator, text }) => {
    const said = sameness(text);
    const isOthers = wordsIn(text) >= LONG_WORDS && speakers.get(said)!.size > 1;
    return isOthers || own.get(`${annotator} ${said}`)! > REPEATS;
  };
}
