/** Folders that Milan left somewhere and somebody brings back: runs, states of sweeps, parts of descriptions, MILANNOTATIONS, training's own. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silent } from "../../../src/base/progress.js";
import type { Random } from "../../../src/base/random.js";
import { runMilan } from "../../../src/cli/program.js";
import { putTogether } from "../../../src/describer/parts.js";
import { dissectShard } from "../../../src/exemplars/dissect.js";
import { merge } from "../../../src/exemplars/merge.js";
import { openMilannotations, writeMilannotations } from "../../../src/exemplars/milannotations.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { openState, statesIn } from "../../../src/exemplars/state.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { openExplorer } from "../../../src/explorer/server.js";
import { openDescriptionLines } from "../../../src/run/description-lines.js";
import { readDescriptions, readDescriptionsHeader, writeDescriptions } from "../../../src/run/descriptions.js";
import { Run } from "../../../src/run/run.js";
import { VERDICTS_FILE } from "../../../src/run/verdicts.js";
import { forgedStore, MADE, said } from "../../explorer/forged.js";
import { describedRun, writeSquares } from "../../explorer/live/made.js";
import { chance, pick, spoil } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import { rowsOf, spoilTable } from "../mutate-table.js";
import { Broken, type Target } from "../target.js";

/** A dissected and described network in a folder: the run, its pictures, its model. */
export async function madeRun(box: string): Promise<string> {
  const at = (...names: string[]) => join(box, ...names);
  await writeSquares(at, 8);
  const run = await describedRun(at, "run");
  await run.close();
  const rows = [
    ["layer", "unit", "description", "reason", "score"],
    ["colours", "0", "thing 0 of colours", "not-above-shuffled", "0.1"],
  ];
  writeFileSync(at("run", VERDICTS_FILE), `${rows.map((row) => row.join(",")).join("\n")}\n`);
  return at("run");
}

/** Files of a folder by their paths below it. */
export const filesIn = (folder: string): Map<string, Buffer> =>
  new Map(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name))]),
  );

/** A file as others might have left it, by what is in it. */
export function spoilFile(random: Random, name: string, bytes: Buffer, others: readonly Buffer[]): Buffer {
  if (chance(random, 0.15)) return spoil(random, bytes, others);
  if (name.endsWith(".json")) return spoilJson(random, JSON.parse(bytes.toString("utf8")));
  if (name.endsWith(".csv")) return spoilTable(random, rowsOf(bytes.toString("utf8")));
  if (!name.endsWith(".jsonl")) return spoil(random, bytes, others);
  const lines = bytes.toString("utf8").trimEnd().split("\n");
  const at = random.integer(lines.length);
  lines[at] = spoilJson(random, JSON.parse(lines[at])).toString("utf8");
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** Spoils one or two files of a folder while something is done with it. */
async function withSpoilt(
  random: Random,
  folder: string,
  files: ReadonlyMap<string, Buffer>,
  work: () => Promise<unknown>,
): Promise<void> {
  const names = [...files.keys()];
  const others = [...files.values()];
  const chosen = [pick(random, names), ...(chance(random, 0.2) ? [pick(random, names)] : [])];
  for (const name of chosen) {
    if (chance(random, 0.05)) rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), spoilFile(random, name, files.get(name)!, others));
  }
  try {
    await work();
  } finally {
    for (const name of chosen) writeFileSync(join(folder, name), files.get(name)!);
  }
}

/** Runs a command as a user would. Errors: `Broken` when it ends as a bug does. */
async function command(...args: string[]): Promise<void> {
  const write = { stdout: process.stdout.write, stderr: process.stderr.write };
  let said = "";
  process.stdout.write = (() => true) as never;
  process.stderr.write = ((text: string) => Boolean((said += text))) as never;
  let code: number;
  try {
    code = await runMilan([...args, "--debug"]);
  } finally {
    process.stdout.write = write.stdout;
    process.stderr.write = write.stderr;
    process.exitCode = undefined;
  }
  if (code === 1) throw new Broken(`milan ${args[0]} ends with a bug: ${said.slice(0, 2000)}`);
}

async function readRun(folder: string): Promise<void> {
  const run = await Run.open(folder);
  try {
    await run.probeFiles();
    for (const layer of run.layers) {
      await run.quantiles(layer);
      if (layer.unitNumbers.length > 0) await run.map(layer, layer.unitNumbers.length - 1, 0);
    }
  } finally {
    await run.close();
  }
}

async function readStore(folder: string): Promise<void> {
  const store = await openExemplars(folder);
  try {
    for (const layer of store.layers) {
      for (const row of [0, layer.units.length - 1].filter((each) => each >= 0)) {
        const image = layer.images[row * store.k];
        if (image >= 0) await store.image(image);
        await store.mask(layer, row, 0);
      }
    }
  } finally {
    await store.close();
  }
}

async function readSaid(folder: string): Promise<void> {
  await readDescriptionsHeader(folder);
  const said = await readDescriptions(folder);
  for (const { description, doubts } of said)
    if (typeof description !== "string" || !Array.isArray(doubts)) throw new Broken("a description that is none");
  const lines = await openDescriptionLines(folder);
  try {
    for (const line of lines.lines) await lines.whole(line);
  } finally {
    await lines.close();
  }
}

async function serveRun(folder: string): Promise<void> {
  const explorer = await openExplorer([folder]);
  await explorer.close();
}

const READERS: readonly ((folder: string, out: string) => Promise<unknown>)[] = [
  readRun,
  readStore,
  readSaid,
  serveRun,
  (run) => command("show", run),
  (run) => command("show", run, "--unit", "0"),
  (run) => command("show", run, "--json", "--sort", "confidence"),
  (run) => command("audit", run, "--words", "thing"),
  (run) => command("export", run, "--format", "html", "--out", `${run}.html`),
  (run, out) => command("export", run, "--format", "milannotations", "--out", out),
  (run) => command("diff", run, run),
];

export const runs: Target = {
  async prepare(box) {
    const folder = await madeRun(box);
    const files = filesIn(folder);
    const out = join(box, "out");
    return {
      once: (random) =>
        withSpoilt(random, folder, files, () => pick(random, READERS)(folder, out)).finally(() =>
          rmSync(out, { recursive: true, force: true }),
        ),
    };
  },
};

export const states: Target = {
  async prepare(box) {
    await madeRun(box);
    const folder = join(box, "parts");
    const probe = imageFolder(join(box, "squares"), { mean: [0], std: [1] });
    const subject = await openModel(join(box, "run.onnx"));
    const options = { out: folder, k: 4, quantile: 0.95, layers: ["colours", "mixed"], batchSize: 2 };
    for (const number of [1, 2]) await dissectShard(subject, probe, { number, of: 2 }, options);
    const files = filesIn(folder);
    return {
      once: (random) =>
        withSpoilt(random, folder, files, async () => {
          for (const state of await statesIn(folder, 8)) await openState(state.path, 8, state);
          await merge([folder], { out: join(box, "merged"), progress: silent }).then(
            async (run) => run instanceof Run && (await run.close()),
          );
        }).finally(() => rmSync(join(box, "merged"), { recursive: true, force: true })),
    };
  },
};

export const descriptionParts: Target = {
  async prepare(box) {
    const folder = join(box, "run");
    mkdirSync(folder);
    const header = (from: number, to: number) =>
      JSON.stringify({ made: MADE, exemplars: "a", describer: "b", of: 4, from, to });
    const lines = (from: number, to: number) => [
      header(from, to),
      ...Array.from({ length: to - from }, (_, i) => JSON.stringify(said("conv1", from + i, "red things"))),
    ];
    for (const [from, to] of [
      [0, 2],
      [2, 4],
    ])
      writeFileSync(join(folder, `descriptions.part-${from}-${to}.jsonl`), `${lines(from, to).join("\n")}\n`);
    const files = filesIn(folder);
    return {
      once: (random) =>
        withSpoilt(random, folder, files, async () => {
          const table = join(folder, "descriptions.csv");
          const together = await putTogether(table);
          if (!together || "missing" in together) return;
          await writeDescriptions(table, together.header, together.descriptions);
          await readSaid(folder);
        }).finally(() => {
          for (const name of ["descriptions.csv", "descriptions.jsonl"]) rmSync(join(folder, name), { force: true });
        }),
    };
  },
};

export const annotated: Target = {
  async prepare(box) {
    const folder = join(box, "set");
    await writeMilannotations(forgedStore({ conv1: 3, conv2: 2 }), folder, silent);
    writeFileSync(
      join(folder, "annotations.csv"),
      "layer,unit,summary\nconv1,0,red things\nconv2,1,the head of a dog\n",
    );
    const files = filesIn(folder);
    return {
      once: (random) =>
        withSpoilt(random, folder, files, async () => {
          if (chance(random, 0.5)) await readStore(folder);
          else {
            await (await openMilannotations(folder)).close();
            await serveRun(folder);
            await command("annotations", "stats", folder);
          }
        }),
    };
  },
};
