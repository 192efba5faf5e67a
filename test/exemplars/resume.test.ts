/** A dissection killed at any point goes on, and ends with the same bytes as one that was left alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Progress, silent } from "../../src/base/progress.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel, type Subject } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";

const folder = mkdtempSync(join(tmpdir(), "milan-resume-"));
let subject: Subject;
beforeAll(async () => {
  await writeModel(handMadeNetwork(64), join(folder, "net.onnx"));
  await writeShapes(join(folder, "pictures"), shapeScenes(64, 5), 64);
  subject = await openModel(join(folder, "net.onnx"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (out: string, progress: Progress = silent) =>
  dissect(subject, imageFolder(join(folder, "pictures"), { mean: [0.5], std: [0.5] }), {
    ...{ out: join(folder, out), k: 5, batchSize: 4, saveEveryMs: 0, progress },
  }).then((finished) => finished.close());

/** Fails once `done` images of a phase are through: as far as the files are concerned, a kill. */
function failing(phase: string, at: number): Progress {
  let current = "";
  return {
    ...silent,
    begin(name) {
      current = name;
    },
    update(done) {
      if (current === phase && done >= at) throw new Error("killed");
    },
  };
}

function contents(out: string): Map<string, Buffer> {
  const root = join(folder, out);
  const files = (readdirSync(root, { recursive: true }) as string[]).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  return new Map(files.sort().map((name) => [name, readFileSync(join(root, name))]));
}

test.each([
  ["sweep", 8],
  ["sweep", 40],
  ["maps", 8],
] as const)("interrupted in the %s after %i images", async (phase, at) => {
  await run("whole");
  const out = `${phase}-${at}`;
  await expect(run(out, failing(phase, at))).rejects.toThrow("killed");
  await expect(import("../../src/run/run.js").then(({ Run }) => Run.open(join(folder, out)))).rejects.toThrow(
    /interrupted/,
  );
  let first = -1;
  await run(out, {
    ...silent,
    begin(name, _total, _unit, done = 0) {
      if (name === "sweep") first = done;
    },
  });
  // the state is saved every batch but at most a twentieth of the time: some batches may be repeated, not all
  expect(first).toBeGreaterThan(0);
  expect(contents(out)).toEqual(contents("whole"));
});
