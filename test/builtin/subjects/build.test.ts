/** The table of the seven: each has the layers it is dissected at and is small; builds leave what ships, and do not start again. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { buildSubject, subjectOf } from "../../../src/builtin/subjects/build.js";
import { teacherModel } from "../../../src/builtin/subjects/dino-model.js";
import { generate } from "../../../src/builtin/subjects/gan-generator.js";
import { generatorModel } from "../../../src/builtin/subjects/gan-model.js";
import { smallAlexnet, smallResnet } from "../../../src/builtin/subjects/networks.js";
import { SUBJECTS, type Subject } from "../../../src/builtin/subjects/subjects.js";
import { IMAGENET } from "../../../src/data/images/preprocess.js";
import { Graph } from "../../../src/engine/grad/graph.js";
import { resolveLayers } from "../../../src/engine/onnx/layers.js";
import type { OnnxModel } from "../../../src/engine/onnx/model.js";
import { writeModel } from "../../../src/engine/onnx/write.js";
import { readNpy } from "../../../src/engine/tensor/npy.js";
import { initialise } from "../../../src/engine/train/parameters.js";
import type { ParameterValues } from "../../../src/engine/train/program.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { inferenceModel } from "../../../src/studies/train-classifier-model.js";
import { vit } from "../../../src/zoo/vit.js";
import { writeColours } from "../../studies/pictures.js";

const folder = mkdtempSync(join(tmpdir(), "milan-subjects-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
beforeAll(() => writeColours(at("colours"), ["red", "blue"], 12));

const CLASSES = Array.from({ length: 24 }, (_, i) => `class ${i}`);
const first = (write: (graph: Graph) => unknown): ParameterValues => {
  const graph = new Graph();
  write(graph);
  return initialise(graph.parameters, new Random(1));
};

/** A subject as it is before training. */
function untrained(subject: Subject): OnnxModel {
  if (subject.network === "gan") {
    const { latent } = subject.settings;
    const own = first((graph) => {
      const inputs = [graph.input("z", "float32", [1, latent]), graph.input("y", "int64", [1])] as const;
      generate(...inputs, subject.settings, CLASSES.length, "");
    });
    return generatorModel(own, subject.settings, CLASSES);
  }
  if (subject.network === "dino") {
    const { size, network } = subject.settings;
    const values = first((graph) => vit(graph.input("x", "float32", [1, 3, size, size]), network));
    return teacherModel(new Map([...values].map(([name, array]) => [`teacher.${name}`, array])), subject.settings);
  }
  const build = subject.network === "alexnet" ? smallAlexnet : smallResnet;
  const { size } = subject.settings;
  const values = first((graph) => build(graph.input("x", "float32", [1, 3, size, size]), CLASSES.length));
  return inferenceModel(build, values, { ...IMAGENET, width: size, height: size }, CLASSES);
}

test("there are seven, as in the paper's first table", () => {
  expect(SUBJECTS.map(({ name }) => name).sort()).toEqual([
    ...["alexnet-objects", "alexnet-scenes", "dino-objects", "gan-objects", "gan-scenes"],
    ...["resnet-objects", "resnet-scenes"],
  ]);
  expect(() => subjectOf("resnet-object")).toThrow(/no subject resnet-object; .* the nearest is resnet-objects$/);
});

test.each(SUBJECTS.filter(({ data }) => data === "world-objects"))("$name: layers and size", async (subject) => {
  const path = at(`untrained-${subject.name}.onnx`);
  await writeModel(untrained(subject), path);
  expect(statSync(path).size).toBeLessThan(4e6);
  const found = resolveLayers((await openModel(path)).layers, subject.layers);
  expect(found).toHaveLength(subject.layers.length);
  const units = found.reduce((sum, layer) => sum + layer.units, 0);
  expect(units).toBeGreaterThan(100);
  for (const { kind } of found) expect(kind).toBe(subject.network === "dino" ? "tokens" : "map");
});

const build = (name: string, settings: Record<string, unknown>) =>
  buildSubject(subjectOf(name), at("colours"), at("built"), { settings, now: () => performance.now() });
const facts = (name: string) => JSON.parse(readFileSync(at(`built/${name}.json`), "utf8"));

test("a classifier and the generator that it judges", async () => {
  const classifier = await build("resnet-objects", { epochs: 2, batch: 8 });
  expect(facts("resnet-objects")).toEqual(classifier);
  expect(classifier).toMatchObject({ classes: ["blue", "red"], epochs: 2, steps: 4, trainingImages: 22 });
  expect(classifier.figures).toMatchObject({ chance: 0.5, validationImages: 2 });
  expect(classifier.settings).toMatchObject({ size: 64, epochs: 2, learningRate: 3e-3 });
  const small = { width: 2, discriminatorWidth: 2, eyesEpochs: 1, decoderSteps: 2, batch: 4, steps: 2 };
  const generator = await build("gan-objects", small);
  expect(generator.figures.chance).toBe(0.5);
  expect(generator.figures.recognised).toBeGreaterThanOrEqual(0);
  expect(existsSync(at("built/gan-objects.png"))).toBe(true);
  expect((await readNpy(at("built/gan-objects.latents/class.npy"))).shape).toEqual([200]);
  expect(generator.bytes).toBe(statSync(at("built/gan-objects.onnx")).size);
  const again = await build("resnet-objects", { epochs: 2, batch: 8 }); // finished: nothing is trained
  expect(again).toMatchObject({ steps: 4, figures: classifier.figures });
});

test("the vision transformer", async () => {
  const network = { patch: 16, width: 16, depth: 1, heads: 2 };
  const head = { hidden: 8, bottleneck: 4, prototypes: 8 };
  const made = await build("dino-objects", { network, head, parts: 1, epochs: 1, batch: 4 });
  expect(made.figures).toMatchObject({ chance: 0.5, validationImages: 2 });
  for (const figure of ["neighbourAccuracy", "pixelAccuracy", "answerEntropy", "meanEntropy"]) {
    expect(made.figures[figure]).toBeGreaterThanOrEqual(0);
  }
});
