/**
 * Three simulated annotators, who look at the same evidence and choose to say different things of it, as people do: one names what it is as
 * exactly as they can, one in general words, one what it looks like. Each sometimes takes what fits second or third best.
 */
import type { Random } from "../../base/random.js";
import type { Query } from "../../data/labels/query.js";
import { type Candidates, isAttribute } from "./candidates.js";
import type { Fit } from "./fit.js";
import type { Picture, View } from "./views.js";

export interface Habit {
  readonly name: "specific" | "generic" | "attribute-first";
  /** How much a fit is worth saying; -Infinity for what they never say. */
  worth(fit: Fit, generality: Generality): number;
  /** Least precision at which they are sure. */
  readonly sure: number;
  /** How often they use another word than the plainest, 0..1. */
  readonly synonyms: number;
  /** How often they speak of one thing rather than of many. */
  readonly singular: number;
}

/** How special a name is: 0 for "animal", more for what is a kind of it. */
export type Generality = (name: string) => number;

/**
 * What of a fit speaks for saying it, nats. Information alone chooses what is striking, which is less often what fits a unit best in pictures that the
 * annotators do not see; the exemplars' IoU alone chooses what is everywhere. What they are worth: `scripts/grade-annotators.js`.
 * What is known of pictures at large counts most.
 */
const evidence = ({ expectedIou, iou, atLarge }: Fit) =>
  atLarge === undefined
    ? Math.log(expectedIou) + 1.5 * Math.log(iou + 0.02)
    : 2 * Math.log(atLarge.iou + 0.005) + 0.5 * Math.log(iou + 0.02);
/** Nats that a further part of a sentence must bring. */
const LENGTH = 0.15;

export const HABITS: readonly Habit[] = [
  {
    ...{ name: "specific", sure: 0.25, synonyms: 0.25, singular: 0.3 },
    worth: (fit) => evidence(fit) - LENGTH * length(fit.query) + (mentions(fit.query, isName) ? 0.15 : 0),
  },
  {
    ...{ name: "generic", sure: 0.35, synonyms: 0.4, singular: 0.1 },
    worth(fit, generality) {
      const isSpecial = mentions(fit.query, (query) => query.is === "thing" && generality(query.name) > 1);
      if (isSpecial) return Number.NEGATIVE_INFINITY;
      const isFine = mentions(fit.query, (query) => query.is === "thing" && generality(query.name) > 0);
      return evidence(fit) + 0.7 * Math.log(fit.precision) - 2 * LENGTH * length(fit.query) - (isFine ? 0.2 : 0);
    },
  },
  {
    ...{ name: "attribute-first", sure: 0.25, synonyms: 0.35, singular: 0.15 },
    worth(fit, generality) {
      const isSpecial = mentions(fit.query, (query) => query.is === "thing" && generality(query.name) > 1);
      const looks = mentions(fit.query, isAttribute) ? (fit.precision >= 0.45 ? 0.6 : 0.3) : 0;
      return evidence(fit) + looks - (LENGTH / 2) * length(fit.query) - (isSpecial ? 0.4 : 0);
    },
  },
];

/**
 * Places are seen last: where in the picture something is strikes people only when nothing else does. The middle hardly ever, since that is
 * where pictures have their things. Nor do they often remark that something is smooth.
 */
function isStriking({ query, precision }: Fit): boolean {
  if (query.is !== "place") return true;
  return precision >= (query.place === "middle" || query.place === "border" ? 0.93 : 0.85);
}
function dullness(query: Query): number {
  if (query.is === "object") return 0.7;
  if (query.is === "place") return 0.45;
  return mentions(query, (part) => part.is === "texture" && part.name === "smooth") ? 0.5 : 0;
}

/** What is not worth a word, nats: as good as chance. */
const LEAST_INFORMATION = 0.15;
/** What is true of a minority of what is masked is said where it is much rarer elsewhere. */
const isSure = ({ precision, base, information }: Fit, { sure }: Habit): boolean =>
  precision >= sure && information >= LEAST_INFORMATION && (precision >= 0.5 || precision > 3 * base);

/** Least share of the masks, and lift, of what is said where units are known at large by every pixel. */
const KNOWN = { precision: 0.2, information: 0.02, lift: 2 };
const isKnown = ({ precision, information, atLarge }: Fit): boolean =>
  precision >= KNOWN.precision && information >= KNOWN.information && atLarge!.lift >= KNOWN.lift;

/** How often another than the best is said. */
const MISTAKEN = 0.06;

/** What an annotator would say of a unit; undefined when nothing fits. Draws one number. @param isExact whether fits at large are known, by every pixel. */
export function choose(
  { all }: Candidates,
  habit: Habit,
  generality: Generality,
  random: Random,
  ignored: ReadonlySet<string>,
  isExact: boolean,
): Fit | undefined {
  const draw = random.uniform();
  const good = all
    .filter((fit) => (isExact ? isKnown(fit) : isSure(fit, habit)))
    .filter((fit) => isStriking(fit) && !mentions(fit.query, (part) => part.is === "thing" && ignored.has(part.name)))
    .map((fit) => ({ fit, worth: habit.worth(fit, generality) - dullness(fit.query) }))
    .filter(({ worth }) => worth > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.worth - a.worth)
    .map(({ fit }) => fit);
  if (draw >= MISTAKEN || good.length < 2) return good[0];
  return good[Math.min(good.length - 1, draw < MISTAKEN / 3 ? 2 : 1)];
}

/** Generality by the things there are: names are listed from special to general. */
export function generalityOf(views: readonly View[], sample: readonly Picture[]): Generality {
  const ranks = new Map<string, number>();
  for (const { labels } of [...views.map(({ picture }) => picture), ...sample]) {
    for (const { names } of labels.things) {
      for (const [i, name] of names.entries()) {
        ranks.set(name, Math.max(ranks.get(name) ?? 0, names.length - 1 - i));
      }
    }
  }
  return (name) => ranks.get(name) ?? 0;
}

const isName = ({ is }: Query) => is === "thing" || is === "part" || is === "person" || is === "text";

/** Whether a part of a query is so. */
export function mentions(query: Query, test: (part: Query) => boolean): boolean {
  return test(query) || partsOf(query).some((part) => mentions(part, test));
}

/** Parts beyond the first. */
function length(query: Query): number {
  const parts = partsOf(query);
  if (parts.length === 0) return query.is === "place" ? 1 : 0;
  const own = query.is === "region" ? 1 : query.is === "and" || query.is === "or" ? parts.length - 1 : 1.5;
  return own + parts.reduce((sum, part) => sum + length(part), 0);
}

export function partsOf(query: Query): readonly Query[] {
  if (query.is === "and" || query.is === "or") return query.of;
  if ("what" in query) return [query.what, query.to];
  if ("of" in query && query.of !== undefined) return [query.of as Query];
  return [];
}
