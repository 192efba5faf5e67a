/** `milan train` and `milan evaluate` as a user runs them: a describer that describes, judged on what it has not seen. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeEyes, writeShapeSet } from "../describer/training/shape-set.js";
import { expectDone, expectRefusal, milan, milanProcess } from "./milan.js";

const folder = mkdtempSync(join(tmpdir(), "milan-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SIZES = ["--hidden", "24", "--embedding", "8", "--batch", "16", "--length", "4", "--rare", "0"];
const training = (out: string, ...more: string[]) => [
  ...["train", at("set"), "--encoder", at("eyes.onnx"), "--layers", "colours,edges", "--out", at(out)],
  ...SIZES,
  ...more,
];
const train = (out: string, ...more: string[]) => milan(...training(out, ...more));

beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  await writeShapeSet(at("set"), { units: 60, seed: 1 });
}, 60_000);

test("trains, goes on, describes and is judged on what it has not seen", async () => {
  const options = ["--epochs", "4", "--learning-rate", "0.005", "--hold-out", "0.2"];
  const trained = milanProcess(training("describer", ...options));
  expectDone(trained);
  expect(trained.stdout).toMatch(/describer: learned from 60 annotations of 60 units, \d+ of them held out\n/);
  expect(trained.stdout).toMatch(/language model: perplexity [\d.]+ on their annotations, 4 epochs in/);
  expect(readFileSync(at("describer", "card.md"), "utf8")).toContain("/set | 60 | 60 |");
  const described = await milan("describe", at("set"), "--describer", at("describer"), "--out", at("said.csv"));
  expectDone(described);
  expect(readFileSync(at("said.csv"), "utf8").trim().split("\n")).toHaveLength(61);

  const judged = await milan("evaluate", at("describer"), at("set"), "--out", at("judged.json"), "--json");
  expectDone(judged);
  const { judgements, sets } = JSON.parse(judged.stdout);
  expect(sets[0]).toMatchObject({ wasTrainedOn: true, units: 60 - sets[0].learnedFrom });
  expect(judgements.map(({ metric }: { metric: string }) => metric)).toEqual([
    ...["BLEU", "ROUGE-1", "ROUGE-2", "ROUGE-L", "word overlap (idf)"],
  ]);
  const { units } = JSON.parse(readFileSync(at("judged.json"), "utf8"));
  expect(units).toHaveLength(sets[0].units);
  expect(units[0].references[0]).toMatch(/^\w+ \w+s$/);

  const flattered = await milan("evaluate", at("describer"), at("set"), "--all", "--no-layers");
  expectDone(flattered);
  expect(flattered.stdout).toMatch(/60 units judged; \d+ of them learned from, so the scores are flattering\n/);
  expect(flattered.stdout).toMatch(/^ROUGE-L +all +60 /m);
});

test("statistics of annotations, and agreement where there are several a unit", async () => {
  expectRefusal(
    await milan("annotations", at("set")),
    /each of the 60 units has one annotation; expected two or more of some units/,
  );
  const alone = await milan("annotations", at("set"), "--no-agreement");
  expectDone(alone);
  expect(alone.stdout).toMatch(/^all +60 +60 +1 +\d+ +2\.0 +[\d.]+% /m);
  const table = "layer,unit,summary\nconv1,0,red dots\nconv1,0,red and white dots\nconv2,1,the sky\n";
  writeFileSync(at("some.csv"), table);
  const several = await milan("annotations", at("some.csv"), "--json");
  expectDone(several);
  const { statistics, agreement } = JSON.parse(several.stdout);
  expect(statistics[0]).toMatchObject({ units: 2, annotations: 3, annotators: [1, 2] });
  expect(statistics[0].nouns).toBeCloseTo(3 / 8, 9); // dots, dots, sky
  expect(agreement[0]).toMatchObject({ metric: "BLEU", layer: "", units: 1, single: 1 });
  mkdirSync(at("root", "alexnet"), { recursive: true });
  cpSync(at("set"), at("root", "alexnet", "imagenet"), { recursive: true });
  const sets = await milan("annotations", "alexnet/imagenet", at("some.csv"), "--root", at("root"), "--json");
  expectDone(sets);
  const rows = JSON.parse(sets.stdout);
  expect(rows.statistics.map((row: { layer: string; units: number }) => [row.layer, row.units])).toEqual([
    ["", 62],
    ["alexnet/imagenet", 60],
    [at("some.csv"), 2],
  ]);
  expect(rows.agreement.find((row: { layer: string }) => row.layer === at("some.csv"))).toMatchObject({ units: 1 });
  expectRefusal(
    await milan("annotations", "cls", "--root", at("root")),
    /alexnet\/places365, .* not in .*expected 4 sets/,
  );
  expectRefusal(await milan("annotations", at("some.csv"), "--bert", at("set")), /no model\.onnx in it/);
  expectRefusal(await milan("annotations", at("nowhere.csv")), /no such file/);
});

test("what cannot be done is one line and exit code 2", async () => {
  expectRefusal(await milan("train", at("set"), "--out", at("x")), /no encoder given; expected --encoder/);
  expectRefusal(
    await milan("train", at("nowhere"), "--encoder", at("eyes.onnx"), "--out", at("x")),
    /nowhere: no such folder/,
  );
  expectRefusal(await train("x", "--hold-out", "1.5"), /between 0 and 1/);
  expectRefusal(await train("set"), /something else is there; expected a describer/);
  cpSync(at("set"), at("mute"), { recursive: true });
  writeFileSync(at("mute", "annotations.csv"), "layer,unit\nlayer1,0\n");
  expectRefusal(
    await milan("train", at("mute"), "--encoder", at("eyes.onnx"), "--out", at("x")),
    /no column summary; expected layer, unit, summary, got layer, unit/,
  );
  const on = (table: string, ...more: string[]) => {
    writeFileSync(at("mute", "annotations.csv"), table);
    return milan("train", at("mute"), "--encoder", at("eyes.onnx"), "--out", at("x"), ...more);
  };
  const all = readFileSync(at("set", "annotations.csv"), "utf8");
  expectRefusal(
    await on(`${all}layer1,60,red dots\n`),
    /layer1 60 has annotations but no exemplars; expected both of every unit, got 1 of 61 units without.*--partial$/,
  );
  expectRefusal(
    await on(all.replace(/^layer1,7,.*\n/m, "")),
    /layer1 7 has exemplars but no annotations; expected both of every unit, got 1 of 60 units without.*--partial$/,
  );
  expectRefusal(
    await on(`${all}layer1,7,\n`),
    /the summary in row 62 is empty; expected a description in English.*--partial$/,
  );
  expectRefusal(await on(all, "--layers", "colours,nowhere"), /"nowhere" is no layer of the model; nearest: /);
  expectRefusal(
    await on("layer,unit,summary\nlayer1,0,red dots\n", "--partial"),
    /1 annotated units, \d of them held out; expected at least 2 to learn from and 2 held out/,
  );
  expectRefusal(
    await milan("evaluate", at("describer"), at("mute"), "--partial"),
    /[01] units to judge.*expected at least 2/,
  );
  expectRefusal(await milan("evaluate", at("set"), at("set")), /config\.json: no such file/);
  expect([existsSync(at("x")), existsSync(at("x.training"))]).toEqual([false, false]);
});
