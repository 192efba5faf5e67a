/**
 * A dissection killed at any point (SIGKILL: no chance to clean up) goes on where it was, and ends with the same bytes as one
 * that was left alone.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lockName } from "../../src/base/files.js";
import { temporaryName } from "../../src/base/temporary.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { Run } from "../../src/run/run.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { BUILT } from "../cli/built.js";

const SCRIPT = fileURLToPath(new URL("dissecting.js", import.meta.url));
const IMAGES = 48;
const BATCH = 4;

const folder = mkdtempSync(join(tmpdir(), "milan-resume-"));
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(IMAGES, 5), 64);
  // a damaged one at the end of a batch: where a resumed sweep begins must not depend on it
  writeFileSync(at("pictures/0023.png"), "damaged");
  expect((await dissecting("whole")).at(-1)).toBe("finished");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Dissects in a process of its own; gives what it said up to its end, or its death.
 * @param killAt what it has said when it is killed: it stands still at this line, or, if that is only the beginning of one,
 *   is killed wherever it is by then.
 */
function dissecting(out: string, killAt = "never"): Promise<string[]> {
  const options = [BUILT, at("net.onnx"), at("pictures"), at(out), killAt];
  const child = spawn(process.execPath, [SCRIPT, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  return new Promise((resolve) => {
    child.stdout.on("data", (piece: Buffer) => {
      text += piece;
      if (text.includes(`\n${killAt}`)) child.kill("SIGKILL");
    });
    child.on("close", () => resolve(text.trimEnd().split("\n")));
  });
}

/** SHA-256 of every file below a run. */
function contents(out: string): Record<string, string> {
  const files = (readdirSync(at(out), { recursive: true }) as string[]).filter((name) =>
    statSync(at(`${out}/${name}`)).isFile(),
  );
  const hash = (name: string) =>
    createHash("sha256")
      .update(readFileSync(at(`${out}/${name}`)))
      .digest("hex");
  return Object.fromEntries(files.sort().map((name) => [name, hash(name)]));
}

test.each([
  ["sweep", 8],
  ["sweep", 24], // the batch that ends with the damaged picture
  ["sweep", 48], // all seen
  ["maps", 8],
])("killed in the %s at image %i", async (phase, image) => {
  const out = `${phase}-${image}`;
  const before = await dissecting(out, `update ${phase} ${image}`);
  expect(before.at(-1)).toBe(`update ${phase} ${image}`);
  await expect(Run.open(at(out))).rejects.toThrow(/interrupted; run the same `milan dissect` again/);

  const after = await dissecting(out);
  expect(after.at(-1)).toBe("finished");
  const [, , first, total] = after[0].split(" ");
  expect(after[0]).toMatch(/^begin sweep/);
  expect(Number(total)).toBe(IMAGES);
  // the batch it was killed at is repeated, and no other
  expect(Number(first)).toBe(phase === "sweep" ? image - BATCH : IMAGES);
  expect(contents(out)).toEqual(contents("whole"));
});

test("killed again and again, wherever it may be", async () => {
  const begun: number[] = [];
  for (let time = 0; time < 6; time++) {
    const [first] = await dissecting("often", "update sweep ");
    if (first.startsWith("begin sweep")) begun.push(Number(first.split(" ")[2]));
  }
  expect(begun).toEqual([...begun].sort((a, b) => a - b));
  await dissecting("often");
  expect(contents("often")).toEqual(contents("whole"));
});

test("what a process killed before it had anything to say leaves behind is in nobody's way", async () => {
  mkdirSync(at("early"));
  const half = temporaryName(at("early/run.json"), { pid: 4711, host: "elsewhere", began: "1" });
  writeFileSync(half, '{"format": 1, "mil');
  expect((await dissecting("early")).at(-1)).toBe("finished");
  expect(contents("early")).toEqual(contents("whole"));
});

test("a finished run has nothing to do", async () => {
  const before = contents("whole");
  expect(await dissecting("whole")).toEqual([`warn ${at("whole")} is finished already; nothing to do`, "finished"]);
  expect(contents("whole")).toEqual(before);
});

test("what a process leaves that is killed after its last table is removed by the next, though there is nothing else to do", async () => {
  const before = contents("whole");
  const dead = { pid: 4194304, host: hostname(), began: "1", purpose: "dissecting" };
  for (const range of [undefined, { from: 0, to: 24 }]) {
    writeFileSync(join(at("whole"), lockName(undefined, range)), JSON.stringify(dead));
  }
  for (const name of ["sweep.safetensors", "sweep-0-24.safetensors"]) writeFileSync(at(`whole/${name}`), "not needed");
  expect((await dissecting("whole")).at(-1)).toBe("finished");
  expect(contents("whole")).toEqual(before);
});
