/** Runs that were changed by somebody, or by a bad disk: each is refused in one line that names the file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { putTogether } from "../../src/describer/parts.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../src/engine/tensor/npy.js";
import { openExemplars } from "../../src/exemplars/store.js";
import { openDescriptionLines } from "../../src/run/description-lines.js";
import { readDescriptions, readDescriptionsHeader } from "../../src/run/descriptions.js";
import { Run } from "../../src/run/run.js";
import { MADE, said } from "../explorer/forged.js";
import { describedRun, writeSquares } from "../explorer/live/made.js";

const folder = mkdtempSync(join(tmpdir(), "milan-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await writeSquares(at, 6);
  await (await describedRun(at, "run")).close();
});

const LAYER = {
  ...{ name: "colours", shortNames: [], kind: "map", dtype: "float32", units: 6 },
  ...{ height: 16, width: 16, prefix: 0, positions: 256 },
};
const PREPROCESSING = {
  ...{ width: 16, height: 16, fit: "crop", range: [0, 1], mean: [0], std: [1], channels: "rgb", layout: "nchw" },
};

/** Whatever opens a run and reads all of it. */
async function readAll(): Promise<void> {
  const run = await Run.open(at("run"));
  try {
    await run.probeFiles();
    for (const layer of run.layers) await run.map(layer, 0, 0);
    await (await openExemplars(at("run"))).close();
  } finally {
    await run.close();
  }
}

/** Puts something else into a file of the run for the time of a refusal. */
async function expectRefusal(
  file: string,
  bytes: string | Uint8Array,
  problem: RegExp,
  read: () => Promise<unknown> = readAll,
) {
  const before = readFileSync(at("run", file));
  writeFileSync(at("run", file), bytes);
  const error = await read().then(
    () => expect.fail("it was accepted"),
    (thrown) => thrown,
  );
  writeFileSync(at("run", file), before);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(problem);
  expect(error.message).toContain(file.split("/").at(-1));
}

test.each([
  ["no preprocessing", { preprocessing: undefined }, /its preprocessing makes no sense/],
  ["a range of one number", { preprocessing: { ...PREPROCESSING, range: [0] } }, /its preprocessing\.range/],
  ["a deviation of 0", { preprocessing: { ...PREPROCESSING, std: [0] } }, /its preprocessing\.std\.0/],
  ["pictures of 2^31 pixels a side", { pictureWidth: 2 ** 31 }, /its pictureWidth/],
  ["k as a text", { k: "4" }, /its k makes/],
  ["k of 0", { k: 0 }, /its k makes/],
  ["no flaws", { flaws: null }, /its flaws/],
  ["units beyond all counting", { layers: [{ ...LAYER, units: 2 ** 53 }] }, /its layers\.0\.units/],
  ["maps of no height", { layers: [{ ...LAYER, height: 0 }] }, /its layers\.0\.height/],
  [
    "more units than its tables have",
    { layers: [{ ...LAYER, units: 2 ** 30 }] },
    /6 x 4 numbers; expected 1073741824 x 4/,
  ],
  ["fewer pictures than its tables name", { probeSize: 1 }, /image \d; expected -1 to 0/],
])("run.json: %s", async (_, changes, problem) => {
  const manifest = JSON.parse(readFileSync(at("run", "run.json"), "utf8"));
  const error = await (async () => {
    writeFileSync(at("run", "run.json"), JSON.stringify({ ...manifest, ...changes }));
    try {
      await readAll();
    } catch (thrown) {
      return thrown as Error;
    } finally {
      writeFileSync(at("run", "run.json"), JSON.stringify(manifest));
    }
    return expect.fail("it was accepted");
  })();
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(problem);
});

test("tables and maps of another shape", async () => {
  const layer = "layers/colours";
  await expectRefusal(`${layer}/ids.csv`, "1e10,0,0,0\n".repeat(6), /image 10000000000; expected -1 to 5/);
  await expectRefusal(`${layer}/ids.csv`, "0.5,0,0,0\n".repeat(6), /image 0.5/);
  await writeNpy(at("small.npy"), ndarray("float32", [6, 4, 2, 2], new Float32Array(96)));
  await expectRefusal(`${layer}/maps.npy`, readFileSync(at("small.npy")), /expected float32 \[6,4,16,16\]/);
  await writeNpy(at("doubles.npy"), ndarray("float64", [6], new Float64Array(6)));
  await expectRefusal(`${layer}/levels.npy`, readFileSync(at("doubles.npy")), /expected float32 \[6\]/);
  await expectRefusal("probe.csv", 'id,file\n0,"', /it is damaged/);
});

const DEEP = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;

test("lines of descriptions that are none", async () => {
  const lines = [MADE, said("colours", 0, "red things")].map((each) => JSON.stringify(each));
  const reading = async () => {
    await readDescriptionsHeader(at("run"));
    await readDescriptions(at("run"));
  };
  const opening = async () => (await openDescriptionLines(at("run"))).close();
  for (const line of [
    "null",
    "[]",
    '{"layer":"a","unit":0,"description":"x","doubts":"nan"}',
    lines[1].replace('"pmi":', '"pmi":"much","was":'),
    lines[1].replace('"unit":0', '"unit":1e999'),
    lines[1].replace("{", `{"more":${DEEP},`),
  ]) {
    await expectRefusal("descriptions.jsonl", `${lines[0]}\n${line}\n`, /it is damaged/, reading);
    await expectRefusal("descriptions.jsonl", `${lines[0]}\n${line}\n`, /it is damaged/, opening);
  }
  for (const header of ["null", "3", DEEP, lines[0].replace('"lambda":', '"lambda":null,"was":')])
    await expectRefusal("descriptions.jsonl", `${header}\n${lines[1]}\n`, /it is damaged/, reading);
});

test("parts of descriptions that are none", async () => {
  const part = at("run", "descriptions.part-0-1.jsonl");
  const header = { made: MADE, exemplars: "a", describer: "b", of: 1, from: 0, to: 1 };
  const line = JSON.stringify(said("colours", 0, "red things"));
  for (const first of [
    { ...header, made: null },
    { ...header, describer: 5 },
    { ...header, made: { ...MADE, clip: [] } },
  ]) {
    writeFileSync(part, `${JSON.stringify(first)}\n${line}\n`);
    await expect(putTogether(at("run", "descriptions.csv"))).rejects.toThrow(UserError);
  }
  for (const strange of ["null", '{"layer":"colours","unit":0}', line.replace("{", `{"more":${DEEP},`)]) {
    writeFileSync(part, `${JSON.stringify(header)}\n${strange}\n`);
    expect(await putTogether(at("run", "descriptions.csv"))).toEqual({ missing: [{ from: 0, to: 1 }] });
  }
  rmSync(part);
});
