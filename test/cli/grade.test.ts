/** `milan grade` on the made world: a network made by hand, dissected over some pictures, graded on others. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerGrade } from "../../src/cli/grade.js";
import { writeWorld } from "../../src/data/world/folder.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-grade-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  await writeModel(handMadeNetwork(32), at("net.onnx"));
  for (const [name, seed] of [
    ["seen", 1],
    ["new", 2],
  ] as const) {
    await writeWorld(at(name), { set: "world-objects", count: 80, seed, size: 32 });
  }
  const images = imageFolder(at("seen"), { mean: [0.5], std: [0.5] });
  const dissected = await dissect(await openModel(at("net.onnx")), images, {
    out: at("run"),
    layers: ["colours"],
    k: 5,
    quantile: 0.95,
  });
  await dissected.close();
});

const grade = (...options: string[]) => run(registerGrade, ["grade", at("run"), ...options]);

test("grades colours in the made world, and writes the table", async () => {
  const texts = [
    "red or orange things",
    "green areas",
    "blue things",
    "things that are yellow",
    "white things",
    "black areas",
  ];
  writeFileSync(
    at("run/descriptions.csv"),
    ["layer,unit,description", ...texts.map((text, unit) => `colours,${unit},${text}`)].join("\n"),
  );
  const text = await grade("--world", at("new"));
  expect(text).toMatch(/^layer\s+units\s+grade/);
  expect(text).toMatch(/\ncolours\s+6\s+[01]\.\d{3} \[/);
  expect(text).toMatch(/grades\.csv: 80 held-out images; 100\.0 % of the descriptions understood\n$/);
  expect(readFileSync(at("run/grades.csv"), "utf8").trimEnd().split("\n")).toHaveLength(7);
  const {
    grade: own,
    shuffled,
    layers,
  } = JSON.parse(await grade("--world", at("new"), "--json", "--out", at("other.csv")));
  expect(own.value).toBeGreaterThan(0.75);
  expect(shuffled.value).toBeLessThan(0.35);
  expect(own.low).toBeGreaterThan(shuffled.high);
  expect(layers).toMatchObject([{ layer: "colours", units: 6 }]);
  expect(existsSync(at("other.csv"))).toBe(true);
});

test("refuses the pictures of the run, and what is no world", async () => {
  await expect(grade("--world", at("seen"))).rejects.toThrow(/the probe set that the run was made with/);
  await expect(grade("--world", folder)).rejects.toThrow(/world\.json/);
});

test("takes photographs with masks, too, and says which options belong together", async () => {
  const [images, masks] = [at("photographs"), at("masks")];
  mkdirSync(images);
  mkdirSync(masks);
  for (let i = 0; i < 6; i++) {
    const raw = { width: 32, height: 32, channels: 3 } as const;
    const isLeft = (at: number) => at % 32 < 16;
    const red = Buffer.from(
      Array.from({ length: 1024 }, (_, at) => (isLeft(at) ? [220, 20 + i, 20] : [20, 20, 200])).flat(),
    );
    await sharp(red, { raw })
      .png()
      .toFile(join(images, `${i}.png`));
    const mask = Buffer.from(Array.from({ length: 1024 }, (_, at) => (isLeft(at) ? 1 : 0)));
    await sharp(mask, { raw: { ...raw, channels: 1 } })
      .png()
      .toFile(join(masks, `${i}.png`));
  }
  writeFileSync(at("classes.csv"), "id,name\n1,apple\n");
  writeFileSync(at("run/descriptions.csv"), "layer,unit,description\ncolours,0,apples\ncolours,2,blue things\n");
  const options = ["--images", images, "--masks", masks, "--classes", at("classes.csv")];
  const { source, layers } = JSON.parse(await grade(...options, "--json"));
  expect(source).toBe(`the masks ${masks}`);
  expect(layers[0].grade.value).toBeGreaterThan(0.9);
  const together = /expected one of --world/;
  await expect(grade()).rejects.toThrow(together);
  await expect(grade("--images", images)).rejects.toThrow(together);
  await expect(grade("--world", at("new"), "--images", images)).rejects.toThrow(together);
  await expect(grade("--images", images, "--masks", masks)).rejects.toThrow(together);
});
