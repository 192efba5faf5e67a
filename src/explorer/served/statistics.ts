/** What the descriptions of a run are like, taken together. */
import type { z } from "@hono/zod-openapi";
import { isVague } from "../../language/vague.js";
import { DOUBTS } from "../../run/descriptions.js";
import type { Dashboard } from "../api/schemas.js";
import { singularIn } from "./clusters.js";
import type { PartOfSpeech, TaggedWord } from "./parts-of-speech.js";
import { descriptionOf, type ServedRun, type ServedUnit } from "./served-run.js";

type Shown = z.infer<typeof Dashboard>;
export type Statistics = Pick<Shown, "layers" | "words" | "doubts">;
const MOST_WORDS = 100;

/** @param tagged the words of every unit's description, by its place. */
export function layerStatistics(run: ServedRun, tagged: readonly (readonly TaggedWord[])[]): Shown["layers"] {
  return run.layerNames.map((layer, place) => {
    const units = run.units.filter(({ layerPlace }) => layerPlace === place);
    const described = units.filter((unit) => descriptionOf(unit) !== "");
    const words = described.flatMap(({ at }) => tagged[at]);
    const share = (part: PartOfSpeech) => ratio(words.filter(({ speech }) => speech === part).length, words.length);
    return {
      layer,
      units: units.length,
      words: new Set(words.map(({ word }) => word)).size,
      length: ratio(words.length, described.length),
      nouns: share("noun"),
      adjectives: share("adjective"),
      prepositions: share("adposition"),
      verbs: share("verb"),
      confidence: meanConfidence(described),
      doubted: units.filter(({ doubts }) => doubts.length > 0).length,
    };
  });
}

/** The words that most units' descriptions have, singular and plural taken together; those that tell nothing are left out. */
export function frequentWords(tagged: readonly (readonly TaggedWord[])[]): Shown["words"] {
  const plain = singularIn(new Set(tagged.flatMap((words) => words.map(({ word }) => word))));
  const counts = new Map<string, number>();
  for (const words of tagged) {
    const telling = words.filter(({ speech, word }) => speech && speech !== "adposition" && !isVague(word));
    for (const word of new Set(telling.map((one) => plain(one.word)))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([word, units]) => ({ word, units }));
}

/** Doubts that occur, the most frequent first. */
export function doubtCounts(units: readonly ServedUnit[]): Shown["doubts"] {
  return DOUBTS.map((doubt) => ({ doubt, units: units.filter(({ doubts }) => doubts.includes(doubt)).length }))
    .filter(({ units }) => units > 0)
    .sort((a, b) => b.units - a.units);
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

function meanConfidence(units: readonly ServedUnit[]): number | null {
  const known = units.flatMap(({ described }) => described?.confidence ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
