/**
 * The simulated annotators on units that are known by construction, in pictures that are known by construction: they must say what the
 * units detect, each in their own way, and the same again for the same seed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { annotateStore, writeSimulated } from "../../../src/builtin/annotators/annotate.js";
import { nounPhrase, Speaker, sentence } from "../../../src/builtin/annotators/wording.js";
import { type Annotation, readAnnotations } from "../../../src/data/annotations/annotations.js";
import { annotationStatistics } from "../../../src/data/annotations/statistics.js";
import type { Query } from "../../../src/data/labels/query.js";
import { shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { writeModel } from "../../../src/engine/onnx/model.js";
import { dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { type ExemplarStore, openExemplars } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";
import { tokenize } from "../../../src/language/tokens.js";
import { HAND_MADE_UNITS, handMadeNetwork } from "../../../src/zoo/hand-made.js";
import { shapeLabels } from "./shape-labels.js";

const SIZE = 48;
const scenes = shapeScenes(150, 3);
const source = shapeLabels(scenes);
let folder: string;
let store: ExemplarStore;
let annotations: Annotation[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "milan-annotators-"));
  await writeShapes(join(folder, "images"), scenes, SIZE);
  await writeModel(handMadeNetwork(SIZE), join(folder, "net.onnx"));
  const probe = imageFolder(join(folder, "images"), { mean: [0.5], std: [0.5] });
  const run = await dissect(await openModel(join(folder, "net.onnx")), probe, {
    ...{ out: join(folder, "run"), layers: ["colours", "edges"] },
  });
  await run.close();
  store = await openExemplars(join(folder, "run"));
  annotations = await annotateStore(store, source, { seed: 1, sample: 60 });
}, 60_000);
afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true });
});

const of = (layer: string, unit: number) =>
  annotations.filter((one) => one.layer === layer && one.unit === unit).map(({ summary }) => summary);

test("three annotations a unit; most name the unit's colour", () => {
  expect(annotations).toHaveLength(3 * (HAND_MADE_UNITS.colours.length + HAND_MADE_UNITS.edges.length));
  for (const [unit, colour] of HAND_MADE_UNITS.colours.entries()) {
    const words = { white: /white|light|bright/, black: /black|dark/ }[colour as string] ?? new RegExp(colour);
    expect(
      of("colours", unit).filter((said) => words.test(said)).length,
      `${colour}: ${of("colours", unit)}`,
    ).toBeGreaterThanOrEqual(2);
  }
});

test("most name the direction of edges", () => {
  // slanting edges are few in these pictures, and the units for them take what else there is
  const directions = [/horizontal|sideways/, /vertical|upright/];
  const right = directions.map((words, unit) => of("edges", unit).filter((said) => words.test(said)).length);
  const all = directions.map((_, unit) => of("edges", unit));
  expect(Math.min(...right), JSON.stringify(all)).toBeGreaterThanOrEqual(1);
  expect(right.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(4);
});

test("the same seed gives the same words, another others; the three differ", async () => {
  expect(await annotateStore(store, source, { seed: 1, sample: 60 })).toEqual(annotations);
  expect(await annotateStore(store, source, { seed: 2, sample: 60 })).not.toEqual(annotations);
  const units = HAND_MADE_UNITS.colours.map((_, unit) => new Set(of("colours", unit)).size);
  expect(units.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(2 * units.length);
});

test("what is written says that it is simulated", async () => {
  await writeSimulated(join(folder, "out"), annotations, { seed: 1, source });
  expect((await readAnnotations(join(folder, "out/annotations.csv"))).list).toEqual(annotations);
  expect(JSON.parse(readFileSync(join(folder, "out/annotators.json"), "utf8"))).toMatchObject({
    simulated: true,
    evidence: "exemplars",
    seed: 1,
  });
  const [{ length, annotators }] = annotationStatistics(annotations, { tokenize, tag: (tokens) => tokens });
  expect(annotators).toEqual([3, 3]);
  expect(length).toBeGreaterThan(1.5);
  expect(length).toBeLessThan(8);
});

test("one query has many wordings, all of which keep its content words", () => {
  const query: Query = {
    is: "and",
    of: [
      { is: "colour", name: "red" },
      { is: "thing", name: "dog" },
    ],
  };
  const said = Array.from({ length: 300 }, (_, seed) =>
    sentence(query, new Speaker(new Random(seed), { synonyms: 0.3, singular: 0.3 })),
  );
  expect(new Set(said).size).toBeGreaterThan(40);
  expect(said.filter((text) => !(/red/.test(text) && /dog/.test(text)))).toEqual([]);
});

test.each([
  [
    "region",
    { is: "region", region: "top", of: { is: "thing", name: "car" } },
    /(?:top|upper).* of (?:an? )?(?:cars?|auto|motor)|tops? of/,
  ],
  ["relation", { is: "above", what: { is: "background" }, to: { is: "thing", name: "car" } }, /(?:above|over) /],
  [
    "alternatives",
    {
      is: "or",
      of: [
        { is: "thing", name: "car" },
        { is: "thing", name: "dog" },
      ],
    },
    /car.*dog|dog.*car|auto|motorcar/,
  ],
  ["place", { is: "place", place: "upper half" }, /(?:upper|top).* of /],
  ["not", { is: "not", of: { is: "text" } }, /(?:but|except) (?:a )?(?:text|lettering|writing)/],
  [
    "scene",
    {
      is: "and",
      of: [
        { is: "thing", name: "cup" },
        { is: "scene", name: "kitchen" },
      ],
    },
    /(?:cup|mug).* in .*kitchen/,
  ],
] as [string, Query, RegExp][])("a %s in words", (_, query, pattern) => {
  for (let seed = 0; seed < 60; seed++) {
    const phrase = nounPhrase(query, new Speaker(new Random(seed), { synonyms: 0.3, singular: 0.3 }));
    expect(phrase).toMatch(pattern);
    expect(phrase).not.toMatch(/undefined|\b(an? ){2}|\s{2}/);
  }
});
