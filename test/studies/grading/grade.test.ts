/**
 * Planted neurons, whose right description is known, through the whole pipeline: a model file, pictures, a dissection, descriptions, grades on
 * pictures that the dissection has not seen.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { batches } from "../../../src/data/images/batches.js";
import { openImages } from "../../../src/data/images/open.js";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import type { Query } from "../../../src/data/labels/query.js";
import { shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { type GradeOptions, type Grades, gradeRun } from "../../../src/studies/grading/grade.js";
import { gradesTable } from "../../../src/studies/grading/report.js";
import { handMadeNetwork } from "../../../src/zoo/hand-made.js";
import { oracleNetwork } from "../../../src/zoo/oracle.js";
import { describeAs } from "../faithfulness/colour-world.js";
import { paint, paintedScenes, paintedSource, writePainted } from "./painted.js";
import { shapesSource } from "./shapes-source.js";

const SIZE = 32;
const folder = mkdtempSync(join(tmpdir(), "milan-grade-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const VIEW = { mean: [0.5], std: [0.5] };

/** The grades by unit, of the first layer. */
const gradesOf = (grades: Grades) => grades.layers[0].rows.map(({ grade }) => grade);
const quiet = { resamples: 100 };

describe("an oracle whose units are given masks", () => {
  const thing = (name: string): Query => ({ is: "thing", name });
  const part = (name: string, of?: Query): Query => ({ is: "part", name, of });
  /** What each unit does, and what is rightly said of it. */
  const PLANTED: readonly [Query, string][] = [
    [{ is: "text" }, "lettering"],
    [part("face"), "faces"],
    [{ is: "and", of: [part("face"), { is: "colour", name: "red" }] }, "red faces"],
    [part("wheel", thing("car")), "wheels of cars"],
    [thing("dog"), "dogs"],
    [{ is: "region", region: "top", of: thing("vehicle") }, "the top of vehicles"],
    [{ is: "behind", what: thing("animal"), to: { is: "text" } }, "animals behind text"],
    [
      { is: "and", of: [part("face"), { is: "not", of: { is: "with", what: part("face"), to: { is: "text" } } }] },
      "faces without text",
    ],
    [{ is: "and", of: [{ is: "person" }, { is: "colour", name: "green" }] }, "green people"],
  ];
  const scenes = paintedScenes(120, 5);
  const source = paintedSource(scenes.slice(60));
  const graded = (options: Partial<GradeOptions> = {}) =>
    gradeRun(at("run"), source, { images: at("new"), ...quiet, ...options });

  beforeAll(async () => {
    await writePainted(at("seen"), scenes.slice(0, 60), SIZE, 1);
    await writePainted(at("new"), scenes.slice(60), SIZE, 2);
    const random = new Random(9);
    const pixels = SIZE * SIZE;
    const pictures = new Float32Array(scenes.length * 3 * pixels);
    const maps = new Float32Array(scenes.length * PLANTED.length * pixels);
    for (const [i, name] of ["seen", "new"].entries()) {
      const set = await openImages(at(name));
      const preprocessing = { ...IMAGENET, ...VIEW, width: SIZE, height: SIZE };
      for await (const { input } of batches(set, [...set.entries.keys()], { batchSize: 60, preprocessing }))
        pictures.set(input.data, i * 60 * 3 * pixels);
      await set.close();
    }
    for (const [i, scene] of scenes.entries()) {
      const labels = paint(scene, SIZE);
      for (const [unit, [query]] of PLANTED.entries()) {
        const mask = evaluate(query, labels);
        // a mask with some noise, so that there are levels
        const map = Float32Array.from(mask, (value) => value * (1 + 0.2 * random.uniform()) + 0.05 * random.uniform());
        maps.set(map, (i * PLANTED.length + unit) * pixels);
      }
    }
    const model = oracleNetwork(
      ndarray("float32", [scenes.length, 3, SIZE, SIZE], pictures),
      ndarray("float32", [scenes.length, PLANTED.length, SIZE, SIZE], maps),
    );
    await writeModel(model, at("oracle.onnx"));
    const run = await dissect(await openModel(at("oracle.onnx")), imageFolder(at("seen"), VIEW), {
      out: at("run"),
      layers: ["units"],
      k: 5,
      quantile: 0.985,
    });
    await run.close();
  });

  test("right descriptions are graded near 1, the same dealt to other units low", async () => {
    describeAs(
      at("run"),
      PLANTED.map(([, text], unit) => [unit, text]),
      "units",
    );
    const right = await graded();
    expect(right.images).toBe(60);
    expect(right.understood).toBe(1);
    for (const { grade, description } of right.layers[0].rows) expect(grade, description).toBeGreaterThan(0.9);
    expect(right.grade.low).toBeGreaterThan(0.9);
    expect(right.shuffled.high).toBeLessThan(0.4);
    expect(right.constant.value).toBeLessThan(right.grade.low);
    expect(right.iou.value).toBeGreaterThan(0.3);
    expect(right.reachable.value).toBeGreaterThan(0.9);
    describeAs(
      at("run"),
      PLANTED.map((_, unit) => [unit, PLANTED[(unit + 4) % PLANTED.length][1]]),
      "units",
    );
    const wrong = await graded();
    expect(wrong.grade.high).toBeLessThan(0.4);
  });

  test("any true wording counts, a vaguer one for less, a wrong or unknown one for nothing", async () => {
    const texts = [
      "areas that contain printed words",
      "Faces of animals and people",
      "a car",
      "car wheels",
      "objects",
      "automobiles",
      "purple things",
      "unicorns",
      "",
    ];
    describeAs(
      at("run"),
      texts.map((text, unit) => [unit, text]),
      "units",
    );
    const grades = await graded();
    const found = gradesOf(grades);
    expect(found[0]).toBeGreaterThan(0.9);
    expect(found[1]).toBeGreaterThan(0.9);
    expect(found[3]).toBeGreaterThan(0.9);
    expect(found[4]).toBeLessThan(0.9);
    expect(found[4]).toBeGreaterThan(0.2);
    expect(found[5]).toBe(1); // no atomic concept says "top of", so cars are as good as any
    expect(found.slice(6)).toEqual([0, 0, 0]);
    expect(grades.understood).toBeCloseTo(7 / 9, 12);
    expect(grades.layers[0].rows[7].unknownWords).toEqual(["unicorns"]);
    const [header, first] = gradesTable(grades).split("\n");
    expect(header).toBe(
      "layer,unit,description,understood_as,unknown_words,iou,best_concept,best_iou,grade,shuffled,constant,reachable,source,images",
    );
    expect(first).toMatch(
      /^units,0,areas that contain printed words,text,,0\.\d{4},(text|word|white),0\.\d{4},1,[\d.]+,[\d.]+,1,painted blocks,60$/,
    );
  });

  test("the same seed gives the same intervals; labels of another size give much the same grades", async () => {
    describeAs(
      at("run"),
      PLANTED.map(([, text], unit) => [unit, text]),
      "units",
    );
    expect(await graded({ seed: 3 })).toEqual(await graded({ seed: 3 }));
    const finer = await graded({ size: 48 });
    expect(finer.grade.value).toBeGreaterThan(0.85);
  });

  test("refused in one line: the probe set itself, no descriptions, a lost model", async () => {
    describeAs(at("run"), [[0, "text"]], "units");
    await expect(graded({ images: at("seen") })).rejects.toThrow(
      /^grading .* is the probe set that the run was made with/,
    );
    await expect(graded({ model: at("gone.onnx") })).rejects.toThrow(/^grading .*--model/);
    await expect(gradeRun(at("new"), source, { images: at("new") })).rejects.toThrow(/^grading .*no run.json/);
    describeAs(at("run"), [], "units");
    await expect(graded()).rejects.toThrow(/^grading .* has no descriptions/);
    expect(existsSync(at("run/grades.csv"))).toBe(false);
  });
});

describe("a network built by hand from pixels", () => {
  const scenes = shapeScenes(120, 40);
  const source = shapesSource(scenes);
  const weights = (g: GraphBuilder, ...rows: number[][]) =>
    g.constant(ndarray("float32", [rows.length, rows[0].length, 1, 1], Float32Array.from(rows.flat())));
  const TEXTS = ["red things", "green areas", "bright things", "horizontal stripes", "vertical lines"];

  beforeAll(async () => {
    const g = GraphBuilder.extending(handMadeNetwork(SIZE));
    // red without yellow, green without yellow, white and yellow; thresholds as in `hand-made.ts`
    const bias = g.constant(ndarray("float32", [3], Float32Array.of(-0.6, -0.7, -0.9)));
    const plain = g.node("Relu", [
      g.node("Conv", ["image", weights(g, [1, -1.5, 0], [-0.75, 1, -0.75], [1, 1, 0]), bias]),
    ]);
    // many lines of one direction and few of the other, over the width of a thing
    const energy = g.node("AveragePool", ["edges"], { kernel_shape: [7, 7], strides: [1, 1], pads: [3, 3, 3, 3] });
    const lines = g.node("Relu", [g.node("Conv", [energy, weights(g, [1, -1, -0.5, -0.5], [-1, 1, -0.5, -0.5])])]);
    g.output(g.node("Concat", [plain, lines], { axis: 1 }, ["planted"]), "planted", "float32", [
      "batch",
      5,
      SIZE,
      SIZE,
    ]);
    await writeModel(g.build(), at("pixels.onnx"));
    await writeShapes(at("shapes"), shapeScenes(120, 1), SIZE);
    await writeShapes(at("others"), scenes, SIZE);
    const run = await dissect(await openModel(at("pixels.onnx")), imageFolder(at("shapes"), VIEW), {
      out: at("shapes-run"),
      layers: ["planted"],
      k: 5,
      quantile: 0.97,
    });
    await run.close();
  });

  test("colours, brightness and stripes by their names, and not by each other's", async () => {
    describeAs(
      at("shapes-run"),
      TEXTS.map((text, unit) => [unit, text]),
      "planted",
    );
    const right = await gradeRun(at("shapes-run"), source, { images: at("others"), ...quiet });
    const found = gradesOf(right);
    expect(Math.min(...found.slice(0, 3))).toBeGreaterThan(0.8);
    expect(Math.min(...found.slice(3))).toBeGreaterThan(0.6);
    expect(right.shuffled.high).toBeLessThan(0.45);
    expect(right.grade.low).toBeGreaterThan(right.constant.high);
    describeAs(
      at("shapes-run"),
      TEXTS.map((_, unit) => [unit, TEXTS[(unit + 1) % TEXTS.length]]),
      "planted",
    );
    const wrong = await gradeRun(at("shapes-run"), source, { images: at("others"), ...quiet });
    expect(wrong.grade.high).toBeLessThan(0.5);
  });
});
