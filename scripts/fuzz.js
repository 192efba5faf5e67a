// Attacks every parser with spoilt input: node scripts/fuzz.js [--seconds N] [--seed S] [--input I] [target...]
// Each target gets N seconds (default 60). A target is named by how its name begins: "tensors" are all of that family. --input tries one input
// again, by its number. Prints a table, with what was found; the exit code is 1 when there are any.
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string" }, seed: { type: "string", default: "1" }, input: { type: "string" } },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const file = fileURLToPath(new URL("../test/fuzz/campaign.ts", import.meta.url));
const { module } = await runnerImport(file, { root, configFile: false, logLevel: "error" });

const input = values.input === undefined ? {} : { from: Number(values.input), inputs: 1 };
const ms = Number(values.seconds ?? 60) * 1000;
const targets = positionals.length > 0 ? { targets: positionals } : {};
const columns = ["target", "inputs", "refused", "accepted", "findings", "slowest", "largest growth"];
const widths = [34, 9, 9, 9, 8, 18, 18];
const line = (cells) => cells.map((cell, i) => String(cell).padEnd(widths[i])).join(" ");
console.log(
  `seed ${values.seed}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`,
);
console.log(line(columns));
const outcomes = await module.campaign({ seed: Number(values.seed), ms, ...targets, ...input }, (outcome) => {
  const { target, tried, refused, accepted, findings, slowest, largest } = outcome;
  const [tookMs, grew] = [`${Math.round(slowest[0])} ms`, `${Math.round(largest[0])} MB`];
  console.log(
    line([target, tried, refused, accepted, findings.length, `${tookMs} (${slowest[1]})`, `${grew} (${largest[1]})`]),
  );
});
const sum = (key) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
const findings = outcomes.flatMap((outcome) => outcome.findings);
console.log(line(["all", sum("tried"), sum("refused"), sum("accepted"), findings.length, "", ""]));
for (const { target, input, what, stack } of findings) console.log(`\n${target}, input ${input}: ${what}\n${stack}`);
process.exitCode = findings.length > 0 ? 1 : 0;
