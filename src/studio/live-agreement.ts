/**
 * How far annotators agree while they are at it: the measures of `milan annotations`, over what was not rejected; and of each person with the others
 * of the same units, which is where somebody who writes just anything shows.
 */
import { annotatorAgreement } from "../data/annotations/agreement.js";
import { normalised, sumOf } from "../language/metric.js";
import { openMetrics } from "../language/metrics.js";
import { rouge } from "../language/rouge.js";
import { type Answered, answers } from "./review.js";
import type { Study } from "./study.js";

export interface LiveAgreement {
  /** One for all layers together ("") and one for each, of every measure. Empty: no unit has two answers. */
  readonly measures: readonly {
    readonly metric: string;
    readonly layer: string;
    readonly units: number;
    readonly score: number | null;
  }[];
  /** ROUGE-L of each person's answers with the others of their units, by code; who is alone everywhere is left out. */
  readonly people: ReadonlyMap<string, number>;
}

const NONE: LiveAgreement = { measures: [], people: new Map() };

/** What of a study its agreement depends on. */
const STATE = `SELECT count(*) || ' ' || coalesce(sum(id * (status = 'rejected')), 0) AS state FROM annotations`;

/** Computes it once for each state of the study, however often it is asked. */
export class AgreementWatch {
  readonly #study: Study;
  #at = "";
  #found: Promise<LiveAgreement> = Promise.resolve(NONE);

  constructor(study: Study) {
    this.#study = study;
  }

  now(): Promise<LiveAgreement> {
    const { state } = this.#study.database.get<{ state: string }>(STATE)!;
    if (state !== this.#at) {
      this.#at = state;
      this.#found = agreementOf(answers(this.#study).filter(({ status }) => status !== "rejected"));
    }
    return this.#found;
  }
}

/** Agreement of answers. */
export async function agreementOf(said: readonly Answered[]): Promise<LiveAgreement> {
  const byUnit = new Map<number, Answered[]>();
  for (const answer of said) byUnit.set(answer.unitId, [...(byUnit.get(answer.unitId) ?? []), answer]);
  const shared = [...byUnit.values()].filter((list) => list.length > 1);
  if (shared.length === 0) return NONE;
  const list = said.map(({ layer, unit, text }) => ({ layer, unit, summary: text }));
  const metrics = await openMetrics({});
  const measures: LiveAgreement["measures"][number][] = [];
  for (const metric of metrics.list) {
    for (const { layer, units, score } of await annotatorAgreement(list, metric)) {
      measures.push({ metric: metric.name, layer, units, score: Number.isNaN(score) ? null : score });
    }
  }
  await metrics.close();
  return { measures, people: await withOthers(shared) };
}

async function withOthers(shared: readonly (readonly Answered[])[]): Promise<Map<string, number>> {
  const metric = rouge("L");
  const rows = shared.flatMap((unit) =>
    unit.map((answer) => ({
      answer,
      others: unit.filter((other) => other !== answer).map(({ text }) => normalised(text)),
    })),
  );
  const statistics = await metric.statistics(
    rows.map(({ answer }) => normalised(answer.text)),
    rows.map(({ others }) => others),
  );
  const people = new Map<string, Float64Array[]>();
  for (const [i, { answer }] of rows.entries()) {
    people.set(answer.annotator, [...(people.get(answer.annotator) ?? []), statistics[i]]);
  }
  return new Map([...people].map(([person, theirs]) => [person, metric.score(sumOf(theirs), theirs.length)]));
}
