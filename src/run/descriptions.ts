/**
 * Descriptions on disk, beside the run they belong to: `descriptions.csv` for people and spreadsheets, `descriptions.jsonl`
 * with all the evidence, one unit a line.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";
import { isDescription, isDescriptionsHeader } from "./description-check.js";
import { readUnfaithful } from "./verdicts.js";

/**
 * Reasons to doubt a description, or to have none.
 * - `nan`, `constant`: the unit's activations cannot be judged; there is no description.
 * - `no-exemplars`: nothing in any image exceeds the unit's level; there is no description.
 * - `undecodable`: the describer's own numbers broke down; there is no description.
 * - `speechless`: the describer knows no word for the exemplars and stops at once; there is no description.
 * - `unsupported`: the exemplars make the description less likely than it is without them, log p(d|E) < log p(d).
 * - `tied`: all exemplars activate the unit equally, so which images they are is decided by their numbers.
 * - `few-masks`: in more than half of the exemplars nothing exceeds the level.
 * - `outvoted`: no more than a third of the exemplars, each by itself, make the description likelier than it is without any (`support`).
 * - `unfinished`: cut at the greatest length.
 * - `unknown-word`: contains a word outside the describer's vocabulary.
 * - `vague`: no word of it tells the unit from others ("random areas").
 * - `scattered`: the other candidates of the beam say other things (`confidence` below 0.3).
 * - `contradicted`: its colours, lines or places are not those of the pixels under the masks, and no candidate's that could be told were.
 * - `minority`: its colours or places are those of less than half of the pixels under the masks.
 * - `unfamiliar`: the exemplars are unlike those the describer learned from, as are less than 1 % of such.
 * - `many-meanings`: the exemplars fall into groups of which different things are said (`meanings`); one description may fit none.
 * - `cannot-tell`: on images the run was not made with, too many of the layer's other descriptions predict the unit as well, or
 *   it predicts too many other units as well (`faithfulness.csv`, written by `milan verify`).
 */
export const DOUBTS = [
  "nan",
  "constant",
  "no-exemplars",
  "undecodable",
  "speechless",
  "unsupported",
  "tied",
  "few-masks",
  "outvoted",
  "unfinished",
  "unknown-word",
  "vague",
  "scattered",
  "contradicted",
  "minority",
  "unfamiliar",
  "many-meanings",
  "cannot-tell",
] as const;
export type Doubt = (typeof DOUBTS)[number];

/** One candidate description. Natural logarithms; null where the describer has no language model. */
export interface Candidate {
  readonly description: string;
  /** log p(d | E). */
  readonly logp: number;
  /** log p(d). */
  readonly logpLm: number | null;
  /** log p(d | E) - λ log p(d). */
  readonly pmi: number | null;
  /** Mean cosine with the exemplars by an image-text model; only where the beam was reranked by one and the candidate says anything. */
  readonly clip?: number;
  /** Median over the exemplars of log p(d | e), each by itself; only where they were asked, and it tells anything (`describer/alone.ts`). */
  readonly alone?: number;
  /** Share of the exemplars, 0 to 1, by each of which it is likelier than without any, log p(d | e) > log p(d); likewise. */
  readonly support?: number;
  /** Whether the exemplars' own pixels contradict it; only where they were asked (`describer/witness.ts`). */
  readonly contradicted?: boolean;
}

/** What is said of some of a unit's exemplars that belong together. */
export interface Meaning extends Candidate {
  /** Of the unit's activation, 0 to 1: how far these exemplars exceed the unit's level, over how far all of them do. */
  readonly share: number;
  /** Their ranks, from 0, ascending. */
  readonly exemplars: readonly number[];
}

/** What is said of one unit. */
export interface Description {
  readonly layer: string;
  readonly unit: number;
  /** Empty when nothing can be said; `doubts` says why. */
  readonly description: string;
  readonly logp: number | null;
  readonly logpLm: number | null;
  readonly pmi: number | null;
  /** The winner's, as in `Candidate`. */
  readonly clip?: number;
  readonly alone?: number;
  readonly support?: number;
  /**
   * How far the captioner agrees with itself: expected F1 of the words that the description shares with a candidate drawn from the beam; 0 to 1
   * (`describer/agreement.ts`). Null where the beam has no second candidate.
   */
  readonly confidence: number | null;
  readonly doubts: readonly Doubt[];
  /** The whole beam, best first. */
  readonly beam: readonly Candidate[];
  /** For each token of the winner, the captioner's weights over the exemplars: [token][exemplar]. */
  readonly attention: readonly (readonly number[])[];
  /** Two or more, largest share first; absent where the unit has one meaning, or no other was looked for. */
  readonly meanings?: readonly Meaning[];
}

/** How the descriptions were made; the first line of `descriptions.jsonl`. */
export interface DescriptionsHeader {
  readonly milan: string;
  /** Path and SHA-256 of the describer. */
  readonly describer: string;
  readonly describerSha256: string | null;
  readonly search: string;
  readonly lambda: number;
  readonly beam: number;
  readonly length: number;
  readonly compat: string | null;
  /** The image-text model that reranked the beams by the mean cosine with crops of the exemplars; null without one. */
  readonly clip: { readonly folder: string; readonly sha256: string } | null;
  /** Who could contradict candidates, "pixels"; absent where nobody was asked (`describer/witness.ts`). */
  readonly checked?: string;
  /** "each" where candidates were weighed by what each exemplar by itself makes of them (`describer/alone.ts`); absent: by p(d | E). */
  readonly weighed?: "each";
  /**
   * What was said where beams did not agree: what most of them agree with, also "hedge" where it had to be backed by them; absent where it was
   * their winner (`describer/agreement.ts`, `hedge.ts`).
   */
  readonly scattered?: "consensus" | "hedge";
  /** How many meanings were looked for, `auto` or a number; absent when one. */
  readonly meanings?: "auto" | number;
}

const COLUMNS = ["layer", "unit", "description", "pmi", "logp", "logp_lm", "confidence", "doubts"];

/**
 * The table: `layer,unit,description,pmi,logp,logp_lm,confidence,doubts`; where exemplars were asked by themselves, `support`; and last, where a unit has
 * several meanings, `meanings`: such as "red things (0.62); blue things (0.38)", for people; `descriptions.jsonl` is to be read for them.
 */
export function descriptionsTable(descriptions: readonly Description[]): string {
  const real = (value: number | null) => (value === null ? "" : value.toFixed(4));
  const more: [column: string, cell: (of: Description) => string | undefined][] = [
    ["support", ({ support }) => support?.toFixed(4)],
    [
      "meanings",
      ({ meanings }) => meanings?.map((each) => `${each.description} (${each.share.toFixed(2)})`).join("; "),
    ],
  ];
  const wanted = more.filter(([, cell]) => descriptions.some((each) => cell(each) !== undefined));
  const rows = descriptions.map((each) => [
    ...[each.layer, each.unit, each.description],
    ...[each.pmi, each.logp, each.logpLm, each.confidence].map(real),
    each.doubts.join(" "),
    ...wanted.map(([, cell]) => cell(each) ?? ""),
  ]);
  return stringify([[...COLUMNS, ...wanted.map(([column]) => column)], ...rows]);
}

/** Writes `descriptions.csv` (or the given file) and `descriptions.jsonl` beside it. */
export async function writeDescriptions(
  csvPath: string,
  header: DescriptionsHeader,
  descriptions: readonly Description[],
): Promise<void> {
  const lines = [header, ...descriptions].map((line) => JSON.stringify(line));
  await writeFileAtomically(csvPath.replace(/(\.csv)?$/, ".jsonl"), `${lines.join("\n")}\n`);
  await writeFileAtomically(csvPath, descriptionsTable(descriptions));
}

/**
 * Descriptions of a folder: with all evidence when made by Milan, else those of any table with a `description` or `summary`;
 * with what was found out about them since.
 */
export async function readDescriptions(folder: string): Promise<Description[]> {
  const descriptions = await readMade(folder);
  const isUnfaithful = await readUnfaithful(folder);
  return descriptions.map((item) =>
    isUnfaithful(item) ? { ...item, doubts: [...new Set([...item.doubts, "cannot-tell" as const])] } : item,
  );
}

/** How a folder's descriptions were made; undefined where that is not known. */
export async function readDescriptionsHeader(folder: string): Promise<DescriptionsHeader | undefined> {
  const path = join(folder, "descriptions.jsonl");
  if (!existsSync(path)) return undefined;
  const [line] = (await readWhole("reading", path)).toString("utf8").split("\n", 1);
  return headerIn(path, line);
}

/** The first line of the file. Errors: `UserError` when it is none. */
export function headerIn(path: string, line: string): DescriptionsHeader {
  const found = parsed(line);
  if (isDescriptionsHeader(found)) return found;
  throw damaged(path);
}

/** A line as JSON; undefined where it is none. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export const damaged = (path: string) =>
  new UserError(`reading ${path}: it is damaged; expected one JSON object a line, describe the run again`);

async function readMade(folder: string): Promise<Description[]> {
  const full = join(folder, "descriptions.jsonl");
  if (existsSync(full)) return readLines(full);
  for (const [file, column] of [
    ["descriptions.csv", "description"],
    ["annotations.csv", "summary"],
  ] as const) {
    const path = join(folder, file);
    if (existsSync(path)) return readTable(path, column);
  }
  return [];
}

async function readLines(path: string): Promise<Description[]> {
  const lines = (await readWhole("reading", path)).toString("utf8").trimEnd().split("\n").slice(1);
  return lines.map((line) => descriptionIn(line) ?? refuse(damaged(path)));
}

/** A line as a description; undefined where it is none. @param isWhole whether its beam and attention must be there. */
export function descriptionIn(line: string, isWhole = true): Description | undefined {
  const found = parsed(line);
  return isDescription(found, isWhole) ? found : undefined;
}

function refuse(error: UserError): never {
  throw error;
}

async function readTable(path: string, column: string): Promise<Description[]> {
  const text = (await readWhole("reading", path)).toString("utf8");
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    throw new UserError(`reading ${path}: ${(error as Error).message}; expected a CSV table`, { cause: error });
  }
  return rows.map((row, i) => {
    if (row.layer === undefined || !/^\d{1,9}$/.test(row.unit ?? "") || row[column] === undefined) {
      throw new UserError(`reading ${path}: row ${i + 1}; expected columns layer, unit (a number) and ${column}`);
    }
    const real = (value: string | undefined) => (value && Number.isFinite(Number(value)) ? Number(value) : null);
    return {
      layer: row.layer,
      unit: Number(row.unit),
      description: row[column],
      logp: real(row.logp),
      logpLm: real(row.logp_lm),
      pmi: real(row.pmi),
      confidence: real(row.confidence),
      doubts: (row.doubts ?? "").split(" ").filter(Boolean) as Doubt[],
      beam: [],
      attention: [],
    };
  });
}
