/**
 * The list of pictures of a folder or archive while it is gathered, and its order, classes and fingerprint once complete.
 *
 * Made for ImageNet's 1.28 million files: per picture one string, one entry of two fields and one number per column; a
 * second or two to sort.
 */
import { createHash } from "node:crypto";
import { UserError } from "../../base/errors.js";
import type { ProbeEntry } from "./imageset.js";
import { isPicture, PICTURE_NAMES } from "./sniff.js";

/** A complete listing: entries in their final order, and each column in the same order. */
export interface Listed<Column extends string> {
  readonly entries: readonly ProbeEntry[];
  readonly ignored: number;
  readonly fingerprint: string;
  readonly columns: Readonly<Record<Column | "sizeBytes", Float64Array>>;
}

export class Listing<Column extends string = never> {
  /** Files that are there, but are no pictures. */
  ignored = 0;
  readonly #files: string[] = [];
  readonly #columns: Readonly<Record<string, number[]>>;

  /** @param columns names of the numbers kept per picture besides its size. */
  constructor(...columns: Column[]) {
    this.#columns = Object.fromEntries(["sizeBytes", ...columns].map((name) => [name, []]));
  }

  /**
   * Adds a file if it is a picture by its name, and counts it as ignored otherwise.
   * @param path parts separated by `/`. `.`, `..` and leading slashes, which archives may contain, mean nothing here.
   */
  add(path: string, numbers: Readonly<Record<Column | "sizeBytes", number>>): void {
    const file = /(?:^|\/)\.{0,2}(?:\/|$)/.test(path) ? path.split("/").filter(isName).join("/") : path;
    if (isPicture(file)) this.addAnyName(file, numbers);
    else this.ignored++;
  }

  /** Adds a file whatever it is called. */
  addAnyName(file: string, numbers: Readonly<Record<Column | "sizeBytes", number>>): void {
    this.#files.push(file);
    for (const name in this.#columns) this.#columns[name].push(numbers[name as Column]);
  }

  /**
   * Sorts by path in code units. Of equal paths, which an archive that was appended to may hold, the last one counts.
   * @param location named in the `UserError` when there is no picture at all.
   */
  finish(location: string): Listed<Column> {
    const files = this.#files;
    const order = Uint32Array.from(files, (_, i) => i)
      .sort((a, b) => (files[a] < files[b] ? -1 : files[a] > files[b] ? 1 : a - b))
      .filter((at, i, all) => files[at] !== files[all[i + 1]]);
    if (order.length === 0) {
      throw new UserError(
        `opening the images ${location}: no images found among ${this.ignored} files; looked for ${PICTURE_NAMES}, ` +
          "in class folders or directly; check the path",
      );
    }
    const columns = Object.fromEntries(
      Object.entries(this.#columns).map(([name, values]) => [name, Float64Array.from(order, (at) => values[at])]),
    ) as Listed<Column>["columns"];
    const entries = labelled(Array.from(order, (at) => files[at]));
    return {
      entries,
      ignored: this.ignored + files.length - order.length,
      fingerprint: fingerprintOf(entries, columns.sizeBytes),
      columns,
    };
  }
}

const isName = (part: string) => part !== "" && part !== "." && part !== "..";

/**
 * Gives sorted paths their classes: the first folder, as in ImageFolder, below the folders that all paths share (an archive often
 * wraps everything in one). If nothing is left below those, the last shared folder is the class of all.
 */
function labelled(files: readonly string[]): ProbeEntry[] {
  let start = sharedFolders(files[0], files[files.length - 1]);
  if (start > 0 && !files.some((file) => file.indexOf("/", start) >= 0)) {
    start = files[0].lastIndexOf("/", start - 2) + 1;
  }
  let label: string | undefined;
  return files.map((file) => {
    const end = file.indexOf("/", start);
    // The pictures of a class follow each other: they share one string.
    if (end < 0) label = undefined;
    else if (label?.length !== end - start || !file.startsWith(label, start)) label = file.slice(start, end);
    return { file, label };
  });
}

/** Length of the folders, with their slashes, that two paths begin with; for the first and last of a sorted list, that all do. */
function sharedFolders(first: string, last: string): number {
  let shared = 0;
  for (let i = 0; i < first.length && first[i] === last[i]; i++) if (first[i] === "/") shared = i + 1;
  return shared;
}

function fingerprintOf(entries: readonly ProbeEntry[], sizesBytes: Float64Array): string {
  const hash = createHash("sha256");
  entries.forEach((entry, i) => {
    hash.update(`${entry.file}\0${sizesBytes[i]}\n`);
  });
  return hash.digest("hex");
}
