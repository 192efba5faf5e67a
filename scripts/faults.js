/**
 * Kills commands with SIGKILL, over and over, and checks that started again they come to the same result:
 *
 *     node scripts/faults.js [--kills 8] [--seed 0] [--only describe,pull] [--work FOLDER] [--keep] [--fast] [--json FILE]
 *
 * Kills are drawn by the seed: a third at a moment of the command's duration, the rest at one of its changes of the file system, before it, after it, or when
 * half of what is to be written is written (`faults/kill-at-write.cjs`). One to three kills a trial, until each command has had `--kills`. Ends with 1 when anything
 * differs. The page cache outlives a killed process: what a power cut does is not tried here.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { inputsIn } from "./faults/inputs.js";
import { DIST } from "./faults/milan.js";
import { trial, undisturbed } from "./faults/trial.js";
import { worksFor } from "./faults/works.js";

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "8" },
    seed: { type: "string", default: "0" },
    only: { type: "string" },
    work: { type: "string" },
    keep: { type: "boolean", default: false },
    fast: { type: "boolean", default: false },
    json: { type: "string" },
  },
});

const { Random } = await import(pathToFileURL(join(DIST, "base/random.js")).href);
const folder = resolve(options.work ?? mkdtempSync(join(tmpdir(), "milan-faults-")));
const clear = () => options.keep || options.work || rmSync(folder, { recursive: true, force: true });
process.on("exit", clear);
const inputs = await inputsIn(folder, options.fast ? "few" : "all");
const wanted = options.only?.split(",");
const works = worksFor(inputs).filter(
  ({ name, inputs: needs }) =>
    (!options.fast || needs === "few") && (!wanted || wanted.some((part) => `${name} `.startsWith(`${part} `))),
);
const rows = [];
let isWrong = false;
for (const [number, work] of works.entries()) {
  const random = new Random(Number(options.seed) * 1000 + number);
  const place = join(folder, "trial"); // always the same, since some files say where they lie
  const reference = await undisturbed(work, place);
  const row = {
    command: work.name,
    trials: 0,
    moments: 0,
    changes: 0,
    same: 0,
    leftovers: 0,
    lostMs: 0,
    unit: work.goesOn ?? work.saved?.unit,
  };
  const goal = Number(options.kills);
  for (let tries = 0; row.moments + row.changes < goal && tries < 4 * goal; tries++) {
    const most = Math.min(goal - row.moments - row.changes, 1 + random.integer(3));
    const result = await trial(work, reference, place, { random, kills: most });
    const { kills, problem, differing, leftovers, lostMs } = result;
    row.trials += 1;
    row.moments += kills.filter((kill) => / ms /.test(kill)).length;
    row.changes += kills.filter((kill) => /^change/.test(kill)).length;
    row.leftovers += leftovers.length;
    row.lostMs = Math.max(row.lostMs, lostMs);
    const isSame = problem === undefined && differing.length === 0;
    if (isSame) row.same += 1;
    if (isSame && leftovers.length === 0) continue;
    isWrong = true;
    const told = [
      problem,
      differing.length > 0 && `different: ${differing.join(", ")}`,
      leftovers.length > 0 && `left: ${leftovers.join(", ")}`,
    ];
    process.stderr.write(
      `${work.name}, killed at ${kills.join("; ") || "no time"}: ${told.filter(Boolean).join("; ")}\n`,
    );
  }
  row.undisturbedMs = Math.round(reference.steps.reduce((sum, { ms }) => sum + ms, 0));
  row.changesThereAre = reference.steps.reduce((sum, { changes }) => sum + changes, 0);
  rows.push(row);
  process.stderr.write(`${lineOf(row)}\n`);
}
if (existsSync(join(folder, "trial"))) rmSync(join(folder, "trial"), { recursive: true });

function lineOf({ command, trials, moments, changes, same, leftovers, lostMs, unit, undisturbedMs, changesThereAre }) {
  const lost =
    unit === undefined ? "begins anew" : lostMs > 0 ? `${(lostMs / 1000).toFixed(1)} s` : `goes on (${unit})`;
  return `| \`${command}\` | ${(undisturbedMs / 1000).toFixed(1)} s, ${changesThereAre} | ${moments} + ${changes} | ${trials} | ${same} | ${leftovers} | ${lost} |`;
}

const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
process.stdout.write(
  `${[
    "| command | undisturbed: time, changes | kills: moments + changes | trials | same result | files left | lost at most |",
    "|---|---|---|---|---|---|---|",
    ...rows.map(lineOf),
    `| all | | ${sum("moments")} + ${sum("changes")} = ${sum("moments") + sum("changes")} | ${sum("trials")} | ${sum("same")} | ${sum("leftovers")} | |`,
  ].join("\n")}\n`,
);
if (options.json) writeFileSync(options.json, JSON.stringify(rows, null, 1));
process.exitCode = isWrong ? 1 : 0;
