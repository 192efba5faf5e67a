/** Which units of a run are listed, and in which order. The last few lists are kept, as a page asks for the parts of one after another. */
import type { z } from "@hono/zod-openapi";
import type { Review } from "../../studies/audit/reviews.js";
import type { SORTS, UnitQuery } from "../api/schemas.js";
import { Knowledge } from "./knowledge.js";
import type { ServedRun, ServedUnit } from "./served-run.js";
import { verdictOf } from "./verdicts.js";

export type Asked = Omit<z.infer<typeof UnitQuery>, "offset" | "limit">;

const KEPT = 8;

export class Listing {
  readonly #run: ServedRun;
  readonly knowledge: Knowledge;
  readonly #kept = new Map<string, readonly ServedUnit[]>();
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
    const among = scores ? [...scores.keys()].map((at) => this.#run.units[at]) : this.#run.units;
    const tests = await this.#tests(asked, verdicts);
    const found = among.filter((unit) => tests.every((fits) => fits(unit)));
    found.sort(orderOf(asked, scores));
    this.#kept.set(key, found);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > KEPT) this.#kept.delete(oldest);
    return found;
  }

  async #scores({ q, meaning }: Asked): Promise<Map<number, number> | undefined> {
    const nearness = meaning === "1" && q.trim() !== "" ? await this.knowledge.nearness() : undefined;
    return this.knowledge.search().find(q, nearness);
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

type Order = (a: ServedUnit, b: ServedUnit) => number;

/** Of equal ones, as they stand in the run. What has no value for an order comes last, whichever way it goes. */
function orderOf({ sort, descending }: Asked, scores: Map<number, number> | undefined): Order {
  const sign = descending === "1" ? -1 : 1;
  const inRun: Order = (a, b) => a.at - b.at;
  if (sort === "layer") return (a, b) => sign * inRun(a, b);
  const value = sortValue(sort, scores);
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return inRun(a, b);
    if (x === null || y === null) return x === null ? 1 : -1;
    return sign * (x < y ? -1 : 1);
  };
}

function sortValue(sort: (typeof SORTS)[number], scores: Map<number, number> | undefined) {
  const said = (unit: ServedUnit) => unit.described?.description || null;
  const values: Record<string, (unit: ServedUnit) => number | string | null> = {
    // the best first, unless turned round
    relevance: ({ at }) => -(scores?.get(at) ?? 0),
    pmi: ({ described }) => described?.pmi ?? null,
    confidence: ({ described }) => described?.confidence ?? null,
    logp: ({ described }) => described?.logp ?? null,
    text: (unit) => said(unit)?.toLowerCase() ?? null,
    length: (unit) => said(unit)?.split(/\s+/).length ?? null,
  };
  return values[sort];
}
