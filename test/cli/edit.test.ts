/** `milan edit` on a classifier, made by hand, that looks at what misleads it: a blue mark. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { registerEdit } from "../../src/cli/edit.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { metadataOf } from "../../src/engine/onnx/metadata.js";
import { readModel } from "../../src/engine/onnx/model.js";
import { writeModel } from "../../src/engine/onnx/write.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel, preprocessingOf } from "../../src/exemplars/subject.js";
import { openClassPictures } from "../../src/studies/ablation/class-pictures.js";
import { classifierOf } from "../../src/studies/ablation/classifier.js";
import { accuracyOf, sweep } from "../../src/studies/ablation/sweep.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-edit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SIDE = 8;
/** Of each unit: what it sees of red, green and blue, and how much it speaks for red and for green. */
const UNITS = [
  { said: "Red areas", sees: [1, -1, -1], speaks: [1, 0] },
  { said: "Green areas", sees: [-1, 1, -1], speaks: [0, 1] },
  { said: "Blue letters", sees: [-1, -1, 1], speaks: [30, -30] },
  { said: "Blue words", sees: [-1, -1, 0.9], speaks: [10, -10] },
  { said: "Letters on red", sees: [0.5, -1, -1], speaks: [0.1, 0] },
  { said: "Dark areas", sees: [-1, -1, -1], speaks: [0, 0] },
];

/** Convolution of 1 x 1, ReLU, mean, linear: all weights by hand. */
function network(speaks = UNITS.map((unit) => unit.speaks), bias = [0, 0]) {
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
    [2, UNITS.length],
    [0, 1].flatMap((kind) => speaks.map((own) => own[kind])),
  );
  g.node("Gemm", [flat, head, constant([2], bias)], { transB: 1 }, ["logits"]);
  g.output("logits", "logits", "float32", ["n", 2]);
  return g.build();
}

/** Pictures of a colour on grey; a blue corner with a chance that depends on the class. */
async function writeMarked(into: string, marked: { red: number; green: number }, each: number, seed: number) {
  const random = new Random(seed);
  for (const colour of ["red", "green"] as const) {
    mkdirSync(join(into, colour), { recursive: true });
    for (let i = 0; i < each; i++) {
      const data = Buffer.alloc(3 * SIDE * SIDE);
      const strength = 120 + random.integer(100);
      const isMarked = random.uniform() < marked[colour];
      for (let p = 0; p < SIDE * SIDE; p++) {
        const [x, y] = [p % SIDE, Math.floor(p / SIDE)];
        const isCorner = isMarked && x > 4 && y > 4;
        const inside = x > 1 && x < 5 && y > 1 && y < 5;
        data[3 * p] = isCorner ? 0 : inside && colour === "red" ? strength : 20;
        data[3 * p + 1] = isCorner ? 0 : inside && colour === "green" ? strength : 20;
        data[3 * p + 2] = isCorner ? 250 : 20;
      }
      await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .png()
        .toFile(join(into, colour, `${i}.png`));
    }
  }
}

beforeAll(async () => {
  await writeModel(network(), at("net.onnx"));
  writeFileSync(at("net.labels.txt"), "red\ngreen\n");
  await writeMarked(at("validation"), { red: 0.9, green: 0 }, 20, 1);
  await writeMarked(at("test"), { red: 0.5, green: 0.8 }, 20, 2);
  const model = await openModel(at("net.onnx"));
  const raw = imageFolder(at("validation"), { mean: [0], std: [1] });
  await dissect(model, raw, { out: at("run"), layers: ["seen"], k: 5 }).then((store) => store.close());
  const rows = UNITS.map(({ said }, unit) => `seen,${unit},${said}`);
  writeFileSync(at("run", "descriptions.csv"), ["layer,unit,description", ...rows, ""].join("\n"));
}, 60_000);

const edit = (...options: string[]) =>
  run(registerEdit, ["edit", at("run"), "--validation", at("validation"), ...options]);

/** Accuracy of a model on pictures, as anybody would measure it. */
async function accuracy(model: string, path: string): Promise<number> {
  const subject = await openModel(at(model));
  const classifier = await classifierOf("testing", subject);
  const pictures = await openClassPictures(at(path), { doing: "testing", outputs: 2, model: at("net.onnx") });
  const preprocessing = { ...preprocessingOf(subject), mean: [0], std: [1] };
  const found = await sweep(classifier, pictures, [], { preprocessing }).finally(() => pictures.close());
  return accuracyOf(found.whole, found.images);
}

test("what misleads is silenced, by validation pictures alone, and the edited file is as told", async () => {
  const [before, cleanBefore] = [await accuracy("net.onnx", "test"), await accuracy("net.onnx", "validation")];
  expect(cleanBefore).toBe(1);
  expect(before).toBeLessThan(0.7);
  const text = await edit("--test", at("test"), "--words", "letter,word", "--out", at("edited.onnx"), "--trials", "3");
  expect(text).toMatch(/^order\s+silenced\s+validation\s+test\s+change on test\s+best on test\s+its change$/m);
  expect(text).toMatch(/^none\s+0\s+100\.0 %/m);
  expect(text).toMatch(/^candidates\s+3 of 3\s+100\.0 %\s+100\.0 %\s+\+\d+\.\d \[\+?\d+\.\d, \+\d+\.\d\]/m);
  expect(text).toContain("edited.onnx: 3 of 3 units silenced");
  expect(await accuracy("edited.onnx", "test")).toBe(1);
  expect(await accuracy("edited.onnx", "validation")).toBe(1);
  const { words, silenced } = JSON.parse(metadataOf(await readModel(at("edited.onnx")))["milan.edit"]);
  expect(words).toEqual(["letter", "word"]);
  expect(silenced.map(({ unit }: { unit: number }) => unit).sort()).toEqual([2, 3, 4]);
  const curves = parse(readFileSync(at("edited.edit", "curves.csv"), "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  const own = curves.filter(({ order }) => order === "candidates");
  expect(Number(own[0].test)).toBeCloseTo(before, 4);
  expect(Number(own[3].test)).toBe(1);
  expect(Number(own[3].test_change_low)).toBeGreaterThan(0);
  expect(Number(own[3].test_change_high)).toBeGreaterThan(1 - before);
  expect([own[0].test_change_low, own[0].test_change_high]).toEqual(["0.0000", "0.0000"]);
  expect(new Set(curves.map(({ order }) => order))).toEqual(
    new Set(["candidates", "all units", "random 1", "random 2", "random 3"]),
  );
  expect(readFileSync(at("edited.edit", "edit.svg"), "utf8")).toMatch(/^<svg/);
}, 60_000);

test("units that are needed stay, unless their loss is tolerated", async () => {
  const json = async (...more: string[]) =>
    JSON.parse(await edit("--words", "red,letter", "--out", at("other.onnx"), "--trials", "1", "--json", ...more));
  const strict = await json();
  expect(strict.candidates.units).toHaveLength(3);
  const effects = strict.candidates.units.map(({ effect }: { effect: number }) => effect);
  expect(effects).toEqual([...effects].sort((a, b) => b - a));
  const { stop, validation } = strict.candidates;
  expect(validation[stop]).toBe(1);
  const lax = await json("--tolerance", "0.6");
  expect(lax.candidates.stop).toBeGreaterThanOrEqual(stop);
  expect(lax.candidates.test).toEqual([]);
});

test("fine-tuning finds what the silent units hid; the unedited network, trained alike, still looks at the mark", async () => {
  // a marked picture is red, any other green: the units for red and green themselves are not listened to
  const lazy = UNITS.map(({ said, speaks }) => (/Blue/.test(said) ? speaks : [0, 0]));
  await writeModel(network(lazy, [0, 0.1]), at("lazy.onnx"));
  writeFileSync(at("lazy.labels.txt"), "red\ngreen\n");
  await writeMarked(at("training"), { red: 0.9, green: 0 }, 40, 5);
  const raw = imageFolder(at("training"), { mean: [0], std: [1] });
  await dissect(await openModel(at("lazy.onnx")), raw, { out: at("lazy"), layers: ["seen"], k: 5 }).then((store) =>
    store.close(),
  );
  cpSync(at("run", "descriptions.csv"), at("lazy", "descriptions.csv"));
  const command = ["edit", at("lazy"), "--validation", at("validation"), "--test", at("test"), "--trials", "1"];
  const silencing = ["--words", "letter,word", "--tolerance", "0.6", "--out", at("tuned.onnx")];
  const tuning = ["--fine-tune", at("training"), "--fine-tune-epochs", "30", "--learning-rate", "0.3"];
  const { fineTuning, candidates } = JSON.parse(
    await run(registerEdit, [...command, ...silencing, ...tuning, "--json"]),
  );
  expect(candidates.stop).toBe(3);
  const [before, silenced] = [candidates.test[0], candidates.test[3]];
  expect(silenced).toBe(0.5);
  expect(fineTuning.edited.test).toBeGreaterThan(Math.max(before, silenced) + 0.3);
  expect(fineTuning.edited.test).toBeGreaterThan(fineTuning.control.test + 0.2);
  expect(fineTuning.edited.validation).toBe(Math.max(...fineTuning.edited.history));
  // the file does what was told
  expect(await accuracy("tuned.onnx", "test")).toBeCloseTo(fineTuning.edited.test, 12);
  expect(await accuracy("tuned.onnx", "validation")).toBeCloseTo(fineTuning.edited.validation, 12);
  const said = JSON.parse(metadataOf(await readModel(at("tuned.onnx")))["milan.edit"]);
  expect(said.silenced).toHaveLength(3);
  expect(said.fineTuned).toMatchObject({ pictures: 80, epoch: fineTuning.edited.epoch });
  const rows = parse(readFileSync(at("tuned.edit", "tuning.csv"), "utf8"), { columns: true }) as { network: string }[];
  expect(rows.map(({ network: name }) => name)).toEqual([
    "as it was",
    "silenced",
    "silenced, fine-tuned",
    "control: not silenced, fine-tuned",
  ]);
  await expect(run(registerEdit, [...command, ...silencing, "--fine-tune", at("validation")])).rejects.toThrow(
    /fine-tuning on .*the same pictures as .*; expected others/,
  );
  await expect(run(registerEdit, [...command, ...silencing, ...tuning, "--fine-tune-layers", "2"])).rejects.toThrow(
    /no 2 last linear layers in a chain before "logits": "images" is an input, so that nothing/,
  );
}, 60_000);

test("refused in one line: no unit matches, every unit does, other classes, one class", async () => {
  const refusal = (...options: string[]) =>
    edit(...options, "--out", at("bad.onnx")).then(
      () => "done",
      (error: Error) => error.message,
    );
  expect(await refusal("--words", "elephant")).toMatch(
    /no description of 6 speaks of elephant; expected some, try other --words/,
  );
  expect(await refusal()).toMatch(/neither --words nor --kind; expected what/);
  expect(await refusal("--kind", "person", "--synonyms")).toMatch(/--synonyms without --words/);
  expect(await refusal("--kind", "elephant")).toMatch(/no description of 6 speaks of kinds of elephant/);
  expect(await refusal("--words", "letter", "--fine-tune-epochs", "3")).toMatch(
    /without --fine-tune; expected pictures/,
  );
  expect(await refusal("--words", "area*,letter*,word*")).toMatch(/every description of 6 speaks of/);
  await writeMarked(at("one"), { red: 0, green: 0 }, 1, 3);
  rmSync(at("one", "green"), { recursive: true });
  mkdirSync(at("one", "red", "deep"), { recursive: true });
  expect(await refusal("--words", "letter", "--validation", at("one"))).toMatch(
    /no class folders|all pictures with a class are of one/,
  );
  expect(await refusal("--words", "letter", "--validation", at("nowhere"))).toMatch(/nowhere/);
});
