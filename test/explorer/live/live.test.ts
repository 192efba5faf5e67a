/** The model as visitors have it, against the whole network run plainly. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { decode } from "../../../src/data/images/decode.js";
import { normalise } from "../../../src/data/images/preprocess.js";
import { withGraph } from "../../../src/engine/onnx/edit.js";
import { metadataOf, withMetadata } from "../../../src/engine/onnx/metadata.js";
import { decodeModel, readModel } from "../../../src/engine/onnx/model.js";
import { toValueInfo } from "../../../src/engine/onnx/values.js";
import { maskOf } from "../../../src/exemplars/masks.js";
import { Ablation, Effect, Probe } from "../../../src/explorer/api/schemas.js";
import { Live, LiveHouse, Missing, type ShownRun } from "../../../src/explorer/live/live.js";
import { Run } from "../../../src/run/run.js";
import { run as runModel } from "../../engine/onnx/nets.js";
import { CLASSES, colourNet, SIDE, shownRun, square, workshop } from "./made.js";

const { at, writeSquares, describedRun } = workshop();

let run: Run;
let shown: ShownRun;
let live: Live;
const house = new LiveHouse();
beforeAll(async () => {
  await writeSquares(30);
  writeFileSync(at("colours.labels.txt"), `${CLASSES.join("\n")}\n`);
  run = await describedRun("colours");
  shown = await shownRun(run);
  live = new Live(shown, {}, house);
});

const inputOf = (pixels: Uint8Array) => normalise(pixels, run.manifest.preprocessing!);
const softmax = (logits: ArrayLike<number>) => {
  const exponents = Array.from(logits, Math.exp);
  return exponents.map((value) => value / exponents.reduce((a, b) => a + b, 0));
};
const bytesOf = async (units: { layer: number; unit: number }[]) => {
  const { pieces, bytes } = await live.edited(units);
  const file = Buffer.concat(pieces);
  expect(file.length).toBe(bytes);
  return file;
};

test("a probe: units fire where their masks are, the best first, with the classes' names", async () => {
  const file = await square(1, 4, 2);
  const probe = Probe.parse(await live.probe(file));
  expect(probe.classes.map(({ name }) => name).sort()).toEqual([...CLASSES].sort());
  expect(probe.classes[0].name).toBe("green");
  const pixels = await decode(file, run.manifest.preprocessing!);
  const { logits } = await runModel(await readModel(run.manifest.modelPath), { image: inputOf(pixels) });
  for (const { class: number, share } of probe.classes)
    expect(share).toBeCloseTo(softmax(logits.data as Float32Array)[number], 5);
  const own = probe.fired.find(({ layer, unit }) => layer === 0 && unit === 1)!;
  expect(own).toMatchObject({ text: "thing 1 of colours", activation: 1, outranks: 4 });
  expect(own.level).toBe(run.layers[0].levels[1]);
  const map = new Float32Array(SIDE * SIDE).map((_, i) => pixels[SIDE * SIDE + i] / 255);
  const mask = maskOf(map, [SIDE, SIDE], own.level, new Uint8Array(SIDE * SIDE), [SIDE, SIDE]);
  expect(own.above).toBe(mask.reduce((a, b) => a + b, 0) / mask.length);
  expect(own.above).toBeGreaterThan(0.2);
  expect(probe.fired.some(({ unit, layer }) => layer === 0 && (unit === 0 || unit === 2))).toBe(false);
  const outranked = probe.fired.map(({ outranks }) => outranks);
  expect(outranked).toEqual([...outranked].sort((a, b) => b - a));
  expect(probe.fired.every(({ text }) => text !== "")).toBe(true);
  expect(probe.total).toBe(probe.fired.length);
  const kept = live.map(probe.picture, { layer: 0, unit: 1 });
  expect(Array.from(kept.map)).toEqual(Array.from(map));
  expect(live.pixels(probe.picture)).toEqual(pixels);
});

test("a picture of the run is as high as it stands among the exemplars", async () => {
  const { unitNumbers, ids, activations } = run.layers[1];
  const k = ids.length / unitNumbers.length;
  for (const rank of [0, 2]) {
    const [id, activation] = [ids[k + rank], activations[k + rank]]; // of unit 1
    const { fired } = await live.probe(readFileSync(at("squares", `${String(id).padStart(3, "0")}.png`)));
    const own = fired.find(({ layer, unit }) => layer === 1 && unit === 1)!;
    expect(own.activation).toBeCloseTo(activation, 4);
    expect(own.outranks).toBe(k - 1 - rank);
  }
});

test.each([
  ["a unit of the first layer", [{ layer: 0, unit: 1 }]],
  ["a unit of the last", [{ layer: 1, unit: 1 }]],
  [
    "units of both, one named twice",
    [
      { layer: 1, unit: 0 },
      { layer: 0, unit: 1 },
      { layer: 0, unit: 1 },
    ],
  ],
  ["a whole layer", Array.from({ length: 6 }, (_, unit) => ({ layer: 1, unit }))],
])("ablating %s: as the edited model says", async (_, units) => {
  const { picture } = await live.probe(await square(1, 4, 2));
  const edited = decodeModel(await bytesOf(units));
  const told = JSON.parse(metadataOf(edited)["milan.edit"]);
  expect(told.silenced).toHaveLength(new Set(units.map((unit) => JSON.stringify(unit))).size);
  for (const which of [picture, run.layers[0].ids[5]]) {
    const { classes } = Ablation.parse(await live.ablate(units, which));
    const pixels = typeof which === "string" ? live.pixels(which) : await shown.picture(which);
    const whole = await runModel(await readModel(run.manifest.modelPath), { image: inputOf(pixels) });
    const cut = await runModel(edited, { image: inputOf(pixels) });
    const [before, after] = [whole, cut].map(({ logits }) => softmax(logits.data as Float32Array));
    expect(classes).toHaveLength(3);
    for (const { class: number, name, before: was, after: is } of classes) {
      expect(name).toBe(CLASSES[number]);
      expect(was).toBeCloseTo(before[number], 5);
      expect(is).toBeCloseTo(after[number], 5);
    }
    expect(Math.max(...before.map((share, i) => Math.abs(share - after[i])))).toBeGreaterThan(
      typeof which === "string" ? 0.01 : 0,
    );
  }
});

test("the effect of a unit on its exemplars: means over them, and how many answers change", async () => {
  const ref = { layer: 0, unit: 2 };
  const effect = Effect.parse(await live.effect(ref));
  const ids = [...run.layers[0].ids.subarray(8, 12)];
  expect(effect.images).toBe(4);
  const edited = decodeModel(await bytesOf([ref]));
  const sums = { before: [0, 0, 0], after: [0, 0, 0] };
  let changed = 0;
  for (const id of ids) {
    const input = inputOf(await shown.picture(id));
    const both = [await readModel(run.manifest.modelPath), edited].map((model) => runModel(model, { image: input }));
    const [was, is] = (await Promise.all(both)).map(({ logits }) => softmax(logits.data as Float32Array));
    if (was.indexOf(Math.max(...was)) !== is.indexOf(Math.max(...is))) changed++;
    for (let i = 0; i < 3; i++) {
      sums.before[i] += was[i] / 4;
      sums.after[i] += is[i] / 4;
    }
  }
  expect(changed).toBeGreaterThan(0);
  expect(effect.changed).toBe(changed);
  for (const { class: number, before, after } of effect.classes) {
    expect(before).toBeCloseTo(sums.before[number], 5);
    expect(after).toBeCloseTo(sums.after[number], 5);
  }
});

test("shares are left as they are where the network makes them itself; without names classes have numbers", async () => {
  const other = await describedRun("soft", colourNet({ softmax: true }));
  const soft = new Live(await shownRun(other), {}, house);
  const file = await square(2, 1, 1);
  const [own, theirs] = [await live.probe(file), await soft.probe(file)];
  expect(theirs.classes.map(({ share }) => share.toFixed(5))).toEqual(own.classes.map(({ share }) => share.toFixed(5)));
  expect(theirs.classes[0].name).toBe("class 2");
  await expect(soft.ablate([{ layer: 0, unit: 0 }], own.picture)).rejects.toThrow(Missing); // of another run
  await soft.close();
});

test("a model that bears its classes' names tells them, whatever else is under that name", async () => {
  const told = { named: JSON.stringify(["r", "g", "<b>"]), few: '["r"]', broken: "{", other: '{"r":0}' };
  const found: (readonly string[] | null)[] = [];
  for (const [name, classes] of Object.entries(told)) {
    const other = await describedRun(name, withMetadata(colourNet(), { classes }));
    const own = new Live(await shownRun(other), {}, house);
    found.push((await own.facts()).classes);
    await own.close();
  }
  expect(found).toEqual([["r", "g", "<b>"], null, null, null]);
});

test("a model for one picture at a time, and a layer that the classes do not depend on", async () => {
  const fixed = await describedRun("fixed", colourNet({ batch: 1, extra: true }), { layers: ["colours", "aside"] });
  const other = new Live(await shownRun(fixed), {}, house);
  const file = await square(0, 6, 6);
  const probe = await other.probe(file);
  expect(probe.fired.some(({ layer, unit }) => layer === 0 && unit === 0)).toBe(true);
  const idle = await other.ablate([{ layer: 1, unit: 0 }], probe.picture);
  for (const { before, after } of idle.classes) expect(after).toBe(before);
  const { classes } = await other.ablate(
    [
      { layer: 0, unit: 0 },
      { layer: 1, unit: 0 },
    ],
    probe.picture,
  );
  expect(classes.some(({ before, after }) => Math.abs(before - after) > 0.01)).toBe(true);
  expect((await other.effect({ layer: 0, unit: 0 })).images).toBe(4);
  await other.close();
});

test("of many runs two models stay open, and the others open again when they are asked", async () => {
  const lives = [live];
  for (const name of ["colours", "colours"]) lives.push(new Live(await shownRun(await Run.open(at(name))), {}, house));
  const closed: number[] = [];
  for (const [i, one] of lives.entries()) {
    const close = one.close.bind(one);
    one.close = async () => {
      closed.push(i);
      await close();
    };
  }
  const answers = [];
  for (const i of [0, 1, 0, 2, 1]) answers.push(await lives[i].ablate([{ layer: 0, unit: 1 }], run.layers[0].ids[0]));
  expect(closed).toEqual([1, 0]);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test("what cannot be done is refused in a sentence", async () => {
  expect(await live.facts()).toEqual({ probe: null, ablate: null, classes: CLASSES });
  await expect(live.ablate([{ layer: 0, unit: 99 }], 0)).rejects.toThrow(/unit 99 of layer 0: the run has none such/);
  await expect(live.ablate([{ layer: 7, unit: 0 }], 0)).rejects.toThrow(Missing);
  await expect(live.ablate([{ layer: 0, unit: 0 }], 1000)).rejects.toThrow(/picture 1000: the run has none/);
  await expect(live.ablate([{ layer: 0, unit: 0 }], "gone")).rejects.toThrow(/not kept any more/);
  await expect(live.effect({ layer: 0, unit: 6 })).rejects.toThrow(Missing);
  await expect(live.edited([{ layer: 2, unit: 0 }])).rejects.toThrow(Missing);
  expect(() => live.map("../../etc/passwd", { layer: 0, unit: 0 })).toThrow(Missing);
  await expect(live.probe(Buffer.from("no picture"))).rejects.toThrow(/no picture that is known here/);
});

test("a model that is gone, or another one, is noticed, and can come back", async () => {
  const lost = await describedRun("lost");
  const own = new Live(await shownRun(lost), {}, house);
  rmSync(at("lost.onnx"));
  const gone = await own.facts();
  expect(gone.probe).toMatch(/lost\.onnx is not there; say where it is now with --model/);
  expect(gone.ablate).toBe(gone.probe);
  writeFileSync(at("lost.onnx"), await bytesOf([{ layer: 0, unit: 0 }]));
  expect((await own.facts()).probe).toMatch(/is not the model the run was made with/);
  await expect(own.probe(await square(0, 0, 0))).rejects.toThrow(/is not the model/);
  const moved = new Live(
    await shownRun(lost),
    { models: [at("nowhere.onnx"), at("soft.onnx"), at("colours.onnx")] },
    house,
  );
  expect(await moved.facts()).toEqual({ probe: null, ablate: null, classes: CLASSES });
  await own.close();
  await moved.close();
});

test("a generator is refused in a sentence, before its model is opened", async () => {
  const manifest = { ...run.manifest, probeKind: "latents", preprocessing: null, modelPath: at("gone", "gan.onnx") };
  const generator = { ...shown, run: Object.create(run, { manifest: { value: manifest } }) as Run };
  const own = new Live(generator, {}, house);
  const reason = "gan.onnx is a generator: it makes pictures and cannot be shown any";
  expect(await own.facts()).toEqual({ probe: reason, ablate: reason, classes: null });
  await expect(own.probe(await square(0, 2, 2))).rejects.toThrow(reason);
});

test("a network that is no classifier can be shown pictures, but has no classes", async () => {
  const maps = await describedRun("maps", onlyMaps(), { layers: ["colours"] });
  const other = new Live(await shownRun(maps), {}, house);
  const { probe, ablate } = await other.facts();
  expect(probe).toBeNull();
  expect(ablate).toMatch(/^asking maps\.onnx: its outputs are .*expected one of float32 \[batch, class\]/);
  const found = await other.probe(await square(0, 2, 2));
  expect(found.classes).toEqual([]);
  expect(found.fired[0]).toMatchObject({ layer: 0, unit: 0 });
  await expect(other.ablate([{ layer: 0, unit: 0 }], found.picture)).rejects.toThrow(/as classifiers have/);
  await expect(other.effect({ layer: 0, unit: 0 })).rejects.toThrow(/as classifiers have/);
  await other.close();
});

/** The first half of the network. */
function onlyMaps() {
  const net = colourNet();
  const output = [toValueInfo({ name: "colours", dtype: "float32", shape: ["n", 6, SIDE, SIDE] })];
  return withGraph(net, { node: net.proto.graph!.node.slice(0, 2), output });
}
