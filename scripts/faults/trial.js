/**
 * One trial: a command is killed, started again, killed again, and at last left alone. Afterwards its files must be those of an undisturbed run, and
 * nothing else may be there.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { start } from "./milan.js";
import { TIMED } from "./works.js";

/** What only a process at work may have: by name. */
const LEFTOVER =
  /(^|[\\/])(\..*\.tmp|\.milan-lock.*|.*\.(part|part\.json|part.*\.jsonl|holder|lock)|.*-(wal|shm|journal)|sweep.*\.safetensors)([\\/]|$)/;

const placeIn =
  (folder) =>
  (...names) =>
    join(folder, ...names);

/** The files of a folder: path to digest, times left out. */
function filesIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const found = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const [, comparable = (where) => readFileSync(where)] = TIMED.find(([name]) => name.test(entry.name)) ?? [];
    return [path.slice(folder.length + 1), createHash("sha256").update(comparable(path)).digest("hex")];
  });
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Runs a work once, undisturbed: its files, and for each step how long it takes and how often it changes the file system. */
export async function undisturbed(work, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const at = placeIn(folder);
  const session = (await work.open?.()) ?? { env: {}, close: async () => {} };
  const steps = [];
  const counted = `${folder}.count`;
  for (const [i, args] of work.steps(at).entries()) {
    const isServing = work.drive !== undefined && i === 0;
    const running = start(args, { ...session.env, FAULT_COUNT: counted, ...(isServing && { FAULT_SERVING: "1" }) });
    await work.drive?.(running, session, i);
    const { code, stderr, ms } = await running.ended;
    if (code !== 0) throw new Error(`${work.name}: undisturbed, it ended with ${code}\n${stderr}`);
    steps.push({ ms, changes: Number(readFileSync(counted, "utf8")) });
  }
  await session.close();
  rmSync(counted, { force: true });
  return { files: filesIn(folder), steps };
}

/**
 * A trial.
 * @param random a `Random` of `base/random.ts`. @param kills how many at most; a command may be done before.
 * @returns the kills (`at` a moment or a change), and what is wrong: `differing` files, `leftovers`, `problem`s; of the kills, the longest time since the last save,
 * and whether what had been saved was gone on with.
 */
export async function trial(work, reference, folder, { random, kills: most }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const at = placeIn(folder);
  const session = (await work.open?.()) ?? { env: {}, close: async () => {} };
  const result = { kills: [], problem: undefined, differing: [], leftovers: [], lostMs: 0, repeated: 0 };
  try {
    for (const [i, args] of work.steps(at).entries()) {
      for (let saved; ; ) {
        const left = most - result.kills.length;
        const fault = left > 0 && random.uniform() < 0.75 ? chosen(reference.steps[i], random) : {};
        const env = { ...session.env, ...(fault.change && { FAULT_AT: `${fault.change}:${fault.how}` }) };
        const isServing = work.drive !== undefined && i === 0;
        const running = start(work.goOn?.(at)(args) ?? args, { ...env, ...(isServing && { FAULT_SERVING: "1" }) });
        const timer = fault.ms === undefined ? undefined : setTimeout(() => running.child.kill("SIGKILL"), fault.ms);
        await work.drive?.(running, session, i);
        const { code, signal, stderr, ms } = await running.ended;
        clearTimeout(timer);
        const begun = work.saved?.begun?.(stderr);
        if (saved !== undefined && begun !== undefined && begun < saved) {
          result.repeated += 1;
          result.problem ??= `${saved} ${work.saved.unit} were saved, and it began at ${begun}`;
        }
        if (signal === "SIGKILL") {
          result.kills.push(
            fault.ms === undefined
              ? `change ${fault.change} ${fault.how} of step ${i}`
              : `${Math.round(fault.ms)} ms of step ${i}`,
          );
          saved = work.saved?.of(at);
          const files = (work.saved?.files?.(at) ?? []).filter((path) => existsSync(path));
          if (files.length > 0) {
            const savedMs = Math.max(...files.map((path) => statSync(path).mtimeMs));
            result.lostMs = Math.max(result.lostMs, Math.min(ms, Date.now() - savedMs));
          }
          continue;
        }
        if (code === 2 && work.isThere?.test(stderr)) break; // what is there is compared below
        if (code !== 0) {
          result.problem = `started again, it ended with ${code ?? signal}: ${stderr.trim().split("\n").at(-1)}`;
          return result;
        }
        break;
      }
    }
    const found = filesIn(folder);
    const names = new Set([...found.keys(), ...reference.files.keys()]);
    result.leftovers = [...found.keys()].filter((name) => LEFTOVER.test(name) && !reference.files.has(name));
    result.differing = [...names].filter(
      (name) => found.get(name) !== reference.files.get(name) && !result.leftovers.includes(name),
    );
    result.problem ??= work.check?.(session, (name) => readFileSync(at(name), "utf8"));
    return result;
  } finally {
    await session.close();
  }
}

/** A moment, or a change of the file system, of those that the undisturbed step has: every fourth at the very end, when all is done but tidying up. */
function chosen({ ms, changes }, random) {
  const kind = random.uniform();
  if (kind < 0.35) return { ms: random.uniform() * ms };
  const change = kind < 0.75 ? 1 + random.integer(changes) : changes - random.integer(Math.min(changes, AT_THE_END));
  return { change, how: ["before", "after", "torn"][random.integer(3)] };
}

const AT_THE_END = 4;
