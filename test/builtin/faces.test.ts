/** The audit with blurred faces in miniature: networks trained for a moment; every step is the real one. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import type { FacesModel, FaceUnit } from "../../src/builtin/faces/findings.js";
import { modelRows, pairRows, verdictRows, writeFaces } from "../../src/builtin/faces/report.js";
import type { FacesScale } from "../../src/builtin/faces/scale.js";
import { facesStudy } from "../../src/builtin/faces/study.js";
import { verdictsOf } from "../../src/builtin/faces/verdicts.js";

const folder = mkdtempSync(join(tmpdir(), "milan-faces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MINI: FacesScale = {
  pictures: { train: 65, val: 26, probe: 39, grade: 39 },
  networks: [
    { network: "alexnet", seed: 1, teaches: true },
    { network: "alexnet", seed: 2 },
  ],
  ...{ epochs: 1, layers: 1, describer: { epochs: 1, patience: 1, hidden: 16 } },
};

test("networks are trained, described and judged; a second call finds it done; figures and table are written", async () => {
  const options = { out: join(folder, "study"), scale: MINI, now: () => performance.now() };
  const findings = await facesStudy(options);
  expect(findings.models.map(({ name }) => name)).toEqual([
    ...["plain-alexnet-1", "blurred-alexnet-1", "plain-alexnet-2", "blurred-alexnet-2"],
  ]);
  const [teacher, , pupil] = findings.models;
  expect(Object.keys(teacher.units[0].said).sort()).toEqual(["annotators", "built-in"]);
  expect(Object.keys(pupil.units[0].said)).toContain("taught");
  for (const { units, accuracy } of findings.models) {
    expect(units).toHaveLength(64);
    expect(accuracy.blurred.high).toBeGreaterThan(0);
    for (const unit of units) {
      expect(unit.activeOnFaces).toBeLessThanOrEqual(unit.activeOnPeople);
      expect(unit.activeOnPeople).toBeLessThanOrEqual(unit.active);
      expect(unit.faceIou).toBeLessThanOrEqual(unit.bestIou);
    }
  }
  // every pair of networks: four described by the shipped describer, two by the taught one, each by two lists of words; five definitions
  expect(findings.comparisons).toHaveLength(2 * (6 + 1) + 5 * 6);
  expect(pairRows(findings)).toHaveLength(2 * (2 + 1) + 5 * 2);
  const written = await writeFaces(join(folder, "results"), findings, options.out);
  for (const path of written) expect(statSync(path).size).toBeGreaterThan(100);
  expect(await sharp(join(folder, "results", "fig5.png")).metadata()).toMatchObject({ format: "png" });
  const rows = parse(readFileSync(join(folder, "results", "faces.csv"), "utf8"), { columns: true });
  expect(rows).toHaveLength(4 * 64);
  expect(modelRows(findings)).toHaveLength(4);
  expect(await facesStudy(options)).toEqual(findings);
  await expect(facesStudy({ ...options, scale: { ...MINI, epochs: 2 } })).rejects.toThrow(
    /scale\.json is of other settings/,
  );
}, 240_000);

test("verdicts count what is listed against what is true", () => {
  const unit = (faceShare: number, isFound: boolean): FaceUnit => ({
    ...{ layer: "l", unit: 0, faceIou: 0.05, best: "person", bestIou: 0.1, bestOfAll: "farmer", activeOnBlurred: 0 },
    ...{ active: 100, activeOnFaces: 100 * faceShare, activeOnPeople: 100 },
    said: { "built-in": { description: "", found: { face: isFound, people: true } } },
  });
  const accuracy = { value: 1, low: 1, high: 1 };
  const model: FacesModel = {
    ...{ name: "plain-a-1", training: "plain", network: "a", seed: 1, run: "" },
    accuracy: { plain: accuracy, blurred: accuracy },
    units: [unit(0.9, true), unit(0.8, false), unit(0.6, false), unit(0.1, true), unit(0.2, false)],
  };
  const verdicts = verdictsOf([model]);
  const find = (words: string, definition: string) =>
    verdicts.find((each) => each.of === "all" && each.words === words && each.definition === definition)!;
  expect(find("face", "mostly")).toMatchObject({ units: 5, faces: 3, found: 2, right: 1 });
  expect(find("face", "mostly").precision.value).toBe(0.5);
  expect(find("face", "mostly").recall).toMatchObject({ value: 1 / 3 });
  expect(find("face", "mostly").recall.low).toBeCloseTo(0.0615, 3); // Wilson, 1 of 3
  expect(find("people", "people")).toMatchObject({ faces: 5, found: 5, right: 5 });
  expect(find("face", "best")).toMatchObject({ faces: 0, right: 0 });
  expect(find("face", "best").recall.value).toBeNaN();
  const findings = { models: [model], comparisons: [], verdicts };
  expect(verdictRows(findings)[0].slice(-1)).toEqual(["-"]);
});
