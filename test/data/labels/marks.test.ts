/** Where names were written into pictures is known. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { openMarked } from "../../../src/data/labels/marks.js";
import { writeWorld } from "../../../src/data/world/folder.js";
import { writeSpurious } from "../../../src/studies/editing/spurious.js";

const folder = mkdtempSync(join(tmpdir(), "milan-marks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("lettering is where pixels were changed, and nowhere else", async () => {
  const [plain, out] = [join(folder, "plain"), join(folder, "marked")];
  await writeWorld(plain, { set: "world-objects", seed: 1, count: 48, size: 64, classes: ["dog", "bus"] });
  await writeSpurious(plain, { out, mark: "text", of: "own", share: 0.5, size: 64, seed: 0 });
  await writeSpurious(plain, { out: join(folder, "unmarked"), mark: "text", of: "own", share: 0, size: 64, seed: 0 });
  const source = await openMarked(out);
  let marked = 0;
  for (const file of ["bus/000000.png", "bus/000001.png", "dog/000002.png", "dog/000003.png"]) {
    const labels = await source.labels(file, 64);
    const [after, before] = await Promise.all(
      ["marked", "unmarked"].map((name) =>
        sharp(join(folder, name, file))
          .removeAlpha()
          .raw()
          .toBuffer(),
      ),
    );
    let outside = 0;
    for (let at = 0; at < 64 * 64; at++) {
      const isChanged = [0, 1, 2].some((channel) => after[3 * at + channel] !== before[3 * at + channel]);
      if (isChanged && labels.thing[at] !== 2) outside++;
    }
    const block = labels.thing.filter((thing) => thing === 2).length;
    if (block > 0) marked++;
    // strokes around the letters reach a pixel beyond the block
    expect(outside).toBeLessThanOrEqual(block === 0 ? 0 : 0.25 * block);
    expect(labels.things[1].kind).toBe("lettering");
  }
  expect(marked).toBe(2);
  await expect(source.labels("dog/other.png", 64)).rejects.toThrow(/is not in .*marks\.csv/);
  await source.close();
});

test("a table that does not say where marks are is refused", async () => {
  writeFileSync(join(folder, "marks.csv"), "file,class,mark\na.png,a,a\n");
  await expect(openMarked(folder)).rejects.toThrow(/marks\.csv/);
});
