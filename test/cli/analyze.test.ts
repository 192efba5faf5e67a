/** `milan analyze` on a classifier of colours that is trained here. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerAnalyze } from "../../src/cli/analyze.js";
import * as op from "../../src/engine/grad/ops.js";
import { convolution, linear } from "../../src/engine/train/layers.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { trainClassifier } from "../../src/studies/train-classifier.js";
import { run } from "../command.js";
import { writeColours } from "../studies/pictures.js";

const folder = mkdtempSync(join(tmpdir(), "milan-analyze-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const UNITS = 12;
const COLOURS = ["red", "green", "blue", "yellow"] as const;

beforeAll(async () => {
  await writeColours(at("taught"), COLOURS, 24, 1);
  await writeColours(at("others"), COLOURS, 12, 2);
  await trainClassifier(at("taught"), {
    ...{ out: at("net.onnx"), size: 16, epochs: 12, batch: 8, optimiser: "adamw", learningRate: 0.02 },
    ...{ seed: 3, now: () => performance.now() },
    network: (images, classes) => {
      const maps = op.relu(convolution(images, "conv", UNITS, 3, { stride: 2, padding: 1 }));
      return linear(op.mean(maps, [2, 3]), "head", classes);
    },
  });
  const model = await openModel(at("net.onnx"));
  const layer = model.layers.find(({ op: made, units }) => made === "Relu" && units === UNITS)!;
  const store = await dissect(model, imageFolder(at("taught")), { out: at("run"), layers: [layer.name], k: 5 });
  await store.close();
  const rows = Array.from({ length: UNITS }, (_, unit) =>
    [
      layer.name,
      unit,
      unit % 3 === 0 ? "Red circles beside dark squares" : unit % 3 === 1 ? "Blue things" : "Running",
    ].join(),
  );
  writeFileSync(at("run", "descriptions.csv"), ["layer,unit,description", ...rows, ""].join("\n"));
}, 120_000);

const analyze = (...options: string[]) => run(registerAnalyze, ["analyze", at("run"), ...options]);
const table = (...names: string[]) =>
  parse(readFileSync(at(...names), "utf8"), { columns: true }) as Record<string, string>[];

test("curves, verdicts, figures and tables", async () => {
  const text = await analyze("--images", at("others"), "--step", "0.25", "--trials", "3", "--similar-to", "red");
  expect(text).toMatch(/^criterion\s+area under its curve\s+random orders\s+its units\n/);
  for (const title of ["nouns", "parse depth", "word difference", "like red"]) expect(text).toContain(`\n${title} `);
  expect(text).toMatch(/12 units on 48 pictures, accuracy (9\d|100|[78]\d)\.\d %/);
  const curves = table("run", "analysis", "curves.csv");
  const orders = new Set(curves.map(({ order }) => order));
  expect([...orders].slice(-4)).toEqual(["like red", "random 1", "random 2", "random 3"]);
  for (const order of orders) {
    const own = curves.filter((row) => row.order === order);
    expect(own.map(({ ablated }) => Number(ablated))).toEqual([0, 3, 6, 9, 12]);
    // all orders begin and end alike
    expect([own[0].accuracy, own[4].accuracy]).toEqual([curves[0].accuracy, curves[4].accuracy]);
  }
  expect(Number(curves[4].accuracy)).toBeLessThan(0.5);
  const units = table("run", "analysis", "units.csv");
  expect(units[0]).toMatchObject({
    description: "Red circles beside dark squares",
    nouns: "2",
    adpositions: "1",
    length: "5",
  });
  expect(Number(units[0]["like red"])).toBeCloseTo(1, 3);
  const layers = table("run", "analysis", "layers.csv");
  expect(layers.filter(({ criterion }) => criterion === "nouns")).toMatchObject([
    { units: "12", among_top_tenth: "2" },
  ]);
  const { width, height } = await sharp(at("run", "analysis", "ablation.png")).metadata();
  expect([width, height]).toEqual([1520, 880]);
  expect(readFileSync(at("run", "analysis", "ablation.svg"), "utf8")).toMatch(
    /^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/,
  );
  expect(existsSync(at("run", "analysis", "layers.svg"))).toBe(true);
  const examples = readFileSync(at("run", "analysis", "examples.svg"), "utf8");
  for (const said of ["nouns", "Red circles beside dark squares", "Running", ":0, score 2<", "like red"])
    expect(examples).toContain(said);
  // five exemplars of each unit shown, and three units a criterion where so many score
  const pictures = examples.split("<image ").length - 1;
  expect(pictures % 5).toBe(0);
  expect(pictures).toBeGreaterThanOrEqual(8 * 5);
  const drawn = await sharp(at("run", "analysis", "examples.png")).metadata();
  expect(drawn.width).toBeGreaterThan(2000);
}, 60_000);

test("machine-readable; one seed gives one result", async () => {
  const few = [
    "--images",
    at("others"),
    "--step",
    "0.5",
    "--trials",
    "2",
    "--limit",
    "16",
    "--criteria",
    "nouns",
    "--same-layers",
    "--json",
  ];
  const out = (name: string) => analyze(...few, "--out", at(name)).then((text) => JSON.parse(text));
  const [first, second] = [await out("first"), await out("second")];
  expect(first).toMatchObject({ images: 16, verdicts: [{ criterion: "nouns" }] });
  expect(second.verdicts).toEqual(first.verdicts);
  const orders = new Set(table("first", "curves.csv").map(({ order }) => order));
  expect([...orders].slice(-2)).toEqual(["nouns, same layers 1", "nouns, same layers 2"]);
  expect(readFileSync(at("second", "curves.csv"), "utf8")).toBe(readFileSync(at("first", "curves.csv"), "utf8"));
});

test("without the probe pictures there are no examples, and all else", async () => {
  const few = ["--images", at("others"), "--step", "0.5", "--trials", "2", "--limit", "16", "--criteria", "nouns"];
  const { files } = JSON.parse(await analyze(...few, "--json", "--out", at("bare-out"), "--probe", at("nowhere")));
  expect(files.some((file: string) => file.includes("examples"))).toBe(false);
  expect(existsSync(at("bare-out", "examples.png"))).toBe(false);
  expect(existsSync(at("bare-out", "ablation.png"))).toBe(true);
});

test("what cannot be analysed is refused in a line", async () => {
  const refusal = (...options: string[]) =>
    analyze(...options).then(
      () => "done",
      (error: Error) => error.message,
    );
  const others = ["--images", at("others")];
  expect(await refusal(...others, "--criteria", "spelling")).toMatch(/no criterion spelling; expected some of nouns/);
  expect(await refusal(...others, "--similar-to", "zyzzyva")).toMatch(/the word zyzzyva has no vector/);
  await writeColours(at("strange"), ["red", "black"], 2, 1);
  expect(await refusal("--images", at("strange"))).toMatch(
    /net\.onnx has 4 outputs, and the folder black is none of them/,
  );
  await writeColours(at("one"), ["red"], 2, 1);
  expect(await refusal("--images", at("one", "red"))).toMatch(/in no class folders/);
  await dissect(await openModel(at("net.onnx")), imageFolder(at("taught")), { out: at("bare"), k: 5 }).then((store) =>
    store.close(),
  );
  const bare = run(registerAnalyze, ["analyze", at("bare"), ...others]);
  await expect(bare).rejects.toThrow(/0 described units; expected at least 2, make descriptions with milan describe/);
});
