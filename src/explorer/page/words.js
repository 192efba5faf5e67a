/** What the page says about numbers and doubts. */
import { facts } from "./data.js";

/** A doubt in two words. One that the page does not know is given as it is. */
export const doubtName = (doubt) => facts.doubts[doubt]?.[0] ?? doubt;

/** A doubt in a sentence. */
export const doubtSentence = (doubt) => facts.doubts[doubt]?.[1] ?? `Doubtful: ${doubt}.`;

/** What stands for a description where there is none. */
export function silenceOf({ doubts, unit }, described) {
  if (doubts.length > 0) return "Cannot tell";
  return described ? "Not described" : `Unit ${unit}`;
}

export const real = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));

/** An activation or a level: numbers of any size. */
export const amount = (value) => (value === null ? "–" : String(Number(value.toPrecision(3))).replace("-", "−"));

export const percent = (share) =>
  share === null ? "–" : `${share < 0.0995 ? (share * 100).toFixed(1) : Math.round(share * 100)} %`;

export const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/**
 * The description in as many pieces as the captioner made tokens, each with the white space before it; the last may be its
 * stop. Punctuation marks are tokens, unless that does not come out even. Undefined when nothing does.
 */
export function tokensOf(text, count) {
  for (const pattern of [/\s*([^\s.,;:-]+|[.,;:-])/g, /\s*\S+/g]) {
    const pieces = text.match(pattern) ?? [];
    if (pieces.length === count || pieces.length === count - 1) return pieces;
  }
  return undefined;
}
