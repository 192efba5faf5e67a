/** `milan attack` on a classifier made by hand, of which it is known what fools it: red areas, wherever they come from. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { registerAttack } from "../../src/cli/attack.js";
import { openImages } from "../../src/data/images/open.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { writeModel } from "../../src/engine/onnx/write.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel, preprocessingOf } from "../../src/exemplars/subject.js";
import { classifierOf } from "../../src/studies/ablation/classifier.js";
import { Network } from "../../src/studies/attack/network.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-attack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SIDE = 24;
const CLASSES = ["strawberry", "leaf", "sea"] as const;
/** Of each unit: what it sees of red, green and blue, and how much it speaks for each class. The last two are for being refused. */
const UNITS = [
  { said: "Red fruit and lanterns", sees: [1, -1, -1], speaks: [20, 0, 0] },
  { said: "Green areas", sees: [-1, 1, -1], speaks: [0, 2, 0] },
  { said: "Blue water", sees: [-1, -1, 1], speaks: [0, 0, 2] },
  { said: "Grey ground", sees: [0.1, 0.1, 0.1], speaks: [0, 0, 0] },
  { said: "Nothing", sees: [-1, -1, -1], speaks: [1, 0, 0] },
];

/** Convolution of 1 x 1, ReLU, mean, linear: all weights by hand. */
function network() {
  const g = new GraphBuilder("by hand");
  const constant = (shape: number[], values: number[]) =>
    g.constant(ndarray("float32", shape, Float32Array.from(values)));
  const images = g.input("images", "float32", ["n", 3, SIDE, SIDE]);
  const weight = constant(
    [UNITS.length, 3, 1, 1],
    UNITS.flatMap(({ sees }) => sees),
  );
  const maps = g.node("Relu", [g.node("Conv", [images, weight], { kernel_shape: [1, 1] })], {}, ["seen"]);
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [maps])]);
  const head = constant(
    [CLASSES.length, UNITS.length],
    CLASSES.flatMap((_, i) => UNITS.map(({ speaks }) => speaks[i])),
  );
  g.node("Gemm", [flat, head], { transB: 1 }, ["logits"]);
  g.output("logits", "logits", "float32", ["n", CLASSES.length]);
  return g.build();
}

type Colour = readonly [number, number, number];
const COLOURS: Record<(typeof CLASSES)[number], Colour> = { strawberry: [1, 0, 0], leaf: [0, 1, 0], sea: [0, 0, 1] };

/** A colour in the middle of grey. The `lantern` is a little red in a corner, too small to change what the picture is taken for. */
async function picture(colour: Colour, random: Random, lantern = false): Promise<Buffer> {
  const strength = 150 + random.integer(100);
  const data = Buffer.alloc(3 * SIDE * SIDE, 20);
  for (let p = 0; p < SIDE * SIDE; p++) {
    const [x, y] = [p % SIDE, Math.floor(p / SIDE)];
    const inside = x > 3 && x < 20 && y > 3 && y < 20;
    const isLantern = lantern && x > 18 && y > 20;
    for (let channel = 0; channel < 3; channel++)
      if (inside || isLantern) data[3 * p + channel] = (isLantern ? [1, 0, 0] : colour)[channel] * strength;
  }
  return sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

async function writePictures(into: string, each: number, seed: number, lanterns: boolean) {
  const random = new Random(seed);
  for (const name of CLASSES) {
    mkdirSync(join(into, name), { recursive: true });
    for (let i = 0; i < each; i++)
      writeFileSync(
        join(into, name, `${i}.png`),
        await picture(COLOURS[name], random, lanterns && name === "leaf" && i % 2 === 0),
      );
  }
}

beforeAll(async () => {
  await writeModel(network(), at("net.onnx"));
  writeFileSync(at("net.labels.txt"), `${CLASSES.join("\n")}\n`);
  await writePictures(at("probe"), 12, 1, true);
  await writePictures(at("others"), 10, 2, false);
  const raw = imageFolder(at("probe"), { mean: [0], std: [1] });
  const model = await openModel(at("net.onnx"));
  await dissect(model, raw, { out: at("run"), layers: ["seen"], k: 24, quantile: 0.8 }).then((store) => store.close());
  // fruit and lanterns are the two most different words that any description has
  writeFileSync(
    at("vectors.txt"),
    "fruit 1 0\nlanterns -1 0.1\nred 1 0.2\ngreen 0 1\nareas 0.5 1\nblue 1 1\nwater 1 0.8\n",
  );
  const rows = UNITS.map(({ said }, unit) => `seen,${unit},${said}`);
  writeFileSync(at("run", "descriptions.csv"), ["layer,unit,description", ...rows, ""].join("\n"));
}, 60_000);

const attack = (...options: string[]) => attackRun("run", ...options);
const attackRun = (name: string, ...options: string[]) =>
  run(registerAttack, ["attack", at(name), "--images", at("others"), "--vectors", at("vectors.txt"), ...options]);
const table = (...names: string[]) =>
  parse(readFileSync(at(...names), "utf8"), { columns: true }) as Record<string, string>[];
const contents = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name)).toString("base64")}`);

/** What the network answers to a picture file, as anybody would ask. */
async function answers(path: string): Promise<string[]> {
  const classifier = await classifierOf("testing", await openModel(at("net.onnx")));
  const network = new Network(classifier, {
    preprocessing: { ...preprocessingOf(classifier.subject), mean: [0], std: [1] },
  });
  const set = await openImages(path);
  const pixels = await Promise.all(
    set.entries.map(async (_, i) => {
      const { data } = await sharp((await set.read(i)) as Uint8Array)
        .raw()
        .toBuffer({ resolveWithObject: true });
      return Uint8Array.from(
        { length: data.length },
        (_, at) => data[3 * (at % SIDE ** 2) + Math.floor(at / SIDE ** 2)],
      );
    }),
  );
  const found = await network.answers(pixels);
  await network.close();
  await set.close();
  return found.map((output) => CLASSES[output]);
}

test("red pasted into leaves and seas makes strawberries of them, other colours do not", async () => {
  const before = contents(at("others"));
  const text = await attack("--units", "seen:0", "--trials", "16", "--seed", "3", "--own-class");
  expect(text).toMatch(
    /^unit\s+description\s+class\s+weight\s+cut-outs\s+attacked\s+success\s+random\s+difference\s+verdict$/m,
  );
  expect(text).toMatch(
    /^seen:0\s+Red fruit and lanterns\s+strawberry\s+\S+\s+\d+\s+16\s+100\.0 %\s+0\.0 %\s+100\.0 \[.*\]\s+works$/m,
  );
  expect(text).toMatch(/attack: works; over 1 units 100\.0 \[/);
  const [unit] = table("run", "attack", "attack.csv");
  expect(unit).toMatchObject({ layer: "seen", unit: "0", class: "strawberry", attacked: "16", verdict: "works" });
  expect(unit).toMatchObject({ success: "1.0000", control: "0.0000", difference: "1.0000", lost: "1.0000" });
  expect(Number(unit.low)).toBeGreaterThan(0.7);
  const pastes = table("run", "attack", "pastes.csv");
  expect(pastes).toHaveLength(16);
  for (const { before: own, after, picture: file, file: made } of pastes) {
    expect(own).not.toBe("strawberry");
    expect([file.split("/")[0], after]).toEqual([own, "strawberry"]);
    expect(made).toMatch(/^pictures\/\d{4}\.png$/);
  }
  expect(new Set(await answers(at("run", "attack", "pictures")))).toEqual(new Set(["strawberry"]));
  expect(contents(at("others"))).toEqual(before);
  const { width } = await sharp(at("run", "attack", "attack.png")).metadata();
  expect(width).toBeGreaterThan(500);
  expect(readFileSync(at("run", "attack", "attack.svg"), "utf8")).toMatch(/^<svg[^>]* xmlns=.*now: strawberry/s);
}, 60_000);

test("without cut-outs of the class itself, those of other pictures do as well; a second attack replaces the first", async () => {
  const found = JSON.parse(
    await attack("--top", "1", "--trials", "6", "--size", "0.2", "--out", at("other"), "--json"),
  );
  expect(found.units).toHaveLength(1);
  expect(found.units[0].wordDifference).toBeCloseTo(1 + 1 / Math.hypot(1, 0.1), 5);
  expect(found.units[0]).toMatchObject({ unit: 0, class: "strawberry", success: 1, control: 0, verdict: "works" });
  // only the leaves that have a lantern
  for (const { distractor } of table("other", "pastes.csv")) expect(distractor).toMatch(/^leaf\/\d*[02468]\.png$/);
  expect(found.pictures).toBe(6);
  writeFileSync(at("other", "pictures", "mine.png"), "mine");
  await attack("--units", "seen:0", "--trials", "2", "--size", "0.2", "--out", at("other"));
  expect(readdirSync(at("other", "pictures")).sort()).toEqual(["0001.png", "0002.png", "mine.png"]);
}, 60_000);

test("units that speak faintly cannot be told from chance, and the result is the same for one seed", async () => {
  const args = ["--units", "seen:1", "--own-class", "--trials", "10", "--size", "0.05", "--json", "--out", at("faint")];
  const [first, again] = [await attack(...args), await attack(...args)];
  expect(first).toBe(again);
  expect(JSON.parse(first).units[0]).toMatchObject({ class: "leaf", success: 0, verdict: "cannot tell" });
}, 60_000);

test("a unit's outgoing weight is its weight in the head, less the others' mean, times its mean activation", async () => {
  const classifier = await classifierOf("testing", await openModel(at("net.onnx")));
  const preprocessing = { ...preprocessingOf(classifier.subject), mean: [0], std: [1] };
  const net = new Network(classifier, { preprocessing, batchSize: 3 });
  const layer = classifier.subject.layers.find(({ name }) => name === "seen")!;
  const random = new Random(5);
  const pictures = Array.from({ length: 7 }, () =>
    Uint8Array.from({ length: 3 * SIDE ** 2 }, () => random.integer(256)),
  );
  for (const [unit, { sees, speaks }] of UNITS.slice(0, 4).entries()) {
    let activation = 0;
    for (const pixels of pictures) {
      for (let p = 0; p < SIDE ** 2; p++) {
        const seen = sees.reduce((sum, weight, channel) => sum + (weight * pixels[channel * SIDE ** 2 + p]) / 255, 0);
        activation += Math.max(0, seen) / SIDE ** 2 / pictures.length;
      }
    }
    const sum = speaks.reduce((a, b) => a + b, 0);
    const expected = speaks.map((weight) => activation * (weight - (sum - weight) / (CLASSES.length - 1)));
    const found = await net.outgoing(layer, unit, pictures);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 4);
    expect(Math.max(...expected)).toBeGreaterThan(unit < 3 ? 0.001 : -1);
  }
  await net.close();
});

test("with boxes, the areas of which the description is true are cut out, and boxes that are not so are controls", async () => {
  const rows = CLASSES.flatMap((name) => Array.from({ length: 12 }, (_, i) => `${name}/${i}.png,4,4,19,19`));
  writeFileSync(at("boxes.csv"), ["file,x0,y0,x1,y1", ...rows, ""].join("\n"));
  const known = ["--distractors", at("probe"), "--boxes", at("boxes.csv"), "--side", String(SIDE)];
  const args = ["--units", "seen:0", "--trials", "8", "--size", "0.2", "--out", at("boxed"), "--json"];
  cpSync(at("run"), at("run-red"), { recursive: true });
  writeFileSync(at("run-red", "descriptions.csv"), "layer,unit,description\nseen,0,Red areas\nseen,1,Green areas\n");
  const found = JSON.parse(await attackRun("run-red", ...known, ...args));
  expect(found.units[0]).toMatchObject({ class: "strawberry", success: 1, control: 0, verdict: "works", cutouts: 6 });
  for (const { distractor, control } of table("boxed", "pastes.csv")) {
    expect(distractor).toMatch(/^leaf\/\d*[02468]\.png$/);
    expect(control).toMatch(/^(leaf|sea)\//);
  }
}, 60_000);

test("nothing is pasted into the picture it was cut out of", async () => {
  const args = ["--units", "seen:0", "--trials", "24", "--own-class", "--images", at("probe"), "--out", at("same")];
  await attack(...args);
  const pastes = table("same", "pastes.csv");
  expect(pastes).toHaveLength(24);
  expect(new Set(pastes.map(({ distractor }) => distractor.split("/")[0]))).toEqual(new Set(["strawberry", "leaf"]));
  for (const { picture: file, distractor, control } of pastes) expect([distractor, control]).not.toContain(file);
}, 60_000);

test("refused in one line", async () => {
  const refusal = async (...options: string[]) => {
    const error = await attack(...options).then(
      () => new Error("nothing was thrown"),
      (thrown: Error) => thrown,
    );
    expect(error.constructor.name).toBe("UserError");
    expect(error.message).not.toContain("\n");
    return error.message;
  };
  expect(await refusal("--units", "seen:9")).toMatch(/unit 9 of seen has no description; expected units that have/);
  expect(await refusal("--units", "sean:0")).toMatch(/no such layer; nearest are seen/);
  expect(await refusal("--words", "elephant")).toMatch(/no description of 5 speaks of elephant; expected some/);
  expect(await refusal("--units", "seen:4")).toMatch(
    /none of 1 units can be attacked with; the first, seen:4 "Nothing": it is active on no picture of the run; choose others/,
  );
  expect(await refusal("--units", "seen:3")).toMatch(/silencing it changes no answer/);
  expect(await refusal("--units", "seen:2")).toMatch(
    /no cut-out of what it is described by is of another class than sea/,
  );
  expect(await refusal("--boxes", at("boxes.csv"))).toMatch(/--boxes or --masks without pictures/);
  expect(await refusal("--distractors", at("probe"))).toMatch(/nothing says what its pictures show/);
  expect(await refusal("--probe", at("others"))).toMatch(/not the probe set the run was made with/);
  expect(await refusal("--probe", at("nowhere"))).toMatch(/nowhere is not there any more/);
  mkdirSync(at("one", "leaf"), { recursive: true });
  mkdirSync(at("flat"), { recursive: true });
  for (const path of [at("one", "leaf", "a.png"), at("flat", "a.png")])
    writeFileSync(path, await picture(COLOURS.leaf, new Random(1)));
  expect(await refusal("--images", at("one"))).toMatch(/no class folders|all pictures with a class are of one/);
  mkdirSync(at("wrong", "leaf"), { recursive: true });
  mkdirSync(at("wrong", "sea"), { recursive: true });
  for (const name of ["leaf", "sea"])
    writeFileSync(at("wrong", name, "a.png"), await picture(COLOURS.strawberry, new Random(1)));
  expect(await refusal("--images", at("wrong"))).toMatch(/none of 2 pictures is taken for its class; expected some/);
  cpSync(at("run"), at("generator"), { recursive: true });
  const manifest = JSON.parse(readFileSync(at("run", "run.json"), "utf8"));
  writeFileSync(
    at("generator", "run.json"),
    JSON.stringify({ ...manifest, probeKind: "latents", preprocessing: null, generated: "seen" }),
  );
  await expect(attackRun("generator")).rejects.toThrow(/it is of a generator; expected a run of a classifier/);
  const other = network();
  other.proto.producerName = "somebody else";
  await writeModel(other, at("other.onnx"));
  expect(await refusal("--model", at("other.onnx"))).toMatch(/is not the model the run was made with/);
}, 60_000);
