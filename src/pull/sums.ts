/**
 * Sums that were seen: the SHA-256 of a file is written down the first time that it is pulled, and expected ever after. Nobody vouches for the first time; but
 * what changes later is noticed.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { parseJson } from "../base/json.js";
import { tidyUp, withLock } from "../base/lock.js";
import type { Downloaded } from "./download.js";

const Seen = z.record(
  z.string(),
  z.object({
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** When, ISO 8601. */
    date: z.string().max(40),
  }),
);
type Seen = z.infer<typeof Seen>;

const FILE = "sums.json";

/** The sums written down in a folder, by address. */
export class Sums {
  readonly path: string;
  readonly #seen: Seen;

  private constructor(path: string, seen: Seen) {
    this.path = path;
    this.#seen = seen;
  }

  static async open(folder: string): Promise<Sums> {
    const path = join(folder, FILE);
    if (!existsSync(path)) return new Sums(path, {});
    try {
      const found = Seen.safeParse(parseJson((await readWhole("reading", path)).toString("utf8")));
      if (found.success) return new Sums(path, found.data);
    } catch (error) {
      if (error instanceof UserError) throw error;
    }
    throw new UserError(
      `reading ${path}: it is damaged; expected the sums of what was pulled, delete it to begin anew`,
    );
  }

  get all(): Readonly<Seen> {
    return this.#seen;
  }

  of(url: string): Seen[string] | undefined {
    return Object.hasOwn(this.#seen, url) ? this.#seen[url] : undefined;
  }

  /** Writes down what has come for the first time. Errors: `UserError` when it is another file than before. */
  async expect(what: string, url: string, { bytes, sha256 }: Downloaded, date: Date): Promise<void> {
    const before = this.of(url);
    if (before && before.sha256 !== sha256) {
      throw new UserError(
        `pulling ${what}: ${url} is another file than on ${before.date.slice(0, 10)} (SHA-256 ${sha256}); expected ${before.sha256}; if its publisher has changed it, take its entry out of ${this.path}`,
      );
    }
    const folder = dirname(this.path);
    if (before) return tidyUp(folder, async () => {}, { part: "sums" });
    // others may have pulled other things meanwhile
    const write = async () => {
      const { path, all } = await Sums.open(folder);
      this.#seen[url] = { bytes, sha256, date: date.toISOString() };
      await writeFileAtomically(path, `${JSON.stringify({ ...all, [url]: this.#seen[url] }, null, 1)}\n`);
    };
    await withLock(folder, `writing ${this.path}`, write, { part: "sums", waitMs: 10_000 });
  }
}
