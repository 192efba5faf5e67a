/** What a dissection is predicted to cost: the parts that are reckoned, against the real thing. What is measured, `bench/large/plan.js` compares with whole runs. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { AGES, agesOf, crowdingOf, predictSweep, type SweepCosts, winnersOf } from "../../src/exemplars/cost.js";
import { planSweep } from "../../src/exemplars/plan.js";
import { Tails, tailCapacity } from "../../src/exemplars/tail.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { expectDone, expectRefusal, milan, NORMALISED } from "../cli/milan.js";

const folder = mkdtempSync(join(tmpdir(), "milan-cost-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(40, 5), 64);
});

test.each([1, 0.25, 0.02])("as many activations exceed the floors as is reckoned, in %d of a sweep", (share) => {
  const total = 500_000;
  const capacity = tailCapacity(total, 0.99);
  const seen = share * total;
  const tails = new Tails(1, capacity, 100);
  const random = new Random(1);
  let above = 0;
  for (let first = 0; first < seen; first += 100) {
    const values = Float32Array.from({ length: 100 }, () => random.normal());
    const [floor] = tails.floors();
    above += values.filter((value) => value > floor).length;
    tails.add(0, values, 0, 100);
  }
  const reckoned = agesOf(seen, capacity).reduce((sum, part, age) => sum + part * AGES[age], 0);
  expect(above / seen / reckoned).toBeGreaterThan(0.8);
  expect(above / seen / reckoned).toBeLessThan(1.2);
});

const COSTS: SweepCosts = {
  ...{
    openMs: 100,
    listMs: 0.01,
    decodeMs: 2,
    forwardMs: 20,
    statisticsMs: [10, 6, 4, 3, 2],
    visitMs: 1,
    copyMs: 0.1,
    crowding: 1,
  },
  ...{ selectNs: 5, saveNs: 10, addNs: 5, baseBytes: 2e8 },
};

test("a part of a large sweep never gets cheap, and its states add up to more than one", () => {
  const layout = { name: "a", kind: "map", dtype: "float32", units: 500, height: 14, width: 14, prefix: 0 } as const;
  const images = 1_281_167;
  const task = { plans: planSweep([layout], images, 0.99), images, k: 15, nameBytes: 30 };
  const [one, some, many] = [1, 16, 256].map((workers) => predictSweep(task, COSTS, workers));
  // 3 % of the whole pass before the first floor: 256 shards never see one
  expect(many.imageMs).toBeCloseTo(COSTS.decodeMs + COSTS.forwardMs + 10, 6);
  expect(one.imageMs).toBeLessThan(COSTS.decodeMs + COSTS.forwardMs + 5);
  expect(some.imageMs).toBeGreaterThan(one.imageMs);
  expect(many.sweepMs * 256).toBeGreaterThan(one.sweepMs);
  expect(many.sweepMs).toBeLessThan(some.sweepMs);
  expect(one.addMs).toBe(0);
  expect(many.statesBytes).toBeGreaterThan(5 * one.stateBytes);
  expect(one.workerBytes).toBeGreaterThan(COSTS.baseBytes);
  expect(one.workerBytes).toBeLessThan(COSTS.baseBytes + 2 * 2 ** 30);
  expect(one.winners).toBeLessThanOrEqual(500 * 15);
});

test("how winners crowd is told from some of the images", () => {
  // images differ in strength, units like all of them by chance besides; of each unit the 1.5 % that are best
  const winnersAmong = (images: number, units: number, seed: number) => {
    const random = new Random(seed);
    const strengths = Float64Array.from({ length: images }, () => random.uniform() ** 0.5);
    const winners = new Set<number>();
    const k = Math.round(0.015 * images);
    for (let unit = 0; unit < units; unit++) {
      const scores = strengths.map((strength) => strength * random.uniform());
      for (const [id] of [...scores.entries()].sort(([, a], [, b]) => b - a).slice(0, k)) winners.add(id);
    }
    return { winners: winners.size, places: units * k };
  };
  const whole = winnersAmong(2000, 100, 1);
  const some = winnersAmong(400, 100, 2);
  const predicted = winnersOf(2000, whole.places, crowdingOf(400, some.places, some.winners));
  expect(predicted / whole.winners).toBeGreaterThan(0.8);
  expect(predicted / whole.winners).toBeLessThan(1.2);
  // by chance alone the formula that knows nothing is off by more
  expect(winnersOf(2000, whole.places, 1) / whole.winners).toBeGreaterThan(2);
});

test("milan plan measures, predicts and writes nothing", async () => {
  const args = [
    "plan",
    at("net.onnx"),
    "--images",
    at("pictures"),
    "--layers",
    "colours",
    ...NORMALISED,
    "--seconds",
    "1",
  ];
  const said = await milan(...args, "--count", "5000", "--workers", "1,4,9999");
  expectDone(said);
  expect(said.stdout).toMatch(/5,000 images\na picture takes .* ms: the network alone/);
  expect(said.stdout).toMatch(/^workers +sweep/m);
  expect(said.stdout).toContain(`milan dissect ${at("net.onnx")} --images ${at("pictures")} --out run --shard $i/4`);
  expect(said.stdout).toContain("/625"); // no more shards than batches
  const json = await milan(...args, "--json");
  expectDone(json);
  const { images, costs, predictions } = JSON.parse(json.stdout);
  expect(images).toBe(40);
  expect(
    Object.values(costs)
      .flat()
      .every((value) => Number.isFinite(value)),
  ).toBe(true);
  expect(costs.forwardMs).toBeGreaterThan(0);
  expect(predictions).toHaveLength(3);
  expect(existsSync(join(process.cwd(), "run"))).toBe(false);
});

test("milan plan is refused as milan dissect is", async () => {
  expectRefusal(await milan("plan", at("net.onnx")), /expected one of --images or --latents/);
  expectRefusal(await milan("plan", at("net.onnx"), "--images", at("nowhere")), /nowhere: no such file/);
  const few = await milan("plan", at("net.onnx"), "--images", at("pictures"), "--count", "3");
  expectRefusal(few, /has 3 images; expected at least 15/);
});
