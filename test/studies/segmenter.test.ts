/** A segmenter made by hand, whose logits are the three colour channels; its labels, and those of Broden, on the command line. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerBaseline } from "../../src/cli/baseline.js";
import { evaluate } from "../../src/data/labels/evaluate.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { openSegmenter, type SegmenterOptions } from "../../src/studies/segmenter.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-segmenter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

const SIDE = 32;
type Form = "logits" | "numbers" | "one channel" | "vector" | "nothing";

/** @param side of the input, undefined where the model leaves it open. Logits have half its resolution. */
async function writeSegmenter(path: string, form: Form, side?: number): Promise<void> {
  const g = new GraphBuilder("segmenter");
  const [h, w] = side === undefined ? ["height", "width"] : [side, side];
  const picture = g.input("picture", "float32", [1, 3, h, w]);
  const logits = g.node("AveragePool", [picture], { kernel_shape: [2, 2], strides: [2, 2] });
  if (form === "logits") g.output(logits, "logits", "float32", [1, 3, "y", "x"]);
  if (form === "numbers") g.output(g.node("ArgMax", [logits], { axis: 1, keepdims: 0 }), "n", "int64", [1, "y", "x"]);
  if (form === "one channel") {
    g.output(g.node("ArgMax", [logits], { axis: 1, keepdims: 1 }), "n", "int64", [1, 1, "y", "x"]);
  }
  if (form === "vector") {
    g.output(g.node("Flatten", [g.node("GlobalAveragePool", [logits])]), "scores", "float32", [1, 3]);
  }
  if (form === "nothing") {
    const zero = g.constant(ndarray("float32", [1], Float32Array.of(0)));
    const none = g.node("Div", [g.node("Mul", [logits, zero]), zero]);
    g.output(none, "logits", "float32", [1, 3, "y", "x"]);
  }
  await writeModel(g.build(), path);
}

/** Left half red, right half blue, shades differing from picture to picture. */
beforeAll(async () => {
  for (const name of ["photographs/a", "broden/images"]) mkdirSync(at(name), { recursive: true });
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  for (let i = 0; i < 8; i++) {
    const pixels = Array.from({ length: SIDE * SIDE }, (_, p) =>
      p % SIDE < SIDE / 2 ? [220 - i, 20 + i, 20] : [20, 20, 200 + i],
    );
    const picture = sharp(Buffer.from(pixels.flat()), { raw }).png();
    for (const place of ["photographs/a", "broden/images"]) await picture.clone().toFile(at(place, `${i}.png`));
    const numbers = pixels.map((_, p) => (p % SIDE < SIDE / 2 ? [3, 0, 0] : [44, 1, 0]));
    await sharp(Buffer.from(numbers.flat()), { raw })
      .png()
      .toFile(at("broden/images", `${i}_object.png`));
  }
  writeFileSync(at("broden/label.csv"), "number,name,category\n3,apple,object(8)\n300,pool,object(8)\n");
  const rows = Array.from({ length: 8 }, (_, i) => `${i}.png,${SIDE},${SIDE},${i}_object.png`);
  writeFileSync(at("broden/index.csv"), `${["image,sh,sw,object", ...rows].join("\n")}\n`);
  // green is the background, and no thing
  writeFileSync(at("classes.csv"), "id,name\n0,apple\n2,swimming pool\n");
  for (const form of ["logits", "numbers", "one channel", "vector", "nothing"] as const) {
    await writeSegmenter(at(`${form}.onnx`), form);
  }
  await writeSegmenter(at("fixed.onnx"), "logits", 16);
  await writeModel(handMadeNetwork(SIDE), at("net.onnx"));
  const images = imageFolder(at("photographs"), { mean: [0.5], std: [0.5] });
  const dissected = await dissect(await openModel(at("net.onnx")), images, {
    ...{ out: at("run"), layers: ["colours"], k: 5, quantile: 0.6 },
  });
  await dissected.close();
});

const options = (model: string, more: Partial<SegmenterOptions> = {}): SegmenterOptions => ({
  ...{ model: at(model), classes: at("classes.csv"), images: at("photographs"), ...more },
});

test.each(["logits", "numbers", "one channel"] as const)("%s: each pixel is of its largest class", async (form) => {
  for (const [size, side] of [
    [8, 64],
    [32, 16],
    [5, 32],
  ]) {
    const source = await openSegmenter(options(`${form}.onnx`, { size: side, mean: [0], std: [1] }));
    const labels = await source.labels("a/0.png", size);
    expect(labels.things.map(({ names }) => names[0])).toEqual(["apple", "swimming pool"]);
    const expected = Array.from({ length: size * size }, (_, p) => ((p % size) + 0.5 < size / 2 ? 1 : 2));
    if (size % 2 === 0) expect([...labels.thing]).toEqual(expected);
    else expect(labels.thing[0]).toBe(1);
    expect(evaluate({ is: "colour", name: "red" }, labels)[0]).toBe(1);
    await expect(source.labels("a/x.png", size)).rejects.toThrow(/no such picture in .*photographs/);
    await source.close();
  }
});

test("normalised as for ImageNet unless said otherwise; the model's own size", async () => {
  const grey = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 120, g: 120, b: 120 } } });
  mkdirSync(at("grey"));
  await grey.png().toFile(at("grey/0.png"));
  const thing = async (more: Partial<SegmenterOptions>) => {
    const source = await openSegmenter(options("fixed.onnx", { images: at("grey"), ...more }));
    const { things } = await source.labels("0.png", 4);
    await source.close();
    return things.map(({ names }) => names[0]);
  };
  // ImageNet's blue is the darkest and least varied: what is grey is blue to its networks
  expect(await thing({})).toEqual(["swimming pool"]);
  expect(await thing({ mean: [0, 0.5, 0.5], std: [1] })).toEqual(["apple"]);
  expect(await thing({ mean: [0.5, 0, 0.5], std: [1] })).toEqual([]);
});

test.each([
  ["vector.onnx", {}, /its first output is float32 \[1, 3\]; expected logits \[1, classes, y, x\] or numbers/],
  ["fixed.onnx", { size: 32 }, /height 32 pixels; expected 16, the model's own/],
  ["classes.csv", {}, /not an ONNX file/],
  ["nowhere.onnx", {}, /nowhere\.onnx: no such file/],
  ["nothing.onnx", { size: 16 }, /its output is no numbers/],
] as const)("refuses %s %j in a line", async (model, more, message) => {
  const labelled = async () => {
    const source = await openSegmenter(options(model, more));
    await source.labels("a/0.png", 8).finally(() => source.close());
  };
  await expect(labelled()).rejects.toThrow(message);
});

test("refuses a table of classes that is another model's, or none", async () => {
  writeFileSync(at("many.csv"), "id,name\n1,cat\n3,dog\n");
  await expect(openSegmenter(options("logits.onnx", { classes: at("many.csv"), size: 16 }))).rejects.toThrow(
    /many\.csv: it has class 3; expected numbers below 3/,
  );
  writeFileSync(at("none.csv"), "id,name\nx,cat\n");
  await expect(openSegmenter(options("logits.onnx", { classes: at("none.csv") }))).rejects.toThrow(/no classes/);
  writeFileSync(at("other.csv"), "number,label\n1,cat\n");
  await expect(openSegmenter(options("logits.onnx", { classes: at("other.csv") }))).rejects.toThrow(
    /no column id, name/,
  );
});

async function netdissect(...more: string[]) {
  const args = ["baseline", "netdissect", at("run"), "--categories", "object", "--json", ...more];
  const said = await run(registerBaseline, args);
  return { ...JSON.parse(said), table: readFileSync(at("run/netdissect.csv"), "utf8") };
}

test("netdissect with a segmenter, and with Broden, whose segmentations are no images", async () => {
  const segmenter = ["--segmenter", at("logits.onnx"), "--classes", at("classes.csv"), "--segmenter-size", "32"];
  for (const [source, pool, name] of [
    [[...segmenter, "--images", at("photographs")], "swimming pool", `the segmenter ${at("logits.onnx")}`],
    [["--broden", at("broden")], "pool", `Broden in ${at("broden")}`],
  ] as const) {
    const found = await netdissect(...source);
    expect(found).toMatchObject({ source: name, images: 8 });
    expect(found.table).toMatch(/^colours,0,apple,/m);
    expect(found.table).toMatch(new RegExp(`^colours,2,${pool},`, "m"));
  }
});

test("the options of one source only", async () => {
  const together = /expected one of --world .*--broden FOLDER; or --images PATH --segmenter MODEL --classes FILE/;
  const classes = ["--classes", at("classes.csv")];
  for (const args of [
    ["--segmenter", at("logits.onnx"), "--images", at("photographs")],
    ["--segmenter", at("logits.onnx"), ...classes],
    ["--broden", at("broden"), ...classes],
    ["--broden", at("broden"), "--world", at("broden")],
    ["--broden", at("broden"), "--segmenter-size", "8"],
    ["--masks", at("broden"), "--images", at("photographs"), ...classes, "--segmenter-mean", "0"],
  ]) {
    await expect(netdissect(...args)).rejects.toThrow(together);
  }
});
