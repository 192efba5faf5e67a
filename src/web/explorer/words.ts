/** What the page says about doubts, verdicts and where there is no description. */
import { DOUBT_WORDS } from "../../explorer/doubt-words.js";
import type { Doubt, Run, UnitLine, Verdict } from "./client.js";

/** A doubt in two words. One that the page does not know is given as it is. */
export const doubtName = (doubt: Doubt): string => DOUBT_WORDS[doubt]?.[0] ?? doubt;

/** A doubt in a sentence. */
export const doubtSentence = (doubt: Doubt): string => DOUBT_WORDS[doubt]?.[1] ?? `Doubtful: ${doubt}.`;

export const VERDICTS: readonly (readonly [Verdict, string])[] = [
  ["yes", "fits"],
  ["no", "does not fit"],
  ["unsure", "unsure"],
];

export const verdictName = (verdict: Verdict): string => VERDICTS.find(([value]) => value === verdict)?.[1] ?? verdict;

/** What stands for a description where there is none. */
export function silenceOf({ doubts, unit }: Pick<UnitLine, "doubts" | "unit">, { described }: Run): string {
  if (doubts.length > 0) return "Cannot tell";
  return described > 0 ? "Not described" : `Unit ${unit}`;
}

/** A unit's place in words: its layer and number. */
export const unitName = (run: Run, { layer, unit }: Pick<UnitLine, "layer" | "unit">): string =>
  `${run.layers[layer]?.display ?? `layer ${layer}`} / ${unit}`;
