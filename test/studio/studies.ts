/** Small studies of made-up exemplars. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joined } from "node:path";
import { afterAll } from "vitest";
import { type Annotator, join } from "../../src/studio/annotators.js";
import { next, submit } from "../../src/studio/assignment.js";
import { type Settings, Study, type UnitChoice } from "../../src/studio/study.js";
import { forgedStore } from "../explorer/forged.js";

export const scratch = mkdtempSync(joined(tmpdir(), "milan-studio-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));

export const MINUTE = 60_000;

export const SETTINGS: Settings = {
  title: "A study",
  annotators: 3,
  seed: 1,
  leaseMinutes: 30,
  leastSeconds: 5,
  outside: 0.25,
  qualification: null,
};

export const QUESTIONS = {
  passMark: 2,
  attempts: 2,
  proposed: false,
  questions: [
    { layer: "conv1", unit: 0, choices: ["round things", "text", "grass", "eyes"], best: 0 },
    { layer: "conv1", unit: 1, choices: ["wheels", "sky", "hands"], best: 1 },
  ],
};

let made = 0;
export const newPath = () => joined(scratch, `${made++}.sqlite`);

/** A study of `units` units of one layer. */
export function newStudy(units: number, settings: Partial<Settings> = {}, choice: UnitChoice = {}): Study {
  return Study.begin(newPath(), "tested", forgedStore({ conv1: units }), { ...SETTINGS, ...settings }, choice);
}

export const person = (study: Study, nickname = "Ann"): Annotator => join(study.database, nickname, 0, true)[0];

/** Lets a person describe what they are given; gives the unit's id, or null when there is none. */
export function describeNext(study: Study, who: Annotator, text: string, at: number, took = 10_000): number | null {
  const { assignment } = next(study, who, at);
  if (assignment === null) return null;
  const taken = submit(study, who, assignment.code, { text }, at + took);
  if (taken !== "taken") throw new Error(`the answer was ${taken}`);
  return assignment.unit;
}
