/** Labels of pictures that a generator of the world made: class known, figure found, colour measured. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGenerated } from "../../../src/builtin/annotators/generated.js";
import { classNumbers } from "../../../src/builtin/subjects/latents.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { classesOf } from "../../../src/data/world/world.js";
import { writeNpy } from "../../../src/engine/tensor/npy.js";

const run = mkdtempSync(join(tmpdir(), "milan-generated-"));
afterAll(() => rmSync(run, { recursive: true, force: true }));
const SIDE = 32;
const classes = join(run, "class.npy");
const classNumber = (set: "world-objects" | "world-scenes", name: string) => [...classesOf(set)].sort().indexOf(name);

beforeAll(async () => {
  mkdirSync(join(run, "pictures"));
  // a red ball before grass below and sky above, with some noise
  const pixels = Buffer.from(
    Array.from({ length: SIDE * SIDE }, (_, at) => {
      const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
      const noise = (at * 7919) % 9;
      if (isBall(x, y)) return [200 + noise, 30, 30];
      return y > 20 ? [50, 140 + noise, 50] : [120, 170 + noise, 230];
    }).flat(),
  );
  await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toFile(join(run, "pictures/0.png"));
  await writeNpy(
    classes,
    classNumbers(1, () => classNumber("world-objects", "ball")),
  );
});

const isBall = (x: number, y: number) => Math.hypot(x - 14, y - 17) < 8;

test("finds the object, and calls it what its class is called", async () => {
  const source = await openGenerated({ run, classes, set: "world-objects" });
  const labels = await source.labels("pictures/0.png", SIDE);
  const ball = evaluate({ is: "thing", name: "ball" }, labels);
  let [both, either] = [0, 0];
  for (let at = 0; at < ball.length; at++) {
    const is = isBall(at % SIDE, Math.floor(at / SIDE)) ? 1 : 0;
    both += is & ball[at];
    either += is | ball[at];
  }
  expect(both / either).toBeGreaterThan(0.85);
  const red = evaluate({ is: "and", of: [{ is: "colour", name: "red" }, { is: "object" }] }, labels);
  expect(red.reduce((sum, is) => sum + is, 0)).toBeGreaterThan(0.8 * both);
  expect(evaluate({ is: "background" }, labels)[0]).toBe(1);
});

test("of a scene only the place is known; a picture without a class is refused", async () => {
  await writeNpy(
    classes,
    classNumbers(1, () => classNumber("world-scenes", "kitchen")),
  );
  const source = await openGenerated({ run, classes, set: "world-scenes" });
  const labels = await source.labels("pictures/0.png", 16);
  expect(labels).toMatchObject({ size: 16, things: [] });
  expect(labels.scene).toContain("kitchen");
  await expect(source.labels("pictures/7.png", 16)).rejects.toThrow(/has no class of world-scenes for it/);
});
