/**
 * Results of Mechanical Turk, as its website writes them: a row an assignment. What is brought in once is known by its AssignmentId, so that the
 * same file, or a later one that has grown, can be brought in again. All of a file is taken, or none of it.
 *
 * A WorkerId names a person wherever they work; only a keyed hash of it is kept, enough to tell people apart.
 */
import { createHmac } from "node:crypto";
import { parse } from "csv-parse/sync";
import { messageOf, UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { addAnnotator } from "./annotators.js";
import type { Status } from "./review.js";
import type { Study } from "./study.js";
import { LONGEST_DESCRIPTION, oneLine } from "./text.js";

export interface Imported {
  /** Answers that are new. */
  readonly added: number;
  /** Answers that were known, and of which Mechanical Turk has a verdict now. */
  readonly judged: number;
  /** Answers that were known. */
  readonly known: number;
  /** Answers of workers who had described the same unit before: in another batch, or in the studio. */
  readonly repeated: number;
}

const NEEDED = ["AssignmentId", "WorkerId", "Input.layer", "Input.unit", "Answer.summary"] as const;
type Row = Readonly<Record<(typeof NEEDED)[number], string>> & Readonly<Record<string, string | undefined>>;

/** Brings results in. Other columns are ignored. Errors: `UserError` for a file that is none, or not of this study; nothing is taken then. */
export async function importResults(study: Study, path: string, now: number): Promise<Imported> {
  const rows = await readResults(path);
  const { database } = study;
  return database.transaction(() => {
    const count = { added: 0, judged: 0, known: 0, repeated: 0 };
    for (const [i, row] of rows.entries()) {
      const refuse = (what: string) => new UserError(`reading ${path}: row ${i + 2} ${what}; nothing was taken`);
      count[takeRow(study, row, now, refuse)]++;
    }
    return count;
  });
}

async function readResults(path: string): Promise<Row[]> {
  const refuse = (what: string) =>
    new UserError(`reading ${path}: ${what}; expected the results of a batch as Mechanical Turk writes them (CSV)`);
  const bytes = await readWhole("reading", path);
  let rows: Row[];
  let header: string[] = [];
  try {
    rows = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), {
      bom: true,
      skip_empty_lines: true,
      relax_column_count_less: true,
      columns: (names: string[]) => {
        header = names.map((name) => name.trim());
        return header;
      },
    });
  } catch (error) {
    throw refuse(messageOf(error));
  }
  const missing = NEEDED.filter((name) => !header.includes(name));
  if (missing.length > 0) throw refuse(`no column ${missing.join(", ")}`);
  if (rows.length === 0) throw refuse("it has no rows");
  return rows;
}

function takeRow(study: Study, row: Row, now: number, refuse: (what: string) => UserError): keyof Imported {
  const { database } = study;
  const assignment = row.AssignmentId?.trim();
  const worker = row.WorkerId?.trim();
  if (!assignment || !worker) throw refuse("has no AssignmentId or no WorkerId");
  const unit = unitOf(study, row, refuse);
  const [status, reason] = verdictOf(row);
  const before = database.get<{ id: number; unit: number; status: Status }>(
    "SELECT id, unit, status FROM annotations WHERE external = ?",
    [assignment],
  );
  if (before) {
    if (before.unit !== unit) throw refuse(`is of another unit than assignment ${assignment} was before`);
    if (before.status !== "pending" || status === "pending") return "known";
    database.run("UPDATE annotations SET status = ?, reason = ?, reviewed = ? WHERE id = ?", [
      status,
      reason,
      now,
      before.id,
    ]);
    return "judged";
  }
  const annotator = workerOf(study, worker, now);
  if (database.get("SELECT 1 FROM annotations WHERE annotator = ? AND unit = ?", [annotator, unit])) return "repeated";
  const seconds = Number(row.WorkTimeInSeconds);
  const sent = Date.parse(row.SubmitTime ?? "");
  database.run(
    `INSERT INTO annotations (unit, annotator, text, elapsed, submitted, status, reason, reviewed, external)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      ...[unit, annotator, oneLine(row["Answer.summary"] ?? "").slice(0, LONGEST_DESCRIPTION)],
      Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) : 0,
      Number.isNaN(sent) ? now : sent,
      ...[status, reason, status === "pending" ? null : now, assignment],
    ],
  );
  return "added";
}

/** The unit a row is of. */
function unitOf({ database, id }: Study, row: Row, refuse: (what: string) => UserError): number {
  const study = row["Input.study"]?.trim();
  if (study !== undefined && study !== id) throw refuse(`is of study "${study}"; expected those of ${id}`);
  const [layer, unit] = [row["Input.layer"]?.trim(), row["Input.unit"]?.trim()];
  const found = /^\d{1,9}$/.test(unit ?? "")
    ? database.get<{ id: number; code: string }>(
        "SELECT id, code FROM units WHERE purpose = 'study' AND (published = ?1 OR layer = ?1) AND unit = ?2",
        [layer, Number(unit)],
      )
    : undefined;
  if (!found) throw refuse(`is of unit "${unit}" of layer "${layer}", which is not in this study`);
  const code = row["Input.code"]?.trim();
  if (code !== undefined && code !== found.code)
    throw refuse(`has another code than unit ${unit} of layer ${layer} of this study`);
  return found.id;
}

/** What Mechanical Turk's requester has decided. */
function verdictOf(row: Row): [Status, string] {
  const is = (status: string, ...columns: string[]) =>
    row.AssignmentStatus?.trim().toLowerCase() === status ||
    columns.some((column) => (row[column] ?? "").trim() !== "");
  if (is("rejected", "RejectionTime", "Reject")) {
    const said = oneLine(row.Reject ?? "");
    const reason = oneLine(row.RequesterFeedback ?? "") || (said.length > 1 ? said : "");
    return ["rejected", reason || "rejected on Mechanical Turk"];
  }
  return [is("approved", "ApprovalTime", "Approve") ? "accepted" : "pending", ""];
}

/** The row of a worker, known by a hash. */
function workerOf({ database, salt }: Study, worker: string, now: number): number {
  const hash = createHmac("sha256", salt).update(worker).digest("hex");
  const found = database.get<{ id: number }>("SELECT id FROM annotators WHERE secret = ? AND source = 'mturk'", [hash]);
  if (found) return found.id;
  return addAnnotator(database, {
    nickname: `worker ${hash.slice(0, 6)}`,
    secret: hash,
    source: "mturk",
    now,
    qualified: true,
  });
}
