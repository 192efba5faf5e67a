/** People's verdicts on the units of a served run: those of `audit.csv`, which `milan audit` reads and writes too. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { addReviews, REVIEWS_FILE, type Review, type ReviewVerdict, readReviews } from "../../studies/audit/reviews.js";
import type { ServedUnit } from "./served-run.js";

export class Verdicts {
  readonly #folder: string;
  #read: { readonly stamp: string; readonly latest: Promise<ReadonlyMap<string, Review>> } | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  /** @param folder of the run. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The verdict that counts for every unit; see `of`. Read again when the file has changed. */
  latest(): Promise<ReadonlyMap<string, Review>> {
    const stamp = stampOf(join(this.#folder, REVIEWS_FILE));
    if (this.#read?.stamp !== stamp) this.#read = { stamp, latest: this.all().then(byClaim) };
    return this.#read.latest;
  }

  /** All verdicts, oldest first. */
  all(): Promise<Review[]> {
    return readReviews(this.#folder);
  }

  /** Keeps a verdict on a unit's present description. One after the other: each writes the whole file. */
  add(unit: ServedUnit, given: { verdict: ReviewVerdict; note: string; reviewer: string }): Promise<Review> {
    const review: Review = {
      ...{ layer: unit.layer.name, unit: unit.unit, description: unit.described?.description ?? "" },
      ...{ ...given, date: new Date().toISOString() },
    };
    const written = this.#writing.then(() => addReviews(this.#folder, [review]));
    this.#writing = written.catch(() => {});
    return written.then(() => review);
  }
}

/** The verdict on a unit and its present description. */
export const verdictOf = (latest: ReadonlyMap<string, Review>, unit: ServedUnit): Review | undefined =>
  latest.size === 0 ? undefined : latest.get(keyOf(unit.layer.name, unit.unit, unit.described?.description ?? ""));

const byClaim = (reviews: readonly Review[]) =>
  new Map(reviews.map((review) => [keyOf(review.layer, review.unit, review.description), review]));

const keyOf = (layer: string, unit: number, description: string) => JSON.stringify([layer, unit, description]);

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.size} ${found.mtimeMs} ${found.ino}` : "";
}
