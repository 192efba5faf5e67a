/** A network whose units end at a ceiling, as a MobileNet's do, on the command line. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { writeWorld } from "../../src/data/world/folder.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { readDescriptions } from "../../src/run/descriptions.js";
import { readManifest } from "../../src/run/manifest.js";
import { expectDone, expectRefusal, milan, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();

/** Units for light, red and nothing at all, in blocks of 4 x 4 pixels; the first two soon reach the ceiling of 0.25. */
async function writeNetwork(path: string): Promise<void> {
  const g = new GraphBuilder("ends");
  const image = g.input("image", "float32", ["batch", 3, 64, 64]);
  const weights = ndarray("float32", [3, 3, 1, 1], Float32Array.of(1, 1, 1, 2, -1, -1, 0, 0, 0));
  const small = g.node("AveragePool", [image], { kernel_shape: [4, 4], strides: [4, 4] });
  const colours = g.node("Conv", [small, g.constant(weights)], {}, ["colours"]);
  const limits = [0, 0.25].map((limit) => g.constant(ndarray("float32", [], Float32Array.of(limit))));
  g.node("Clip", [colours, ...limits], {}, ["ends"]);
  g.output("ends", "ends", "float32", ["batch", 3, 16, 16]);
  await writeModel(g.build(), path);
}

const dissect = (out: string, ...more: string[]) =>
  milan(
    "dissect",
    at("ends.onnx"),
    "--images",
    at("pictures"),
    "--layers",
    "ends",
    "--out",
    at(out),
    ...NORMALISED,
    ...more,
  );

beforeAll(async () => {
  await prepare();
  await writeNetwork(at("ends.onnx"));
  await writeWorld(at("world"), { set: "world-objects", count: 20, seed: 1, size: 64 });
});

test("inspect says where a layer ends", async () => {
  const { stdout } = await milan("inspect", at("ends.onnx"), "--all");
  expect(stdout).toMatch(/ends +map +3 .* Clip to 0\.25 +ends/);
  expect(stdout).toContain("note: layers that end at a number are dissected before that (milan dissect --ceiling)");
});

test("measured before its ceiling a unit has the best images, and none is tied", async () => {
  expectDone(await dissect("lifted"));
  const described = await milan("describe", at("lifted"));
  expectDone(described);
  expect(described.stdout).toMatch(/: 2 of 3 units described, 1 cannot be \(1 constant\)/);
  const descriptions = await readDescriptions(at("lifted"));
  expect(descriptions.flatMap(({ doubts }) => doubts)).not.toContain("tied");
  const best = readFileSync(at("lifted/layers/ends/activations.csv"), "utf8").split(/[\n,]/).map(Number);
  expect(best[0]).toBeGreaterThan(0.25);
});

test("as they are, exemplars are tied, and the descriptions say so", async () => {
  expectDone(await dissect("kept", "--ceiling", "keep"));
  expect((await readManifest(at("kept"))).layers[0].ceiling).toBeUndefined();
  expectDone(await milan("describe", at("kept")));
  const [light, red, nothing] = await readDescriptions(at("kept"));
  for (const { description, doubts } of [light, red]) {
    expect(description).not.toBe("");
    expect(doubts).toContain("tied");
  }
  expect(nothing).toMatchObject({ description: "", doubts: ["constant"] });
});

test("the other way is another run", async () => {
  expectRefusal(await dissect("lifted", "--ceiling", "keep"), /it was made with another --ceiling; choose a new --out/);
});

test("a run that is damaged there is refused by whoever measures its units again", async () => {
  const path = at("lifted/run.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"before": "colours"', '"before": "nothing"'));
  const { code, stderr } = await milan("grade", at("lifted"), "--world", at("world"));
  expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
    2,
    expect.stringMatching(/^milan: measuring ends: the model has no tensor nothing; .* dissect again$/),
  ]);
});
