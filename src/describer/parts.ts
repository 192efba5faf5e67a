/**
 * Descriptions under way. They are kept as they come, some units at a time, so that a killed `milan describe` repeats at most the last batch; and units can be
 * described in parts, by several processes on any machines, of which the last puts them together.
 *
 * A part is a file beside the table: `descriptions.part.jsonl` of all units, or `descriptions.part-FROM-TO.jsonl` of those from FROM up to TO (not included) in the
 * order of layers and rows. Its first line says of what and how, as the whole's does; then a unit a line.
 */
import { existsSync, readdirSync } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { sha256, sha256File } from "../base/hash.js";
import { chooseLayers, type ExemplarStore } from "../exemplars/store.js";
import { isDescriptionsHeader } from "../run/description-check.js";
import { type Description, type DescriptionsHeader, descriptionIn } from "../run/descriptions.js";
import { isRun, readManifest } from "../run/manifest.js";

/** Which units: their places in the order of layers and rows. */
export interface Units {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** The first line of a part. */
interface PartHeader extends Units {
  readonly made: DescriptionsHeader;
  /** Identifies the exemplars, and the describer by what it is made of, wherever it lies. */
  readonly exemplars: string;
  readonly describer: string;
  /** Units of the whole. */
  readonly of: number;
}

const pathOf = (table: string, range?: Units) =>
  table.replace(/(\.csv)?$/, range ? `.part-${range.from}-${range.to}.jsonl` : ".part.jsonl");

/** Where the features are that a part is made from, while it is under way. */
export const featuresPath = (part: string) => part.replace(/\.jsonl$/, ".features");

/** What tells exemplars from others: which pictures are whose, in what order. @param layers those described, by any of their names; default all. */
export async function exemplarsIdentity(store: ExemplarStore, layers: readonly string[] | undefined): Promise<string> {
  const facts = chooseLayers(store, layers).map(({ name, units, images, levels }) => ({
    ...{ name, units, images: sha256(new Uint8Array(images.buffer, images.byteOffset, images.byteLength)) },
    levels: levels ? sha256(new Uint8Array(levels.buffer, levels.byteOffset, levels.byteLength)) : null,
  }));
  const { modelSha256 = "", probeFingerprint = "" } = isRun(store.folder) ? await readManifest(store.folder) : {};
  return sha256(JSON.stringify({ k: store.k, modelSha256, probeFingerprint, facts }));
}

/** What tells a describer from others: the bytes of its files. @param path a describer's directory, or a checkpoint. */
export async function describerIdentity(path: string): Promise<string> {
  const files = (await stat(path)).isDirectory() ? readdirSync(path).sort() : [""];
  const made = files.filter((name) => !name.endsWith(".md"));
  return sha256((await Promise.all(made.map((name) => sha256File(join(path, name))))).join());
}

/** An open part, to which descriptions are added. */
export class Part {
  readonly path: string;
  /** Tells it from others. */
  readonly identity: string;
  /** Those that it holds already. */
  readonly done: readonly Description[];
  readonly #file: FileHandle;

  private constructor(path: string, identity: string, done: readonly Description[], file: FileHandle) {
    this.path = path;
    this.identity = identity;
    this.done = done;
    this.#file = file;
  }

  /**
   * Opens the part of a table, or begins it anew where what is there is of other exemplars, or was made otherwise.
   * @param table where the whole will be. @param batch units that are described together: what is there beyond whole batches is left out.
   */
  static async open(table: string, header: PartHeader, range: Units | undefined, batch: number): Promise<Part> {
    const path = pathOf(table, range);
    const first = `${JSON.stringify(header)}\n`;
    let done: Description[] = [];
    let text = first;
    if (existsSync(path)) {
      const found = (await readWhole("reading", path)).toString("utf8");
      if (found.startsWith(first)) {
        const lines = found.slice(first.length).split("\n").slice(0, -1);
        const isAll = lines.length === header.to - header.from;
        const kept = lines.slice(0, isAll ? lines.length : lines.length - (lines.length % batch));
        done = parsed(kept);
        text = done.length === kept.length ? `${first}${kept.map((line) => `${line}\n`).join("")}` : first;
        if (done.length < kept.length) done = [];
      }
    }
    await writeFileAtomically(path, text);
    return new Part(path, sha256(first), done, await open(path, "a"));
  }

  /** Adds descriptions; they are on the disk when this returns. */
  async add(some: readonly Description[]): Promise<void> {
    await this.#file.appendFile(some.map((each) => `${JSON.stringify(each)}\n`).join(""));
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Descriptions up to the first line that is none. */
function parsed(lines: readonly string[]): Description[] {
  const found: Description[] = [];
  for (const line of lines) {
    const item = descriptionIn(line);
    if (!item) break;
    found.push(item);
  }
  return found;
}

/** What the parts beside a table come to. */
export interface PutTogether {
  readonly header: DescriptionsHeader;
  readonly descriptions: readonly Description[];
}

/**
 * Puts the parts beside a table together, if they are all there and finished. Otherwise returns the units that are missing; undefined where there are no parts.
 * Errors: `UserError` for parts of different exemplars or made differently, and for units that two parts have described.
 */
export async function putTogether(
  table: string,
): Promise<PutTogether | { readonly missing: readonly Units[] } | undefined> {
  const parts = await Promise.all(partsBeside(table).map(readPart));
  if (parts.length === 0) return undefined;
  parts.sort((a, b) => a.header.from - b.header.from);
  const missing: Units[] = [];
  let next = 0;
  for (const { path, header, descriptions } of parts) {
    const { from, to } = header;
    const [first] = parts;
    if (!isSame(header, first.header)) {
      throw new UserError(
        `putting descriptions together: ${path} is of other exemplars than ${first.path}, or was made otherwise; expected parts of one command, delete it`,
      );
    }
    if (from < next) {
      throw new UserError(
        `putting descriptions together: unit ${from} (from 0) is in ${path} and in another part; expected parts of the same number, delete one of them`,
      );
    }
    if (from > next) missing.push({ from: next, to: from });
    if (from + descriptions.length < to) missing.push({ from: from + descriptions.length, to });
    next = to;
  }
  const { of } = parts[0].header;
  if (next < of) missing.push({ from: next, to: of });
  if (missing.length > 0) return { missing };
  return { header: parts[0].header.made, descriptions: parts.flatMap(({ descriptions }) => descriptions) };
}

/** Removes the parts beside a table. */
export async function removeParts(table: string): Promise<void> {
  for (const path of [...partsBeside(table), pathOf(table)]) {
    await rm(featuresPath(path), { force: true });
    await rm(path, { force: true });
  }
}

/** Paths may differ: of another machine. */
const isSame = (a: PartHeader, b: PartHeader) => JSON.stringify(placeless(a)) === JSON.stringify(placeless(b));
const placeless = ({ made: { describer: _, clip, ...made }, exemplars, describer, of }: PartHeader) => ({
  ...{ made, clip: clip?.sha256, exemplars, describer, of },
});

function partsBeside(table: string): string[] {
  const stem = basename(table).replace(/(\.csv)?$/, "");
  const isPart = new RegExp(`^${stem.replace(/[^\p{L}\p{N}_-]/gu, "\\$&")}\\.part-\\d+-\\d+\\.jsonl$`, "u");
  return readdirSync(dirname(table))
    .filter((name) => isPart.test(name))
    .map((name) => join(dirname(table), name));
}

async function readPart(path: string) {
  const [first, ...lines] = (await readWhole("reading", path)).toString("utf8").split("\n");
  const damaged = new UserError(`reading ${path}: it is damaged; delete it and describe its units again`);
  let header: PartHeader;
  try {
    header = JSON.parse(first) as PartHeader;
  } catch {
    throw damaged;
  }
  const isWhole = (n: unknown) => Number.isInteger(n) && (n as number) >= 0;
  const isSound =
    [header?.from, header?.to, header?.of].every(isWhole) &&
    [header.exemplars, header.describer].every((text) => typeof text === "string") &&
    isDescriptionsHeader(header.made);
  if (!isSound) throw damaged;
  const { from, to } = header;
  const descriptions = parsed(lines.slice(0, -1));
  if (descriptions.length > to - from) throw damaged;
  return { path, header, descriptions };
}
