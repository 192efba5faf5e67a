/** Descriptions read a line at a time are those read as a whole. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDescriptionLines } from "../../src/run/description-lines.js";
import { type Description, readDescriptions, writeDescriptions } from "../../src/run/descriptions.js";
import { HOSTILE, MADE, said } from "../explorer/forged.js";

const folder = mkdtempSync(join(tmpdir(), "milan-lines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "descriptions.csv");

/** Some 4 MB, so that lines lie across the pieces that are read at once. */
const many: Description[] = Array.from({ length: 400 }, (_, unit) =>
  said(
    "conv1",
    unit,
    `${["a", "häßlich 🐶", `quoted ","beam":[1] ${HOSTILE}`, 'back\\slash","meanings":['][unit % 4]} ${unit}`,
    {
      beam: Array.from({ length: 60 }, (_, i) => ({
        ...{ description: `candidate ${i} ,"meanings":[ ö`, logp: -1 - i, logpLm: -2 - i, pmi: i },
      })),
      attention: Array.from({ length: 5 }, () => Array.from({ length: 15 }, (_, i) => i / 15)),
      ...(unit % 3 === 0 && {
        meanings: [{ description: "one ☂", logp: -1, logpLm: null, pmi: null, share: 0.4, exemplars: [0, 1] }],
      }),
    },
  ),
);

test("lines have all but the evidence, which is read when it is wanted", async () => {
  await writeDescriptions(path, MADE, many);
  const whole = await readDescriptions(folder);
  const { header, lines, whole: read, close } = await openDescriptionLines(folder);
  expect(header).toEqual(MADE);
  expect(lines.map(({ place: _, ...line }) => line)).toEqual(
    whole.map((item) => ({ ...item, beam: [], attention: [] })),
  );
  for (const unit of [0, 1, 2, 3, 199, 399]) expect(await read(lines[unit])).toEqual(whole[unit]);
  // another file in its place does not disturb
  await writeDescriptions(join(folder, "other.csv"), MADE, many.slice(0, 3));
  renameSync(join(folder, "other.jsonl"), join(folder, "descriptions.jsonl"));
  expect(await read(lines[399])).toEqual(whole[399]);
  await close();
});

test("what was found out on other pictures is added", async () => {
  const text = JSON.stringify(many[1].description).slice(1, -1);
  writeFileSync(
    join(folder, "faithfulness.csv"),
    `layer,unit,description,reason\nconv1,1,"${text}",not-above-shuffled\n`,
  );
  const { lines, whole, close } = await openDescriptionLines(folder);
  expect(lines[1].doubts).toContain("cannot-tell");
  expect((await whole(lines[1])).doubts).toContain("cannot-tell");
  expect(lines[0].doubts).not.toContain("cannot-tell");
  await close();
  rmSync(join(folder, "faithfulness.csv"));
});

test.each([
  ['{"layer":"conv1"}', /damaged/],
  ['{"layer":"conv1","unit":1,"description":"a","doubts":[],"beam":[', /./],
  ["nonsense", /damaged/],
  ["[]", /damaged/],
  ["null", /damaged/],
])("a line that is %s is refused or harmless", async (line, message) => {
  writeFileSync(join(folder, "descriptions.jsonl"), `${JSON.stringify(MADE)}\n${line}\n`);
  const opening = openDescriptionLines(folder).then(async ({ lines, whole, close }) => {
    try {
      return await whole(lines[0]);
    } finally {
      await close();
    }
  });
  await expect(opening).rejects.toThrow(message);
});

test("a line in another order is read all the same", async () => {
  const { description, layer, unit, doubts, ...rest } = many[3];
  const line = JSON.stringify({ layer, ...rest, description, unit, doubts });
  writeFileSync(join(folder, "descriptions.jsonl"), `${JSON.stringify(MADE)}\n${line}`);
  const { lines, whole, close } = await openDescriptionLines(folder);
  expect(lines[0]).toMatchObject({ layer, unit, description, beam: [] });
  expect(await whole(lines[0])).toEqual(many[3]);
  await close();
});

test("tables have no more than they say, and a folder without descriptions has none", async () => {
  rmSync(join(folder, "descriptions.jsonl"));
  writeFileSync(path, "layer,unit,description\nconv1,3,red things\n");
  const { lines, whole } = await openDescriptionLines(folder);
  expect(lines).toHaveLength(1);
  expect(await whole(lines[0])).toMatchObject({ unit: 3, description: "red things", beam: [] });
  rmSync(path);
  expect((await openDescriptionLines(folder)).lines).toEqual([]);
});
