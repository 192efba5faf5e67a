/**
 * Who describes the networks of the audit with blurred faces: the shipped describer, which has hardly seen faces; and one that learned from what the
 * simulated annotators said of other networks over pictures of people, as the paper's describer had learned from networks over photographs with people.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { silent } from "../../base/progress.js";
import { readAnnotations } from "../../data/annotations/annotations.js";
import { describeRun } from "../../describer/describe-run.js";
import { readDescriptions } from "../../run/descriptions.js";
import { matches } from "../../studies/audit/match.js";
import type { Said, Speaker } from "./findings.js";
import { type FacesOptions, type Pupil, runOf } from "./scale.js";
import { WORD_LISTS, WORDS, type WordList } from "./verdicts.js";

/** Describes a network, unless that is done. Returns the folder of the descriptions, which can be audited. */
export async function describedBy(
  speaker: Exclude<Speaker, "annotators">,
  path: string,
  pupil: Pupil,
  { out, progress = silent }: FacesOptions,
): Promise<string> {
  const folder = join(out, "descriptions", speaker, pupil.name);
  const file = join(folder, "descriptions.csv");
  if (existsSync(file)) return folder;
  await describeRun(runOf(out, pupil), { describer: path, out: file, progress });
  return folder;
}

const keyOf = ({ layer, unit }: { readonly layer: string; readonly unit: number }) => `${unit} ${layer}`;

/** What is said of each unit, by "unit layer". @param folder with descriptions. */
export async function saidIn(folder: string): Promise<ReadonlyMap<string, Said>> {
  const all = await readDescriptions(folder);
  return new Map(
    all.map((item) => [keyOf(item), saidAs(item.description, (words) => speaksOf(item.description, words))]),
  );
}

/** What the annotators said of each unit of a run. Most of them must use a word for it to be found. */
export async function annotatedIn(run: string): Promise<ReadonlyMap<string, Said>> {
  const { list } = await readAnnotations(join(run, "annotations.csv"), { partial: true });
  const units = new Map<string, string[]>();
  for (const item of list) units.set(keyOf(item), [...(units.get(keyOf(item)) ?? []), item.summary]);
  return new Map(
    [...units].map(([key, own]) => {
      const found = (words: WordList) => 2 * own.filter((summary) => speaksOf(summary, words)).length > own.length;
      return [key, saidAs(own.join(" / "), found)];
    }),
  );
}

const speaksOf = (text: string, words: WordList) => matches(text, { words: WORD_LISTS[words] }).length > 0;

const saidAs = (description: string, isFound: (words: WordList) => boolean): Said => ({
  description,
  found: Object.fromEntries(WORDS.map((words) => [words, isFound(words)])) as Record<WordList, boolean>,
});
