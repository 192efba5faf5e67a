/** Checkpoints: a training that was interrupted continues to the same bits; what does not fit, or is damaged, is refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { readSafetensors, writeSafetensors } from "../../../src/engine/tensor/safetensors.js";
import { loadCheckpoint } from "../../../src/engine/train/checkpoint.js";
import { cosine } from "../../../src/engine/train/schedules.js";
import { severalThreads } from "../../threads.js";
import { type Spirals, spirals } from "./spirals.js";
import { floats } from "./wave.js";

severalThreads();

const folder = mkdtempSync(join(tmpdir(), "milan-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const IDENTITY = { network: "two layers", learningRate: 0.02 };
const earlyStopping = { metric: "loss", better: "lower", patience: 9 } as const;

const checkpointed = (training: Spirals, path: string, resume = false) =>
  training.train({
    epochs: 2,
    schedule: cosine({ warmup: 2 }),
    earlyStopping,
    checkpoint: { path, everyMs: 0, identity: IDENTITY, resume },
    metrics: { path: `${path}.jsonl`, everySteps: 1 },
  });

/** Everything that a training is, but for the clock. */
const stateOf = ({ values, optimiser, step }: Spirals) => ({ values, memory: optimiser.state, count: step.count });

let whole: Spirals;
beforeAll(async () => {
  whole = await spirals();
  await checkpointed(whole, at("whole"));
});

test.each([1, 2, 3, 4, 5])("6 steps, and %i, a kill and the others, end in the same bits", async (failAfter) => {
  const path = at(`killed-${failAfter}`);
  const killed = await spirals({ failAfter });
  await expect(checkpointed(killed, path)).rejects.toThrow("the power went out");
  const resumed = await spirals({ seed: 999 }); // other first values, all to be replaced
  await checkpointed(resumed, path, true);
  expect(stateOf(resumed)).toEqual(stateOf(whole));
  const place = { epoch: Math.floor(failAfter / 3), first: failAfter % 3 };
  expect(resumed.requests[0]).toEqual(place);
  expect(await readSafetensors(path)).toEqual(await readSafetensors(at("whole")));
  const told = (file: string) =>
    readFileSync(`${file}.jsonl`, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ kind, epoch, step, loss, learningRate, metrics }) => ({
        kind,
        epoch,
        step,
        loss,
        learningRate,
        metrics,
      }));
  expect(told(path)).toEqual(told(at("whole")));
});

test("a finished training stays finished, and can be made longer", async () => {
  const again = await spirals({ seed: 999 });
  const result = await checkpointed(again, at("whole"), true);
  expect(result).toMatchObject({ epochs: 2, steps: 6, stopped: "epochs" });
  expect(again.requests).toEqual([]);
  expect(again.values).toEqual(whole.values);
  const longer = await spirals();
  const checkpoint = { path: at("whole"), everyMs: 0, identity: IDENTITY, resume: true };
  expect(await longer.train({ epochs: 3, earlyStopping, checkpoint })).toMatchObject({ epochs: 3, steps: 9 });
  await checkpointed(await spirals(), at("whole")); // a finished one may be replaced
});

test("an unfinished training is not overwritten", async () => {
  const killed = await spirals({ failAfter: 2 });
  await checkpointed(killed, at("lost")).catch(() => {});
  const before = readFileSync(at("lost"));
  const other = await spirals();
  await expect(checkpointed(other, at("lost"))).rejects.toThrow(
    /holds an unfinished training.*--resume.*or delete it$/,
  );
  expect(readFileSync(at("lost"))).toEqual(before);
});

test("there must be something to resume", async () => {
  await expect(checkpointed(await spirals(), at("nothing"), true)).rejects.toThrow(
    `reading ${at("nothing")}: no such file or folder; check the path`,
  );
});

test("another training's checkpoint is refused, and what differs is named", async () => {
  const { values } = await spirals();
  const load = (identity: object, other = values) =>
    loadCheckpoint(at("whole"), { identity: { ...IDENTITY, ...identity }, values: other });
  await expect(load({ network: "three layers" })).rejects.toThrow(
    /made by another training; got network three layers \(there two layers\); use the same options/,
  );
  await expect(load({ learningRate: 0.1, momentum: 0.9 })).rejects.toThrow(
    /got learningRate 0.1 \(there 0.02\), momentum 0.9 \(there none\)/,
  );
  const wider = new Map(values).set("first.bias", floats([17], Array(17).fill(0)));
  await expect(load({}, wider)).rejects.toThrow(/another network: first.bias is \[16\]; expected \[17\]/);
  const deeper = new Map(values).set("second.bias", floats([1], [0]));
  await expect(load({}, deeper)).rejects.toThrow(/another network: second.bias is absent; expected \[1\]/);
  const shallower = new Map([...values].filter(([name]) => name !== "last.bias"));
  await expect(load({}, shallower)).rejects.toThrow(/another network: last.bias is \[2\]; expected absent/);
});

test("damaged files are refused in one line, wherever the damage is", async () => {
  const { values } = await spirals();
  const bytes = readFileSync(at("whole"));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const load = async (damaged: Uint8Array) => {
    writeFileSync(at("damaged"), damaged);
    return loadCheckpoint(at("damaged"), { identity: IDENTITY, values }).then(
      () => undefined,
      (error) => error,
    );
  };
  for (const length of [0, 7, 8, 100, 8 + headerLength, bytes.length - 1]) {
    const error = await load(bytes.subarray(0, length));
    expect(error, `${length} bytes`).toBeInstanceOf(UserError);
    expect(error.message).not.toMatch(/\n/);
  }
  let refused = 0;
  for (let place = 0; place < 8 + headerLength; place += 13) {
    const flipped = Buffer.from(bytes);
    flipped[place] ^= 1 << (place % 8);
    const error = await load(flipped);
    if (error !== undefined) {
      refused += 1;
      expect(error, `byte ${place}: ${error?.stack}`).toBeInstanceOf(UserError);
    }
  }
  expect(refused).toBeGreaterThan(50); // a changed digit of the clock, say, is no damage that can be seen
});

test("metadata that are not a training's are refused", async () => {
  const { values } = await spirals();
  const tensors = await readSafetensors(at("whole"));
  const place = { epoch: 1, batch: 0, step: 3, elapsedMs: 5, sums: {}, waited: 0, best: null, complete: false };
  const write = async (metadata: Record<string, string>, more: object = {}) => {
    await writeSafetensors(at("strange"), new Map([...tensors, ...Object.entries(more)]), metadata);
    return loadCheckpoint(at("strange"), { identity: IDENTITY, values }).then(
      () => "accepted",
      (error) => (error instanceof UserError ? error.message : error.stack),
    );
  };
  const training = (change: object, of: object = place) => ({
    training: JSON.stringify({ format: 1, identity: IDENTITY, place: { ...of, ...change } }),
  });
  expect(await write(training({}))).toBe("accepted");
  expect(await write({})).toMatch(/holds no training/);
  expect(await write({ training: "{" })).toMatch(/not JSON; expected a whole checkpoint/);
  expect(await write({ training: "null" })).toMatch(/not those of a training/);
  expect(await write({ training: JSON.stringify({ format: 2 }) })).toMatch(/format 2; expected 1, use the version/);
  for (const change of [{ step: -1 }, { epoch: 0.5 }, { sums: null }, { elapsedMs: "5" }, { best: { value: 1 } }]) {
    expect(await write(training(change)), JSON.stringify(change)).toMatch(/not those of a training/);
  }
  expect(await write(training({}), { "values/extra": floats([1], [0]) })).toMatch(/extra is \[1\]; expected absent/);
  expect(await write(training({}), { "state/first.bias/mean": floats([3], [0, 0, 0]) })).toMatch(/fits no parameter/);
  expect(await write(training({}), { elsewhere: floats([1], [0]) })).toMatch(/tensor elsewhere is strange/);
});
