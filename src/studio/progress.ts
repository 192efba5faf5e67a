/** How far a study is, and who did what. */
import { median } from "../base/median.js";
import { expire } from "./assignment.js";
import type { Flag } from "./judging.js";
import { type Answered, answers } from "./review.js";
import type { Study } from "./study.js";

export interface PersonProgress {
  readonly code: string;
  readonly nickname: string;
  readonly source: "studio" | "mturk";
  readonly joined: number;
  readonly qualified: boolean;
  readonly barred: boolean;
  /** Attempts at the qualification, and most right answers. */
  readonly attempts: number;
  readonly answers: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly flagged: number;
  readonly skipped: number;
  /** Middle time from opening to sending, in milliseconds; null without answers. */
  readonly medianMs: number | null;
}

export interface StudyProgress {
  readonly units: number;
  /** How many units have so many answers that count: `byAnswers[2]` have two; the last entry stands for all that are wanted, or more. */
  readonly byAnswers: readonly number[];
  /** Answers that count, and how many are wanted. */
  readonly answers: number;
  readonly wanted: number;
  readonly pending: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly flagged: Readonly<Record<Flag, number>>;
  /** Units that somebody has open. */
  readonly open: number;
  readonly medianMs: number | null;
  readonly layers: readonly { readonly layer: string; readonly units: number; readonly complete: number }[];
  readonly people: readonly PersonProgress[];
}

/** Progress as of now. */
export function progressOf(study: Study, now: number): StudyProgress {
  const { database, settings } = study;
  expire(database, now);
  const said = answers(study);
  const counted = said.filter(({ status }) => status !== "rejected");
  const perUnit = new Map<number, number>();
  for (const { unitId } of counted) perUnit.set(unitId, (perUnit.get(unitId) ?? 0) + 1);
  const units = study.units();
  const byAnswers = Array.from({ length: settings.annotators + 1 }, () => 0);
  const layers = new Map<string, { layer: string; units: number; complete: number }>();
  for (const { id, published } of units) {
    const has = Math.min(perUnit.get(id) ?? 0, settings.annotators);
    byAnswers[has]++;
    const layer = layers.get(published) ?? { layer: published, units: 0, complete: 0 };
    layers.set(published, layer);
    layer.units++;
    if (has === settings.annotators) layer.complete++;
  }
  const of = (status: Answered["status"]) => said.filter((answer) => answer.status === status).length;
  return {
    units: units.length,
    byAnswers,
    answers: counted.length,
    wanted: units.length * settings.annotators,
    ...{ pending: of("pending"), accepted: of("accepted"), rejected: of("rejected") },
    flagged: flagCounts(counted),
    open: database.get<{ n: number }>("SELECT count(*) AS n FROM assignments WHERE state = 'open'")!.n,
    medianMs: median(said.map(({ elapsed }) => elapsed)),
    layers: [...layers.values()].sort((a, b) => a.layer.localeCompare(b.layer, "en", { numeric: true })),
    people: peopleOf(study, said),
  };
}

function flagCounts(said: readonly Answered[]): Record<Flag, number> {
  const counts = {} as Record<Flag, number>;
  for (const flag of said.flatMap(({ flags }) => flags)) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}

function peopleOf({ database }: Study, said: readonly Answered[]): PersonProgress[] {
  const rows = database.all<{
    id: number;
    code: string;
    nickname: string;
    source: "studio" | "mturk";
    joined: number;
    qualified: number | null;
    barred: number | null;
    attempts: number;
    skipped: number;
  }>(
    `SELECT who.id, code, nickname, source, joined, qualified, barred,
            (SELECT count(*) FROM attempts WHERE annotator = who.id) AS attempts,
            (SELECT count(*) FROM assignments WHERE annotator = who.id AND state = 'skipped') AS skipped
     FROM annotators who ORDER BY who.id`,
  );
  return rows.map(({ id, qualified, barred, ...row }) => {
    const theirs = said.filter(({ annotatorId }) => annotatorId === id);
    const of = (status: Answered["status"]) => theirs.filter((answer) => answer.status === status).length;
    return {
      ...row,
      qualified: qualified !== null,
      barred: barred !== null,
      answers: theirs.length,
      accepted: of("accepted"),
      rejected: of("rejected"),
      flagged: theirs.filter(({ flags }) => flags.length > 0).length,
      medianMs: theirs.length === 0 ? null : median(theirs.map(({ elapsed }) => elapsed)),
    };
  });
}
