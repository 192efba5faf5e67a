/**
 * Who describes what: every unit by so many people, nobody the same unit twice. A unit that somebody has opened is theirs until their lease runs
 * out; then it is given to others. Of the units that are open, those go first that lack the fewest answers, so that a study that is
 * stopped early has units with all their answers rather than many with one.
 *
 * At any moment the answers to a unit that count and the leases on it are together at most as many as are wanted (but for what is imported).
 */
import { randomBytes } from "node:crypto";
import { UserError } from "../base/errors.js";
import type { Annotator } from "./annotators.js";
import type { Database } from "./database.js";
import type { Study } from "./study.js";
import { LONGEST_DESCRIPTION, oneLine } from "./text.js";

/** A unit that a person has before them. */
export interface Assignment {
  readonly id: number;
  /** What the page knows it by. */
  readonly code: string;
  /** The unit's id, and its code. */
  readonly unit: number;
  readonly unitCode: string;
  readonly begun: number;
  readonly expires: number;
}

/** What there is for a person: a unit; or none, and whether one may come back that others have before them. */
export type Next = { readonly assignment: Assignment } | { readonly assignment: null; readonly waiting: boolean };

/** Gives a person the unit they have, or another, in one transaction. */
export function next(study: Study, { id }: Annotator, now: number): Next {
  const { database, settings } = study;
  const expires = now + settings.leaseMinutes * 60_000;
  return database.transaction(() => {
    expire(database, now);
    const held = database.get<{ id: number }>("SELECT id FROM assignments WHERE annotator = ? AND state = 'open'", [
      id,
    ]);
    if (held) {
      database.run("UPDATE assignments SET expires = ? WHERE id = ?", [expires, held.id]);
      return { assignment: assignmentOf(database, held.id) };
    }
    const open = openUnit(database, id, settings.annotators);
    if (open === undefined) return { assignment: null, waiting: mayComeBack(database, id, settings.annotators) };
    // who let a unit lapse may get it again
    database.run("DELETE FROM assignments WHERE annotator = ? AND unit = ? AND state = 'expired'", [id, open]);
    const made = database.run(
      "INSERT INTO assignments (code, unit, annotator, begun, expires, state) VALUES (?, ?, ?, ?, ?, 'open')",
      [randomBytes(9).toString("base64url"), open, id, now, expires],
    );
    return { assignment: assignmentOf(database, made) };
  });
}

/** What became of an answer. */
export type Taken = "taken" | "again" | "late" | "unknown";

/** An answer as it comes in. */
export interface Answer {
  readonly text: string;
  /** How long the page was in view, in milliseconds, as it says itself. */
  readonly activeMs?: number | undefined;
}

/**
 * Takes an answer. One that comes after its lease counts where the unit still lacks it, and is `late` where others have it by then; the same
 * one `again`, as when a connection broke before it was answered, changes nothing.
 * Errors: `UserError` for a text that is empty or too long.
 */
export function submit(study: Study, { id }: Annotator, code: string, { text, activeMs }: Answer, now: number): Taken {
  const said = oneLine(text);
  if (said === "") throw new UserError("describing: nothing was said; expected one sentence");
  if (said.length > LONGEST_DESCRIPTION) {
    throw new UserError(`describing: ${said.length} characters; expected at most ${LONGEST_DESCRIPTION}, one sentence`);
  }
  const { database, settings } = study;
  return database.transaction(() => {
    expire(database, now);
    const found = database.get<{ id: number; unit: number; begun: number; state: string }>(
      "SELECT id, unit, begun, state FROM assignments WHERE code = ? AND annotator = ?",
      [code, id],
    );
    if (!found || found.state === "skipped") return "unknown";
    if (found.state === "answered") return "again";
    if (found.state === "expired" && takenOf(database, found.unit) >= settings.annotators) return "late";
    const elapsed = Math.max(0, now - found.begun);
    database.run("UPDATE assignments SET state = 'answered' WHERE id = ?", [found.id]);
    database.run(
      "INSERT INTO annotations (unit, annotator, text, elapsed, active, submitted, status, reason) VALUES (?, ?, ?, ?, ?, ?, 'pending', '')",
      [found.unit, id, said, elapsed, activeMs === undefined ? null : Math.round(Math.min(activeMs, elapsed)), now],
    );
    return "taken";
  });
}

/** Gives a unit back unanswered; it is not given to this person again. False where there is no such. */
export function skip({ database }: Study, { id }: Annotator, code: string): boolean {
  return database.transaction(() => {
    const found = database.get<{ id: number }>(
      "SELECT id FROM assignments WHERE code = ? AND annotator = ? AND state IN ('open', 'expired')",
      [code, id],
    );
    if (found) database.run("UPDATE assignments SET state = 'skipped' WHERE id = ?", [found.id]);
    return found !== undefined;
  });
}

/** Answers to a unit that count, and leases on it. */
export const takenOf = (database: Database, unit: number): number =>
  database.get<{ n: number }>(
    `SELECT (SELECT count(*) FROM annotations WHERE unit = ?1 AND status <> 'rejected')
          + (SELECT count(*) FROM assignments WHERE unit = ?1 AND state = 'open') AS n`,
    [unit],
  )!.n;

/** Lets leases that have run out go. Those that begin later than now were given before the clock was set back: they begin now, and no later than others end. */
export function expire(database: Database, now: number): void {
  database.run(
    "UPDATE assignments SET expires = ?1 + (expires - begun), begun = ?1 WHERE state = 'open' AND begun > ?1",
    [now],
  );
  database.run("UPDATE assignments SET state = 'expired' WHERE state = 'open' AND expires <= ?", [now]);
}

/** Units that a person has neither described nor passed by. */
const NEW_TO = `units.purpose = 'study'
  AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.annotator = ?1 AND a.unit = units.id)
  AND NOT EXISTS (SELECT 1 FROM assignments s WHERE s.annotator = ?1 AND s.unit = units.id AND s.state <> 'expired')`;

const ANSWERED = "SELECT unit FROM annotations WHERE status <> 'rejected'";
const LEASED = "SELECT unit FROM assignments WHERE state = 'open'";

/** The unit that goes next to a person: of those begun, the one that lacks least; else the first that nobody has begun. */
function openUnit(database: Database, annotator: number, wanted: number): number | undefined {
  const begun = database.get<{ id: number }>(
    `WITH taken AS (SELECT unit, count(*) AS n FROM (${ANSWERED} UNION ALL ${LEASED}) GROUP BY unit HAVING n < ?2)
     SELECT units.id FROM taken CROSS JOIN units ON units.id = taken.unit
     WHERE ${NEW_TO} ORDER BY taken.n DESC, units.place LIMIT 1`,
    [annotator, wanted],
  );
  const fresh = () =>
    database.get<{ id: number }>(
      `SELECT units.id FROM units
       WHERE ${NEW_TO} AND NOT EXISTS (${ANSWERED} AND unit = units.id) AND NOT EXISTS (${LEASED} AND unit = units.id)
       ORDER BY units.place LIMIT 1`,
      [annotator],
    );
  return (begun ?? fresh())?.id;
}

/** Whether some unit new to a person is kept from them by the leases of others alone. */
function mayComeBack(database: Database, annotator: number, wanted: number): boolean {
  const found = database.get(
    `SELECT 1 FROM units WHERE ${NEW_TO} AND (SELECT count(*) FROM (${ANSWERED} AND unit = units.id)) < ?2 LIMIT 1`,
    [annotator, wanted],
  );
  return found !== undefined;
}

const assignmentOf = (database: Database, id: number): Assignment =>
  database.get<Assignment>(
    `SELECT a.id, a.code, a.unit, units.code AS unitCode, a.begun, a.expires
     FROM assignments a JOIN units ON units.id = a.unit WHERE a.id = ?`,
    [id],
  )!;
