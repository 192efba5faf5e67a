/**
 * A study's file: SQLite, compiled to WebAssembly, so that nothing has to be built where it is installed.
 *
 * That build locks by making a folder, which a killed process leaves behind; and since it cannot tell its own lock from another's, it never
 * rolls back a half-written transaction that it finds in a rollback journal (measured: a killed UPDATE stays half done). So the file is opened by
 * one process at a time, under our own lock (`base/lock.ts`), and written through a write-ahead log, in which a transaction that was not
 * finished does not count. A commit is on the disk before it is answered (2 to 4 ms).
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import sqlite from "node-sqlite3-wasm";
import { messageOf, UserError } from "../base/errors.js";
import { restate, takeLock } from "../base/lock.js";
import { STEPS } from "./schema.js";

export type Value = string | number | null;

/** The header of a file that is a study: "Mila". */
const APPLICATION = 0x4d696c61;

/** Who has the file open. */
const holderPath = (path: string) => `${path}.holder`;

/** An open study file. Everything is synchronous: what one call does, no other comes between. */
export class Database {
  readonly path: string;
  readonly #database: InstanceType<typeof sqlite.Database>;
  readonly #unlock: () => void;
  readonly #statements = new Map<string, InstanceType<typeof sqlite.Statement>>();

  private constructor(path: string, database: InstanceType<typeof sqlite.Database>, unlock: () => void) {
    this.path = path;
    this.#database = database;
    this.#unlock = unlock;
  }

  /**
   * Opens a study file, or makes one.
   * @param purpose what this process does with it, for others who want it: "serving the study".
   * Errors: `UserError` when another process has it open, and when it is no study, damaged, or of a later version.
   */
  static open(path: string, purpose: string, { create = false } = {}): Database {
    if (!create && !existsSync(path)) {
      throw new UserError(`opening ${path}: there is no study yet; begin one with milan annotate RUN`);
    }
    mkdirSync(dirname(path), { recursive: true });
    const unlock = takeLock(holderPath(path), purpose, {
      wanted: `opening ${path}`,
      remedy: "stop it first, or ask it: its review page exports too",
    });
    try {
      return new Database(path, opened(path), unlock);
    } catch (error) {
      unlock();
      if (error instanceof UserError) throw error;
      throw new UserError(
        `opening ${path}: ${messageOf(error)}; expected a study file, choose another with --study or restore a copy`,
        { cause: error },
      );
    }
  }

  /** All rows that a query finds. */
  all<Row>(sql: string, values: readonly Value[] = []): Row[] {
    return this.#sound(() => this.#statement(sql).all([...values]) as Row[]);
  }

  /** The first row that a query finds. */
  get<Row>(sql: string, values: readonly Value[] = []): Row | undefined {
    return this.#sound(() => (this.#statement(sql).get([...values]) ?? undefined) as Row | undefined);
  }

  /** Runs a statement that changes something; gives the number of the row it added. */
  run(sql: string, values: readonly Value[] = []): number {
    return this.#sound(() => Number(this.#statement(sql).run([...values]).lastInsertRowid));
  }

  /** All of what `work` writes, or nothing. Not to be nested. */
  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Says what this process does with the file now. */
  restate(purpose: string): void {
    restate(holderPath(this.path), purpose);
  }

  close(): void {
    if (!this.#database.isOpen) return;
    for (const statement of this.#statements.values()) statement.finalize();
    try {
      this.#sound(() => this.#database.close()); // writes the log into the file
    } finally {
      this.#unlock();
    }
  }

  /** What SQLite finds wrong with the file is no fault of the query. */
  #sound<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw DAMAGE.test(messageOf(error)) ? damaged(this.path, error) : error;
    }
  }

  #statement(sql: string) {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** What SQLite says of files that are damaged, or were written by something else. */
const DAMAGE = /malformed|not a database|corrupt|disk I\/O|unsupported file format|no such (table|column)/;

const damaged = (path: string, error: unknown) =>
  new UserError(`reading ${path}: ${messageOf(error)}; expected a study file, restore a copy`, { cause: error });

/** Opens the file itself, under our lock. */
function opened(path: string): InstanceType<typeof sqlite.Database> {
  rmSync(`${path}.lock`, { force: true, recursive: true }); // SQLite's own, of a process that was killed
  const database = new sqlite.Database(path);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    const { journal_mode: mode } = database.get("PRAGMA journal_mode = WAL") as { journal_mode: string };
    if (mode !== "wal") throw new Error(`the file system allows no write-ahead log (journal mode ${mode})`);
    database.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    bringUp(path, database);
    const [found] = Object.values(database.get("PRAGMA quick_check(1)") as object);
    if (found !== "ok") throw new Error(`it is damaged (${found})`);
    return database;
  } catch (error) {
    try {
      database.close();
    } catch {} // of the same damage
    throw error;
  }
}

/** Makes the tables, or brings those of an earlier version up. */
function bringUp(path: string, database: InstanceType<typeof sqlite.Database>): void {
  const number = (pragma: string) => Number(Object.values(database.get(`PRAGMA ${pragma}`) as object)[0]);
  const version = number("user_version");
  const isNew =
    version === 0 && number("application_id") === 0 && database.all("SELECT 1 FROM sqlite_schema").length === 0;
  if (!isNew && number("application_id") !== APPLICATION) {
    throw new UserError(`opening ${path}: it is a database, but no study; choose another with --study`);
  }
  if (version > STEPS.length) {
    throw new UserError(
      `opening ${path}: it is of version ${version}; this milan knows up to ${STEPS.length}, use a later one`,
    );
  }
  if (version === STEPS.length) return;
  database.exec("BEGIN IMMEDIATE");
  for (const step of STEPS.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${STEPS.length}; COMMIT`);
}
