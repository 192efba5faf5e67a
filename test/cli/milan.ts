/** Runs the command line, in this process or as a user would in one of its own, and makes the model and pictures to run it on. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { runMilan } from "../../src/cli/program.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { captured } from "../command.js";
import { BUILT } from "./built.js";

export const MAIN = join(BUILT, "cli", "main.js");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command in this process, which is faster: all but the process itself is as a user has it. No two at a time, as both
 * would write to the same streams.
 */
export async function milan(...args: readonly string[]): Promise<Outcome> {
  const { exitCode } = process;
  try {
    const { result: code, stdout, stderr } = await captured(() => runMilan(args));
    return { code, stdout, stderr };
  } finally {
    process.exitCode = exitCode;
  }
}

/** Runs what is built in a process of its own, in a working directory of its own if one is given. */
export function milanProcess(args: readonly string[], cwd = process.cwd()): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", cwd });
  return { code: status, stdout, stderr };
}

/** What the normalisation of the hand-made network is. */
export const NORMALISED = ["--mean", "0.5", "--std", "0.5"];

/** A folder with the hand-made network (`net.onnx`) and 40 pictures (`pictures/`), gone after the tests of the file. */
export function workshop(): { at: (name: string) => string; prepare: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "milan-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  return {
    at,
    async prepare() {
      await writeModel(handMadeNetwork(64), at("net.onnx"));
      await writeShapes(at("pictures"), shapeScenes(40, 3), 64);
    },
  };
}

/** Done: exit code 0; standard error is shown when not. */
export function expectDone({ code, stderr }: Outcome): void {
  expect(code, stderr).toBe(0);
}

/**
 * Refused: exit code 2, and a last line that says what and how to go on. What comes before it can only be progress and
 * warnings of damaged pictures.
 * @param absent a path that must not exist afterwards.
 */
export function expectRefusal({ code, stderr, stdout }: Outcome, message: RegExp, absent?: string): void {
  const lines = stderr.trimEnd().split("\n");
  expect(lines.at(-1)).toMatch(message);
  expect(lines.at(-1)).toMatch(/^milan: /);
  for (const line of lines.slice(0, -1))
    expect(line).toMatch(
      /^(sweep|maps|images|masks|epoch [\d/]+): |^milan: (decoding|reading) |units have no annotations$/,
    );
  expect(stdout).toBe("");
  expect(code).toBe(2);
  if (absent !== undefined) expect(existsSync(absent)).toBe(false);
}

/** Rows of a table of a run, as text. */
export const rowsOf = (path: string): string[] => readFileSync(path, "utf8").trim().split("\n");
