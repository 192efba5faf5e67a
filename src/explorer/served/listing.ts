/** Which units of a run are listed, and in which order. The last few lists are kept, as a page asks for the parts of one after another. */
import type { z } from "@hono/zod-openapi";
import type { Review } from "../../studies/audit/reviews.js";
import type { SORTS, UnitQuery } from "../api/schemas.js";
import { Knowledge } from "./knowledge.js";
import { descriptionOf, type ServedRun, type ServedUnit } from "./served-run.js";
import { verdictOf } from "./verdicts.js";

export type Asked = Omit<z.infer<typeof UnitQuery>, "offset" | "limit">;

const KEPT = 8;

export class Listing {
  readonly #run: ServedRun;
  readonly knowledge: Knowledge;
  readonly #kept = new Map<string, readonly ServedUnit[]>();
  readonly #orders = new Map<string, readonly ServedUnit[]>();
  #verdicts: ReadonlyMap<string, Review> | undefined;

  constructor(run: ServedRun, knowledge = new Knowledge(run)) {
    this.#run = run;
    this.knowledge = knowledge;
  }

  /** All units that fit, in the order that is asked for. */
  async units(asked: Asked): Promise<readonly ServedUnit[]> {
    const verdicts = await this.#run.verdicts.latest();
    if (verdicts !== this.#verdicts) this.#kept.clear();
    this.#verdicts = verdicts;
    const key = JSON.stringify(keyed(asked));
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const scores = await this.#scores(asked);
    const tests = await this.#tests(asked, verdicts);
    if (scores) tests.unshift(({ at }) => scores.has(at));
    const found = this.#ordered(asked, scores).filter((unit) => tests.every((fits) => fits(unit)));
    this.#kept.set(key, found);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > KEPT) this.#kept.delete(oldest);
    return found;
  }

  async #scores({ q, meaning }: Asked): Promise<Map<number, number> | undefined> {
    if (q.trim() === "") return undefined;
    return this.knowledge.search().find(q, meaning === "1" ? await this.knowledge.nearness() : undefined);
  }

  /** All units of the run in an order; those that do not depend on what is searched for are kept. */
  #ordered({ sort, descending }: Asked, scores: Map<number, number> | undefined): readonly ServedUnit[] {
    const { units } = this.#run;
    if (sort === "relevance")
      return scores
        ? inOrder(
            [...scores.keys()].map((at) => units[at]),
            byScore(scores),
            descending,
          )
        : units;
    const key = `${sort}${descending}`;
    let order = this.#orders.get(key);
    if (!order) this.#orders.set(key, (order = inOrder(units, VALUES[sort], descending)));
    return order;
  }

  async #tests(asked: Asked, verdicts: ReadonlyMap<string, Review>): Promise<((unit: ServedUnit) => boolean)[]> {
    const tests: ((unit: ServedUnit) => boolean)[] = [];
    const { doubt, verdict, minConfidence, speech, cluster } = asked;
    if (asked.layers !== "") {
      const layers = new Set(asked.layers.split(",").map(Number));
      tests.push(({ layerPlace }) => layers.has(layerPlace));
    }
    if (doubt === "certain") tests.push(({ doubts }) => doubts.length === 0);
    else if (doubt === "doubted") tests.push(({ doubts }) => doubts.length > 0);
    else if (doubt !== "any") tests.push(({ doubts }) => doubts.includes(doubt));
    if (verdict !== "any") tests.push((unit) => (verdictOf(verdicts, unit)?.verdict ?? "none") === verdict);
    if (minConfidence > 0) tests.push(({ described }) => (described?.confidence ?? 0) >= minConfidence);
    if (speech !== "any") {
      const spoken = await this.knowledge.speech();
      tests.push(({ at }) => spoken.has(at, speech));
    }
    if (cluster >= 0) {
      const { of } = await this.knowledge.clusters();
      tests.push(({ at }) => of[at] === cluster);
    }
    return tests;
  }
}

/** In one order, whatever else a query has. */
const keyed = ({ q, meaning, layers, doubt, verdict, speech, cluster, minConfidence, sort, descending }: Asked) => [
  ...[q, meaning, layers, doubt, verdict, speech, cluster, minConfidence, sort, descending],
];

type Value = (unit: ServedUnit) => number | string | null;

const said = (unit: ServedUnit) => descriptionOf(unit) || null;
const VALUES: Readonly<Record<Exclude<(typeof SORTS)[number], "relevance">, Value>> = {
  layer: ({ at }) => at,
  pmi: ({ described }) => described?.pmi ?? null,
  confidence: ({ described }) => described?.confidence ?? null,
  logp: ({ described }) => described?.logp ?? null,
  text: (unit) => said(unit)?.toLowerCase() ?? null,
  length: (unit) => said(unit)?.split(/\s+/).length ?? null,
};

/** The best first, unless turned round. */
const byScore =
  (scores: ReadonlyMap<number, number>): Value =>
  ({ at }) =>
    -scores.get(at)!;

/** Of equal ones, as they stand in the run. What has no value comes last, whichever way it goes. */
function inOrder(units: readonly ServedUnit[], sortValue: Value, descending: "0" | "1"): ServedUnit[] {
  const sign = descending === "1" ? -1 : 1;
  const keyed = units.map((unit) => ({ unit, value: sortValue(unit) }));
  keyed.sort(({ unit: a, value: x }, { unit: b, value: y }) => {
    if (x === y) return a.at - b.at;
    if (x === null || y === null) return x === null ? 1 : -1;
    return sign * (x < y ? -1 : 1);
  });
  return keyed.map(({ unit }) => unit);
}
