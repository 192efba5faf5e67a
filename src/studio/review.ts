/**
 * Looking through what was said: accept, or reject with a reason. A unit lacks a rejected answer again and is given to somebody else; never to the
 * same person.
 */
import { UserError } from "../base/errors.js";
import { expire, takenOf } from "./assignment.js";
import type { Database } from "./database.js";
import { type Flag, judge } from "./judging.js";
import type { Study } from "./study.js";
import { oneLine } from "./text.js";

export const STATUSES = ["pending", "accepted", "rejected"] as const;
export type Status = (typeof STATUSES)[number];

/** An answer with all that is known about it. */
export interface Answered {
  readonly id: number;
  readonly unitId: number;
  readonly unitCode: string;
  /** The published name of its layer. */
  readonly layer: string;
  readonly unit: number;
  readonly annotatorId: number;
  /** Who said it: their code and nickname. */
  readonly annotator: string;
  readonly nickname: string;
  readonly text: string;
  /** From opening to sending, and how long the page was in view of that, in milliseconds. */
  readonly elapsed: number;
  readonly active: number | null;
  readonly submitted: number;
  readonly status: Status;
  /** Why it was rejected. */
  readonly reason: string;
  readonly flags: readonly Flag[];
}

/** All answers, oldest first, with their flags. */
export function answers({ database, settings }: Study): Answered[] {
  const rows = database.all<Omit<Answered, "flags">>(
    `SELECT n.id, n.unit AS unitId, units.code AS unitCode, units.published AS layer, units.unit, n.annotator AS annotatorId,
            who.code AS annotator, who.nickname, n.text, n.elapsed, n.active, n.submitted, n.status, n.reason
     FROM annotations n JOIN units ON units.id = n.unit JOIN annotators who ON who.id = n.annotator ORDER BY n.id`,
  );
  const flags = judge(
    rows.map(({ id, annotatorId, text, elapsed }) => ({ id, annotator: annotatorId, text, elapsed })),
    settings,
  );
  return rows.map((row) => ({ ...row, flags: flags.get(row.id)! }));
}

export type Verdict = { readonly accept: true } | { readonly accept: false; readonly reason: string };

/**
 * Gives a verdict on answers, all or none of them.
 * Errors: `UserError` for answers that are not there, for a rejection without a reason, and for taking one back in whose place has been filled.
 */
export function review({ database, settings }: Study, ids: readonly number[], verdict: Verdict, now: number): void {
  const reason = verdict.accept ? "" : oneLine(verdict.reason);
  if (!verdict.accept && reason === "")
    throw new UserError("reviewing: no reason was given; expected one with a rejection");
  database.transaction(() => {
    expire(database, now);
    for (const id of ids) {
      const row = database.get<{ unit: number; status: Status }>("SELECT unit, status FROM annotations WHERE id = ?", [
        id,
      ]);
      if (!row) throw new UserError(`reviewing: there is no answer ${id}`);
      if (verdict.accept && row.status === "rejected" && takenOf(database, row.unit) >= settings.annotators) {
        throw new UserError("reviewing: others have described the unit since, or are at it; the rejection stands");
      }
      database.run("UPDATE annotations SET status = ?, reason = ?, reviewed = ? WHERE id = ?", [
        ...[verdict.accept ? "accepted" : "rejected", reason, now, id],
      ]);
    }
  });
}

/** Sends a person away, or lets them back in. What they said is for the reviewer to judge; a unit they have before them is freed. */
export function bar(database: Database, annotator: number, barred: boolean, now: number): void {
  database.transaction(() => {
    database.run("UPDATE annotators SET barred = ? WHERE id = ?", [barred ? now : null, annotator]);
    if (barred)
      database.run("UPDATE assignments SET state = 'expired' WHERE annotator = ? AND state = 'open'", [annotator]);
  });
}
