/** Pictures that change under a run: which changes are noticed, when, and how. */
import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Progress, silent } from "../../src/base/progress.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { runExemplars } from "../../src/exemplars/store.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";

const folder = mkdtempSync(join(tmpdir(), "milan-changed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  await writeModel(handMadeNetwork(32), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(12, 3), 32);
});

/** A copy of the pictures, and a way to dissect it; `during` is called when a phase begins. */
async function prepared(name: string) {
  cpSync(at("pictures"), at(name), { recursive: true, preserveTimestamps: true });
  const subject = await openModel(at("net.onnx"));
  const warnings: string[] = [];
  const dissecting = (during: (phase: string) => void = () => {}) => {
    const progress: Progress = { ...silent, begin: during, warn: (message) => warnings.push(message) };
    const settings = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
    return dissect(subject, imageFolder(at(name), settings), {
      out: at(`${name}-run`),
      k: 12,
      progress,
      saveEveryMs: 0,
      batchSize: 4,
    });
  };
  return { dissecting, warnings, picture: at(name, "0003.png") };
}

/** Other contents, of the same size in bytes: another picture, or none, with what is missing filled up behind its end. */
function replace(path: string, other: string): void {
  const [size, bytes] = [readFileSync(path).length, readFileSync(other)];
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length))]).subarray(0, size));
}

/** A picture whose file is no larger than that of another, so that it can stand for it. */
const smallest = () =>
  Array.from({ length: 12 }, (_, i) => at("pictures", `${String(i).padStart(4, "0")}.png`))
    .filter((path) => !path.endsWith("0003.png"))
    .sort((a, b) => readFileSync(a).length - readFileSync(b).length)[0];

test("between an interruption and going on: another size is refused, another time is not", async () => {
  const { dissecting, picture } = await prepared("resumed");
  const stop = (phase: string) => {
    if (phase === "maps") throw new Error("interrupted");
  };
  await expect(dissecting(stop)).rejects.toThrow("interrupted");
  const whole = readFileSync(picture);
  writeFileSync(picture, Buffer.concat([whole, Buffer.alloc(1)]));
  await expect(dissecting()).rejects.toThrow(/it was made with another probe set/);
  writeFileSync(picture, whole);
  const ahead = new Date(Date.now() + 1e9); // a clock that was set back since
  utimesSync(picture, ahead, ahead);
  await (await dissecting()).close();
});

test("after it was swept: other contents of the same size are told by what they activate; a picture that is gone is named", async () => {
  const { dissecting, warnings, picture } = await prepared("swept");
  const run = await dissecting((phase) => {
    if (phase === "maps") replace(picture, smallest());
  });
  await run.close();
  expect(warnings).toEqual([
    expect.stringMatching(/^dissecting: 0003\.png activate units otherwise than when they were swept/),
  ]);

  const gone = await prepared("gone");
  const removing = gone.dissecting((phase) => {
    if (phase === "maps") rmSync(gone.picture);
  });
  await expect(removing).rejects.toThrow(/^dissecting: 0003\.png won a place and cannot be read any more/);
});

test("after the dissection: any other contents are refused, one picture at a time, wherever exemplars are looked at", async () => {
  const { dissecting, warnings, picture } = await prepared("done");
  const run = await dissecting();
  expect(warnings).toEqual([]);
  replace(picture, smallest());
  const store = await runExemplars(run);
  await expect(store.image(3)).rejects.toThrow(
    /^reading 0003\.png: it is another picture than the one that was dissected/,
  );
  expect(await store.image(4)).toHaveLength(3 * 32 * 32);
  await store.close();
  await run.close();
});
