/**
 * What people write when they see no rule: something true of everything, or a list of what they happen to see.
 */
import type { Query } from "../../data/labels/query.js";
import type { Candidates } from "./candidates.js";
import { isAttribute } from "./candidates.js";
import type { Habit } from "./habits.js";
import { list, nounPhrase, type Speaker } from "./wording.js";

const NOTHING: Record<Habit["name"], readonly string[]> = {
  specific: [
    ...[
      "nothing in particular",
      "no clear pattern",
      "hard to tell",
      "random parts of pictures",
      "small details of objects",
    ],
    ...[
      "parts of different objects",
      "random spots",
      "small areas",
      "a mix of things",
      "details",
      "corners and edges of objects",
      "unclear",
    ],
  ],
  generic: [
    ...[
      "various objects",
      "different objects",
      "parts of objects",
      "objects",
      "random things",
      "many different things",
    ],
    ...[
      "objects and backgrounds",
      "edges of things",
      "all kinds of things",
      "random areas",
      "nothing specific",
      "things",
    ],
  ],
  "attribute-first": [
    ...["textured areas", "areas with contrast", "edges and lines", "light and dark areas", "different colours"],
    ...["areas where colours meet", "outlines", "patterns", "lines and edges", "uneven surfaces", "different shapes"],
  ],
};

/**
 * What is said of a unit that nothing fits: mostly the best of what there is. People often say nothing much ("various things"), but a describer that
 * has heard that of one unit in ten says it of four in ten: it is the one phrase that is never quite wrong.
 */
export function vagueSentence(habit: Habit, { atoms, areKin }: Candidates, say: Speaker): string {
  const telling = atoms.filter(({ query, information }) => {
    if (query.is === "object" || query.is === "background" || query.is === "place") return false;
    return information > 0.05;
  });
  const preferred = telling.filter(({ query }) => isAttribute(query) === (habit.name === "attribute-first"));
  const seen = preferred.length > 0 ? preferred : telling;
  const some: Query[] = [];
  for (const { query } of seen) {
    if (some.length < 3 && !some.some((other) => areKin(other, query))) some.push(query);
  }
  if (some.length === 0 || say.chance(0.04)) return say.any(NOTHING[habit.name]);
  const phrases = some.map((query) => nounPhrase(query, say));
  if (phrases.length === 1) {
    return say.any([
      `${phrases[0]} and other things`,
      `some ${phrases[0].replace(/^(?:an?|the) /, "")}`,
      `maybe ${phrases[0]}`,
    ]);
  }
  return list(phrases, say);
}
