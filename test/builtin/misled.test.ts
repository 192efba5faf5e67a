/** The editing experiment in miniature: every step is the real one, on pictures of the made world. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { misledFigures } from "../../src/builtin/figures/misled.js";
import { misled } from "../../src/builtin/misled/misled.js";
import { smallResnet } from "../../src/builtin/subjects/networks.js";
import { writeWorld } from "../../src/data/world/folder.js";

const folder = mkdtempSync(join(tmpdir(), "milan-misled-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a network is misled, dissected, described and, if it has units for lettering, edited; a second call finds it done", async () => {
  const [train, validation] = ["train", "val"].map((part) => join(folder, part));
  const pictures = { set: "world-objects", size: 64, classes: ["dog", "bus"] } as const;
  await writeWorld(train, { ...pictures, seed: 1, count: 24 * 20 });
  await writeWorld(validation, { ...pictures, seed: 2, count: 24 * 6 });
  const options = {
    ...{ out: join(folder, "study"), train, validation, share: 0.5, network: smallResnet, layers: ["conv1", "layer4"] },
    ...{ epochs: 1, size: 64, describer: { epochs: 1, patience: 1, hidden: 24 }, now: () => performance.now() },
  };
  const first = await misled(options);
  expect([first.training.pictures, first.training.marked]).toEqual([40, 20]);
  expect([first.test.pictures, first.test.marked]).toEqual([12, 12]);
  expect(first.edits.map(({ speaker, units }) => [speaker, units])).toEqual([
    ["built-in", 16 + 96],
    ["taught", 16 + 96],
  ]);
  for (const { found, edit, files } of first.edits) {
    expect(edit === undefined).toBe(found === 0);
    for (const file of files) expect(existsSync(file)).toBe(true);
  }
  const said = readFileSync(join(options.out, "teacher-run", "annotations.csv"), "utf8");
  expect(said).toMatch(/text|word|letter|writing/);
  const again = await misled(options);
  expect(again.edits.map(({ edit }) => edit?.candidates)).toEqual(first.edits.map(({ edit }) => edit?.candidates));
  await expect(misled({ ...options, epochs: 2 })).rejects.toThrow(/settings\.json is of other settings/);
}, 300_000);

test("photographs that are in no train/ and val/ are refused before any work", async () => {
  const options = { out: join(folder, "nothing"), fast: true, photographs: folder, now: () => performance.now() };
  await expect(misledFigures({ ...options, photographs: join(folder, "none") })).rejects.toThrow(
    /no .*train; expected train\/ and val\/ with class folders/,
  );
  expect(existsSync(options.out)).toBe(false);
});
