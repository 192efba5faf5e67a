/**
 * Attacks targets in processes of their own and watches them: one that crashes, hangs or grows too much is a finding, named with
 * the number of the input that did it, and the attack goes on behind that input.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { TARGETS } from "./list.js";
import { type Finding, findingsFile, STATE, STATE_BYTES, stateFile, type Work } from "./worker.js";

const CHILD = fileURLToPath(new URL("child.js", import.meta.url));
const LOOK_MS = 100;
/** A process that holds more than this is ended before the machine suffers. */
const MOST_BYTES = 3 * 2 ** 30;
/** Samples are made by real dissections. */
const MOST_PREPARING_MS = 120_000;

export interface CampaignOptions {
  readonly seed: number;
  /** Names of targets, or the beginnings of such; default all. */
  readonly targets?: readonly string[];
  /** Milliseconds for each; default: as many inputs as the target says for tests. */
  readonly ms?: number;
  /** Number of the first input, and how many, to see one again. */
  readonly from?: number;
  readonly inputs?: number;
}

export interface Outcome {
  readonly target: string;
  tried: number;
  refused: number;
  accepted: number;
  readonly findings: Finding[];
  /** The slowest input: milliseconds, and its number. */
  slowest: readonly [number, number];
  /** The one for which the process grew most: megabytes, and its number. */
  largest: readonly [number, number];
}

/** Attacks targets. @param told after each target. */
export async function campaign(
  options: CampaignOptions,
  told: (outcome: Outcome) => void = () => {},
): Promise<Outcome[]> {
  const { targets = [""], ms, from = 0 } = options;
  const chosen = TARGETS.filter(({ name }) => targets.some((wanted) => name.startsWith(wanted)));
  if (chosen.length === 0)
    throw new Error(`no target ${targets.join(", ")}; there are ${TARGETS.map(({ name }) => name).join(", ")}`);
  const outcomes = chosen.map(
    ({ name }): Outcome => ({
      target: name,
      tried: 0,
      refused: 0,
      accepted: 0,
      findings: [],
      slowest: [0, 0],
      largest: [0, 0],
    }),
  );
  let todo = chosen.map(({ name, quick }) => ({
    target: name,
    from,
    inputs: options.inputs ?? (ms === undefined ? quick : Number.MAX_SAFE_INTEGER),
    ms: ms ?? Number.MAX_SAFE_INTEGER,
  }));
  while (todo.length > 0) {
    // a long campaign gives every target a process of its own, so that what one leaves behind is not another's
    const parts = ms === undefined ? todo : todo.slice(0, 1);
    const rest = ms === undefined ? [] : todo.slice(1);
    todo = [...(await one({ seed: options.seed, parts }, outcomes, told)), ...rest];
  }
  return outcomes;
}

/** One process. Gives back what it left undone. */
async function one(
  { seed, parts }: Pick<Work, "seed" | "parts">,
  outcomes: readonly Outcome[],
  told: (outcome: Outcome) => void,
): Promise<Work["parts"]> {
  const folder = mkdtempSync(join(tmpdir(), "milan-fuzz-"));
  try {
    const child = spawn(
      process.execPath,
      ["--max-old-space-size=1500", CHILD, JSON.stringify({ seed, folder, parts } satisfies Work)],
      {
        stdio: ["ignore", "ignore", "pipe"],
        cwd: folder,
        env: { ...process.env, MILAN_THREADS: "1", NODE_NO_WARNINGS: "1" },
      },
    );
    let said = "";
    child.stderr.on("data", (data) => (said = (said + data).slice(-4000)));
    const killed = await watched(child, folder, parts);
    const states = parts.map((_, number) => stateOf(folder, number));
    const last = states.findLastIndex((state) => state !== undefined);
    const findings = findingsIn(folder);
    const isDone = child.exitCode === 0;
    if (!isDone) {
      const target = parts[Math.max(0, last)].target;
      const what = killed ?? `the process ended by ${child.signalCode ?? `exit code ${child.exitCode}`}`;
      findings.push({ target, input: states[last]?.[STATE.input] ?? -1, what, stack: said });
    }
    for (const [number, { target }] of parts.entries()) {
      const outcome = outcomes.find((each) => each.target === target)!;
      outcome.findings.push(...findings.filter((finding) => finding.target === target));
      if (states[number]) add(outcome, states[number], !isDone && number === last);
      if (isDone || number < last) told(outcome);
    }
    if (isDone) return [];
    if (last < 0) {
      told(outcomes.find((each) => each.target === parts[0].target)!);
      return parts.slice(1); // its samples could not be made, which is among the findings
    }
    const { target, from, inputs, ms } = parts[last];
    const next = states[last]![STATE.input] + 1;
    const leftMs = ms - spentMs(folder);
    const again = { target, from: next, inputs: inputs - (next - from), ms: leftMs };
    const goesOn = again.inputs > 0 && again.ms > 0 && findings.length < 50;
    if (!goesOn) told(outcomes.find((each) => each.target === target)!);
    return [...(goesOn ? [again] : []), ...parts.slice(last + 1)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
    begun.delete(folder);
  }
}

const begun = new Map<string, number>();
const spentMs = (folder: string) => performance.now() - (begun.get(folder) ?? performance.now());

/** Waits for the end of a process, or brings it about. Gives the reason if so. */
async function watched(child: ChildProcess, folder: string, parts: Work["parts"]): Promise<string | undefined> {
  begun.set(folder, performance.now());
  let killed: string | undefined;
  let ended = false;
  const end = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      resolve();
    });
  });
  let [prepared, sinceMs] = [-1, Date.now()];
  while (!ended) {
    await Promise.race([end, sleep(LOOK_MS)]);
    if (ended) break;
    const states = parts.map((_, number) => stateOf(folder, number));
    const last = states.findLastIndex((state) => state !== undefined);
    if (last !== prepared) [prepared, sinceMs] = [last, Date.now()];
    const beganMs = states[last]?.[STATE.begunMs] ?? 0;
    const most = TARGETS.find(({ name }) => name === parts[Math.max(last, 0)].target)?.mostMs ?? 10_000;
    const bytes = residentBytes(child.pid!);
    if (bytes > MOST_BYTES) killed = `grew to ${Math.round(bytes / 2 ** 20)} MB`;
    else if (beganMs > 0 && Date.now() - beganMs > most) killed = `still at it after ${most} ms`;
    else if (beganMs === 0 && Date.now() - sinceMs > MOST_PREPARING_MS) killed = "its samples took too long";
    if (killed !== undefined) {
      child.kill("SIGKILL");
      await end;
    }
  }
  return killed;
}

function stateOf(folder: string, part: number): Float64Array | undefined {
  const path = stateFile(folder, part);
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  return bytes.length === STATE_BYTES ? new Float64Array(new Uint8Array(bytes).buffer) : undefined;
}

function findingsIn(folder: string): Finding[] {
  if (!existsSync(findingsFile(folder))) return [];
  return readFileSync(findingsFile(folder), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding);
}

/** @param isCut whether the last input was never finished. */
function add(outcome: Outcome, state: Float64Array, isCut: boolean): void {
  outcome.tried += state[STATE.tried] + Number(isCut);
  outcome.refused += state[STATE.refused];
  outcome.accepted += state[STATE.accepted];
  if (state[STATE.slowestMs] > outcome.slowest[0]) outcome.slowest = [state[STATE.slowestMs], state[STATE.slowest]];
  if (state[STATE.growth] > outcome.largest[0]) outcome.largest = [state[STATE.growth], state[STATE.largest]];
}

/** Bytes that a process holds; 0 where that cannot be told. */
function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
  } catch {
    return 0;
  }
}
