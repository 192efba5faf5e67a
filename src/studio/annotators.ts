/**
 * Who annotates. People are known by a random word in a cookie, of which only the hash is kept, and by the nickname they choose; nothing
 * else about them is asked or recorded.
 */
import { randomBytes } from "node:crypto";
import { UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import type { Database } from "./database.js";
import { LONGEST_NICKNAME, oneLine } from "./text.js";

export interface Annotator {
  readonly id: number;
  /** Tells two of one nickname apart. */
  readonly code: string;
  readonly nickname: string;
  readonly source: "studio" | "mturk";
  readonly joined: number;
  /** When the qualification was passed; null: not yet. */
  readonly qualified: number | null;
  /** When a reviewer sent this person away; null: not. */
  readonly barred: number | null;
}

const COLUMNS = "id, code, nickname, source, joined, qualified, barred";

/**
 * Takes a person in.
 * @returns with the secret that the person's cookie holds, told this once.
 */
export function join(database: Database, nickname: string, now: number, qualified: boolean): [Annotator, string] {
  const name = oneLine(nickname);
  if (name === "") throw new UserError("joining: the nickname is empty; expected a name of your choice");
  if (name.length > LONGEST_NICKNAME)
    throw new UserError(`joining: the nickname is longer than ${LONGEST_NICKNAME} characters; choose a shorter one`);
  const secret = randomBytes(18).toString("base64url");
  const id = addAnnotator(database, { nickname: name, secret: sha256(secret), source: "studio", now, qualified });
  return [atWork(database, id), secret];
}

/** Adds a person's row. @param source where the answers come from. */
export function addAnnotator(
  database: Database,
  of: { nickname: string; secret: string; source: Annotator["source"]; now: number; qualified: boolean },
): number {
  return database.run(
    "INSERT INTO annotators (code, secret, nickname, source, joined, qualified) VALUES (?, ?, ?, ?, ?, ?)",
    [randomBytes(4).toString("hex"), of.secret, of.nickname, of.source, of.now, of.qualified ? of.now : null],
  );
}

/** Who holds a secret; undefined for one nobody was given. */
export const recognised = (database: Database, secret: string): Annotator | undefined =>
  database.get(`SELECT ${COLUMNS} FROM annotators WHERE secret = ? AND source = 'studio'`, [sha256(secret)]);

/** A person as recorded now. */
export const atWork = (database: Database, id: number): Annotator =>
  database.get<Annotator>(`SELECT ${COLUMNS} FROM annotators WHERE id = ?`, [id])!;

/** A person by the code that reviewers see. */
export const byCode = (database: Database, code: string): Annotator | undefined =>
  database.get(`SELECT ${COLUMNS} FROM annotators WHERE code = ?`, [code]);
