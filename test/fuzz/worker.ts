/**
 * The process in which targets are attacked. It writes down, before every input, which one it is, so that whoever watches it
 * (`campaign.ts`) knows what it was at when it died, hung or grew.
 */
import {
  appendFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { messageOf, UserError } from "../../src/base/errors.js";
import { Random } from "../../src/base/random.js";
import { TARGETS } from "./list.js";
import type { Attack, Listed } from "./target.js";

/** What a worker is to do. */
export interface Work {
  readonly seed: number;
  /** An existing folder of its own. */
  readonly folder: string;
  readonly parts: readonly {
    readonly target: string;
    /** Number of the first input. */
    readonly from: number;
    /** How many at most, and for how many milliseconds. */
    readonly inputs: number;
    readonly ms: number;
  }[];
}

/** Something that must not happen. */
export interface Finding {
  readonly target: string;
  /** Number of the input. */
  readonly input: number;
  readonly what: string;
  readonly stack: string;
}

/** Places of the numbers in the file that a worker keeps of its state. */
export const STATE = {
  part: 0,
  input: 1,
  begunMs: 2,
  tried: 3,
  refused: 4,
  accepted: 5,
  slowestMs: 6,
  slowest: 7,
  growth: 8,
  largest: 9,
};
export const STATE_BYTES = Object.keys(STATE).length * 8;
export const stateFile = (folder: string, part: number): string => join(folder, `state-${part}`);
export const findingsFile = (folder: string): string => join(folder, "findings.jsonl");

const [LEAST_STRANGE, LONGEST_LINE] = [/[\p{Cc}\u2028\u2029]/u, 4000];
const MEGABYTE = 2 ** 20;

/** A state of its own for every input, whatever was tried before. */
export function randomFor(seed: number, target: string, input: number): Random {
  let hash = seed >>> 0;
  for (const letter of `${target}:${input}`)
    hash = (Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193) ^ (hash >>> 15)) >>> 0;
  return new Random(hash);
}

export async function work({ seed, folder, parts }: Work): Promise<void> {
  let at = { target: "", input: 0 };
  const seen = new Set<string>();
  const find = (what: string, stack = "") => {
    // where it was thrown, and how it begins, tell one defect from another
    const [where = ""] = /\/src\/\S+/.exec(stack) ?? [];
    const key = `${at.target} ${where || what.replace(/\d+/g, "0").slice(0, 60)}`;
    if (seen.has(key)) return;
    seen.add(key);
    appendFileSync(findingsFile(folder), `${JSON.stringify({ ...at, what, stack } satisfies Finding)}\n`);
  };
  const caught = (kind: string) => (thrown: unknown) =>
    find(`${kind}: ${nameOf(thrown)}: ${messageOf(thrown)}`, thrown instanceof Error ? thrown.stack : "");
  Error.stackTraceLimit = 40;
  process.on("uncaughtException", caught("uncaught"));
  process.on("unhandledRejection", caught("unhandled"));

  for (const [number, part] of parts.entries()) {
    const target = TARGETS.find(({ name }) => name === part.target)!;
    at = { target: target.name, input: -1 };
    // three folders deep, with every one of them watched
    const outer = join(folder, `part-${number}`);
    const box = join(outer, "a", "b", "box");
    mkdirSync(box, { recursive: true });
    const attack = await (await target.load()).prepare(box);
    const state = new Float64Array(STATE_BYTES / 8);
    const file = openSync(stateFile(folder, number), "w");
    const save = () => writeSync(file, new Uint8Array(state.buffer), 0, STATE_BYTES, 0);
    state[STATE.part] = number;
    const endMs = performance.now() + part.ms;
    for (let input = part.from; input < part.from + part.inputs && performance.now() < endMs; input++) {
      at = { target: target.name, input };
      state[STATE.input] = input;
      state[STATE.begunMs] = Date.now();
      save();
      await tryOne({ target, attack, random: randomFor(seed, target.name, input), state, input, find });
      const strangers = escaped(outer);
      if (strangers.length > 0) {
        find(`wrote outside of its folder: ${strangers.join(", ")}`);
        for (const name of strangers) rmSync(join(outer, name), { recursive: true, force: true });
      }
    }
    state[STATE.begunMs] = 0;
    save();
    await attack.close?.();
    rmSync(outer, { recursive: true, force: true });
  }
}

async function tryOne(now: {
  target: Listed;
  attack: Attack;
  random: Random;
  state: Float64Array;
  input: number;
  find: (what: string, stack?: string) => void;
}): Promise<void> {
  const { target, attack, random, state, input, find } = now;
  const before = memory();
  const beganMs = performance.now();
  try {
    await attack.once(random);
    state[STATE.accepted]++;
  } catch (thrown) {
    state[STATE.refused]++;
    if (!(thrown instanceof UserError)) find(`${nameOf(thrown)}: ${messageOf(thrown)}`, (thrown as Error)?.stack);
    else if (LEAST_STRANGE.test(messageOf(thrown)) || messageOf(thrown).length > LONGEST_LINE)
      find(`a message that is no plain line: ${JSON.stringify(thrown.message).slice(0, 200)}`, thrown.stack);
  }
  const tookMs = performance.now() - beganMs;
  const growth = growthSince(before) / MEGABYTE;
  state[STATE.tried]++;
  if (tookMs > state[STATE.slowestMs]) [state[STATE.slowestMs], state[STATE.slowest]] = [tookMs, input];
  if (growth > state[STATE.growth]) [state[STATE.growth], state[STATE.largest]] = [growth, input];
  if (growth > (target.mostMegabytes ?? 256)) find(`grew by ${Math.round(growth)} MB`);
}

/** Bytes that the process holds, in and out of the heap; from now on the most are remembered. */
function memory(): readonly [resident: number, external: number] {
  try {
    writeFileSync("/proc/self/clear_refs", "5"); // Linux forgets the largest size so far
  } catch {}
  const { rss, external } = process.memoryUsage();
  return [rss, external];
}

/** Bytes by which it grew since at the most. Arrays that were made and never touched are not resident, but count as well. */
function growthSince([resident, external]: readonly [number, number]): number {
  const now = process.memoryUsage();
  let peak = now.rss;
  try {
    peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024;
  } catch {}
  return Math.max(peak - resident, now.external - external, 0);
}

/** What lies beside the box, or beside the folders it is in. */
function escaped(outer: string): string[] {
  const allowed: [string, string][] = [
    ["", "a"],
    ["a", "b"],
    [join("a", "b"), "box"],
  ];
  return allowed.flatMap(([folder, only]) =>
    readdirSync(join(outer, folder))
      .filter((name) => name !== only)
      .map((name) => join(folder, name)),
  );
}

const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.constructor.name : typeof thrown);
