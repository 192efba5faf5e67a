/** Sweeps of ablations against the whole network, ablated set by set; classes of pictures. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { batches } from "../../../src/data/images/batches.js";
import { openImages } from "../../../src/data/images/open.js";
import { bakeAblation } from "../../../src/engine/onnx/ablate.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { withGraph } from "../../../src/engine/onnx/edit.js";
import type { Layer } from "../../../src/engine/onnx/layers.js";
import type { OnnxModel } from "../../../src/engine/onnx/model.js";
import { fromValueInfo, toValueInfo } from "../../../src/engine/onnx/values.js";
import { writeModel } from "../../../src/engine/onnx/write.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { openModel, preprocessingOf } from "../../../src/exemplars/subject.js";
import { type ClassPictures, openClassPictures } from "../../../src/studies/ablation/class-pictures.js";
import { answersOf, type Classifier, classifierOf } from "../../../src/studies/ablation/classifier.js";
import { sweep, type UnitSet } from "../../../src/studies/ablation/sweep.js";
import { run, smallNet } from "../../engine/onnx/nets.js";

const folder = mkdtempSync(join(tmpdir(), "milan-sweep-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SIDE = 8;

async function writePictures(into: string, names: readonly string[], each: number) {
  const random = new Random(3);
  for (const name of names) {
    mkdirSync(join(into, name), { recursive: true });
    for (let i = 0; i < each; i++) {
      const base = [0, 1, 2].map(() => random.integer(256));
      const data = Buffer.from(
        Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) =>
          random.uniform() < 0.8 ? base[at % 3] : random.integer(256),
        ),
      );
      await sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } })
        .png()
        .toFile(join(into, name, `${i}.png`));
    }
  }
}

let classifier: Classifier;
let pictures: ClassPictures;
beforeAll(async () => {
  await writePictures(at("pictures"), ["0", "1", "2", "3", "4"], 7);
  await writeModel(await fairNet(), at("net.onnx"));
  classifier = await classifierOf("testing", await openModel(at("net.onnx")));
  pictures = await openClassPictures(at("pictures"), { doing: "testing", outputs: 5, model: at("net.onnx") });
});
afterAll(() => pictures.close());

/** The small network, with what it answers moved so that all classes are about as likely. */
async function fairNet(): Promise<OnnxModel> {
  const net = smallNet();
  await writeModel(net, at("raw.onnx"));
  const set = await openImages(at("pictures"));
  const order = Uint32Array.from(set.entries.keys());
  const preprocessing = preprocessingOf(await openModel(at("raw.onnx")));
  const columns: number[][] = [[], [], [], [], []];
  for await (const { input } of batches(set, order, { batchSize: 35, preprocessing })) {
    const { data } = (await run(net, { x: input })).logits;
    for (const [i, value] of (data as Float32Array).entries()) columns[i % 5].push(value);
  }
  await set.close();
  const middle = columns.map((values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]);
  const g = GraphBuilder.extending(withGraph(net, { output: [] }));
  g.node("Sub", ["logits", g.constant(ndarray("float32", [5], Float32Array.from(middle)))], {}, ["scores"]);
  g.output("scores", "scores", "float32", ["n", 5]);
  return g.build();
}

/** Right answers by class of the whole network with a set silenced. */
async function naive(set: UnitSet): Promise<number[]> {
  const right = [0, 0, 0, 0, 0];
  for (const { own, isRight } of await naively(set)) if (isRight) right[own]++;
  return right;
}

/** Of each picture its class, and whether the whole network with a set silenced recognises it. */
async function naively(set: UnitSet): Promise<{ own: number; isRight: boolean }[]> {
  const { subject } = classifier;
  const masks = [...set].map(([layer, units]) => {
    const mask = new Float32Array(layer.units).fill(1);
    for (const unit of units) mask[unit] = 0;
    return { layer, mask };
  });
  const model = bakeAblation(subject.model, masks);
  const found: { own: number; isRight: boolean }[] = [];
  for await (const { ids, input } of batches(pictures.set, pictures.ids, {
    batchSize: 5,
    preprocessing: preprocessingOf(subject),
  })) {
    const answers = answersOf((await run(model, { x: input })).scores);
    for (const [i, id] of ids.entries()) {
      const own = pictures.classes[pictures.ids.indexOf(id)];
      found.push({ own, isRight: answers[i] === own });
    }
  }
  return found;
}

const layerOf = (part: string): Layer => classifier.subject.layers.find(({ name }) => name.includes(part))!;

test("single units, units of several layers, all and none: as the whole network", async () => {
  const single = ["/stem/Relu", "left_act", "right_act", "/block/Concat", "/block/Relu"].flatMap((part) => {
    const layer = layerOf(part);
    return Array.from({ length: layer.units }, (_, unit): UnitSet => new Map([[layer, [unit]]]));
  });
  const sets: UnitSet[] = [
    ...single,
    new Map(),
    new Map([
      [layerOf("/stem/Relu"), [0, 2]],
      [layerOf("/block/Concat"), [1]],
    ]),
    new Map([[layerOf("/block/Concat"), [0, 1, 2, 3, 4]]]),
    new Map([
      [layerOf("left_act"), [0, 1]],
      [layerOf("right_act"), [0]],
      [layerOf("/block/Relu"), []],
    ]),
  ];
  const found = await sweep(classifier, pictures, sets, {
    preprocessing: preprocessingOf(classifier.subject),
    batchSize: 6,
  });
  expect([...found.images]).toEqual([7, 7, 7, 7, 7]);
  expect([...found.whole]).toEqual(await naive(new Map()));
  const different = new Set<string>();
  const whole = await naively(new Map());
  for (const [i, set] of sets.entries()) {
    expect([...found.sets[i]]).toEqual(await naive(set));
    const silenced = await naively(set);
    const only = (a: typeof silenced, b: typeof silenced) =>
      a.filter(({ isRight }, j) => isRight && !b[j].isRight).length;
    expect([found.gained[i], found.lost[i]]).toEqual([only(silenced, whole), only(whole, silenced)]);
    different.add(found.sets[i].join());
  }
  expect(different.size).toBeGreaterThan(5);
  expect(Math.min(...[found.gained, found.lost].map((counts) => Math.max(...counts)))).toBeGreaterThan(0);
  expect(found.rows).toBeLessThan(sets.length * 35);
}, 60_000);

test("units that are zero all over a picture are not run for it", async () => {
  const head = layerOf("/block/Relu");
  const sets = Array.from({ length: head.units }, (_, unit): UnitSet => new Map([[head, [unit]]]));
  const { rows } = await sweep(classifier, pictures, sets, { preprocessing: preprocessingOf(classifier.subject) });
  expect(rows).toBeLessThanOrEqual(head.units * 35);
  const none = await sweep(classifier, pictures, [], { preprocessing: preprocessingOf(classifier.subject) });
  expect([...none.whole]).toEqual(await naive(new Map()));
});

test("a model exported for one picture at a time is swept as any other, unless its graph insists", async () => {
  const { model } = classifier;
  const graph = model.proto.graph!;
  const at1 = (info: (typeof graph.input)[number]) => {
    const { name, dtype, shape } = fromValueInfo(info)!;
    return toValueInfo({ name, dtype, shape: [1, ...shape.slice(1)] });
  };
  await writeModel(withGraph(model, { input: graph.input.map(at1), output: graph.output.map(at1) }), at("fixed.onnx"));
  const fixed = await classifierOf("testing", await openModel(at("fixed.onnx")));
  const layer = (of: Classifier) => of.subject.layers.find(({ name }) => name.includes("/block/Concat"))!;
  const options = { preprocessing: preprocessingOf(classifier.subject) };
  const set = (of: Classifier): UnitSet[] => [new Map([[layer(of), [0, 3]]])];
  const [own, other] = [
    await sweep(fixed, pictures, set(fixed), options),
    await sweep(classifier, pictures, set(classifier), options),
  ];
  expect(own).toEqual(other);
  const g = GraphBuilder.extending(withGraph(model, { input: graph.input.map(at1), output: [] }));
  const shape = g.constant(ndarray("int64", [2], BigInt64Array.of(1n, 5n)));
  g.output(g.node("Reshape", ["scores", shape]), "flat", "float32", [1, 5]);
  await writeModel(g.build(), at("stubborn.onnx"));
  await expect(classifierOf("testing", await openModel(at("stubborn.onnx")))).rejects.toThrow(
    /it takes 1 at once.*export it with an open batch/,
  );
});

test("folders by name, synonym and number; pictures by a table", async () => {
  const names = "ant\nbee, honey bee\ncat\ndog\neft\n";
  writeFileSync(at("names.txt"), names);
  await writePictures(at("named"), ["Honey_Bee", "dog"], 2);
  const options = { doing: "testing", outputs: 5, model: at("net.onnx"), classes: at("names.txt") };
  const named = await openClassPictures(at("named"), options);
  expect([...named.classes]).toEqual([1, 1, 3, 3]);
  expect(named.names[1]).toBe("bee, honey bee");
  await named.close();
  writeFileSync(at("table.csv"), "file,class\nHoney_Bee/0.png,cat\ndog/1.png,4\n");
  const table = await openClassPictures(at("named"), { ...options, labels: at("table.csv") });
  expect([...table.classes]).toEqual([2, 4]);
  expect(table.ids).toHaveLength(2);
  await table.close();
});

test("what cannot be matched is refused in one line", async () => {
  const options = { doing: "testing", outputs: 5, model: at("net.onnx") };
  const refusal = async (path: string, more: Partial<typeof options> & { classes?: string; labels?: string } = {}) => {
    const error = await openClassPictures(at(path), { ...options, ...more }).then(
      () => new Error("nothing was thrown"),
      (thrown: Error) => thrown,
    );
    expect(error.constructor.name).toBe("UserError");
    expect(error.message).not.toContain("\n");
    return error.message;
  };
  await writePictures(at("flat"), ["."], 2);
  await writePictures(at("one"), ["3"], 2);
  expect(await refusal("flat")).toMatch(/in no class folders; expected a folder for each class, or --labels/);
  expect(await refusal("one")).toMatch(/in no class folders|all pictures with a class are of one/);
  expect(await refusal("named")).toMatch(/net\.onnx has 5 outputs, and the folder Honey_Bee is none of them/);
  expect(await refusal("pictures", { outputs: 3 })).toMatch(/the folder 3 is none of them/);
  writeFileSync(at("few.txt"), "a\nb\n");
  expect(await refusal("pictures", { classes: at("few.txt") })).toMatch(/few\.txt names 2 classes; expected 5/);
  writeFileSync(at("bad.csv"), "file,class\n0/0.png,9\n");
  expect(await refusal("pictures", { labels: at("bad.csv") })).toMatch(/row 2: class "9" is no class of net\.onnx/);
  writeFileSync(at("less.csv"), "file,other\n0/0.png,9\n");
  expect(await refusal("pictures", { labels: at("less.csv") })).toMatch(/no column of classes/);
  writeFileSync(at("same.csv"), "file,class\n0/0.png,1\n0/1.png,1\n");
  expect(await refusal("pictures", { labels: at("same.csv") })).toMatch(
    /all pictures with a class are of one, class 1|of one, 1/,
  );
});
