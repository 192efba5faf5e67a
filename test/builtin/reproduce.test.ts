/** The paper's tables in miniature: two networks of the made world, trained for a moment; every step is the real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ORIGINALS, PEOPLE, paperNetwork, paperScore } from "../../src/builtin/paper.js";
import { reproduce, type Scale, TABLES } from "../../src/builtin/reproduce.js";
import { SUBJECTS } from "../../src/builtin/subjects/subjects.js";
import {
  table1Rows,
  table2Group,
  table3Group,
  table4,
  table4Rows,
  table5,
  table5Rows,
  table6,
  table6Rows,
} from "../../src/builtin/tables.js";
import { annotatorAgreement } from "../../src/data/annotations/agreement.js";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { type AnnotationStatistics, annotationStatistics } from "../../src/data/annotations/statistics.js";
import { formatScore } from "../../src/language/metric.js";
import { openMetrics } from "../../src/language/metrics.js";
import { rouge } from "../../src/language/rouge.js";
import { openSyntax } from "../../src/language/syntax/open.js";
import { tokenize } from "../../src/language/tokens.js";
import { summarise } from "../../src/studies/generalization/report.js";
import { describeShared, shared } from "../shared.js";

const folder = mkdtempSync(join(tmpdir(), "milan-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MINI: Scale = {
  subjects: ["alexnet-objects", "resnet-objects"],
  pictures: [2, 48, 48, 48],
  ...{ layers: 1, unitsPerLayer: 40, settings: { epochs: 1 } },
  training: { epochs: 1, patience: 1, hidden: 24 },
};

test("tables 1 to 6 come out of two small networks, and a second call finds them done", async () => {
  const options = {
    ...{ tables: TABLES, out: folder, scale: MINI },
    ...{ metrics: [rouge("L")], now: () => performance.now() },
  };
  const { subjects, annotations, outcomes } = await reproduce(options);
  expect(table1Rows(subjects).map(([name, network, data, task]) => [name, network, data, task])).toEqual([
    ["alexnet-objects", "alexnet", "world-objects", "classification"],
    ["resnet-objects", "resnet", "world-objects", "classification"],
  ]);
  const table2 = summarise(outcomes, table2Group);
  expect(table2.map(({ group, method }) => `${group} ${method}`)).toEqual(
    MINI.subjects.flatMap((name) => ["pmi", "p(d|E)", "netdissect", "compexp"].map((method) => `${name} ${method}`)),
  );
  // each of the two layers has more
  for (const { test, units } of outcomes) expect(units.length, test).toBeLessThanOrEqual(40);
  for (const { method, scores } of table2) {
    expect(scores["ROUGE-L"].value).toBeGreaterThanOrEqual(0);
    // labels that were fitted to each unit are truer of it than those of others, on other pictures, too
    if (method === "netdissect") expect(scores.grade.value).toBeGreaterThan(scores.grade.shuffled);
  }
  const table3 = summarise(outcomes, table3Group);
  expect([...new Set(table3.map(({ group }) => group))]).toEqual(["within network", "across architectures"]);
  const agreement = table4Rows(await table4(annotations, options.metrics));
  expect(agreement.header).toEqual(["network", "units", "ROUGE-L"]);
  expect(agreement.rows.map(([of]) => of)).toEqual(["all", ...MINI.subjects, "people, of ResNet152 on ImageNet"]);
  // each annotator was heard of each unit, and no two always say the same
  const units = agreement.rows.slice(1, 3).map(([, count]) => Number(count));
  expect(units.reduce((sum, count) => sum + count)).toBe(Number(agreement.rows[0][1]));
  expect(annotations.length).toBe(3 * Number(agreement.rows[0][1]));
  for (const [, , score] of agreement.rows) expect(Number(score)).toBeGreaterThan(0);
  for (const [, , score] of agreement.rows) expect(Number(score)).toBeLessThan(1);
  const statistics = table5Rows(await table5(annotations));
  expect(statistics.map(([of]) => of).slice(0, 4)).toEqual([
    ...["all", "alexnet-objects features.15", "resnet-objects layer4", "people, of ResNet152 on ImageNet, all"],
  ]);
  expect(statistics[0][1]).toBe(agreement.rows[0][1]);
  const rows = table6Rows(await table6(outcomes));
  expect(rows.map(([of]) => of)).toEqual(["all", ...MINI.subjects, ...Object.keys(ORIGINALS)]);
  expect((await reproduce(options)).outcomes).toEqual(outcomes);
  const larger = { ...MINI, settings: { epochs: 2 } };
  await expect(reproduce({ ...options, scale: larger })).rejects.toThrow(/scale\.json is of other settings/);
}, 400_000);

/** As `paper.ts` has them. */
const figuresOf = ({ units, vocabulary, length, nouns, adjectives, prepositions }: AnnotationStatistics) => [
  ...[units, vocabulary, Number(length.toFixed(1))],
  ...[nouns, adjectives, prepositions].map((share) => Number(share.toFixed(3))),
];

describeShared("texts of others", () => {
  test("the rows of the paper's describers are what their published descriptions are made of", async () => {
    const { tag } = await openSyntax();
    const sets = [
      "milan-base-resnet50-imagenet",
      "milan-base-resnet18-places365",
      "milan-places365-resnet152-imagenet",
    ];
    const measured = [];
    for (const name of sets) {
      const { list } = await readAnnotations(shared(`data/text/${name}.csv`));
      measured.push(figuresOf(annotationStatistics(list, { tokenize, tag })[0]));
    }
    expect(measured).toEqual(Object.values(ORIGINALS));
  });

  test("people's rows of tables 4 and 5 are what `milan annotations` says of the published annotations", async () => {
    const path = shared("data/text/milannotations-resnet152-imagenet.csv");
    const { list } = await readAnnotations(path, { partial: true });
    const { tag } = await openSyntax();
    const found = annotationStatistics(list, { tokenize, tag });
    const measured = found.map((each) => [each.layer || "all", figuresOf(each)]);
    expect(Object.fromEntries(measured)).toEqual(PEOPLE.statistics);
    for (const metric of (await openMetrics({})).list) {
      const [{ score }] = await annotatorAgreement(list, metric);
      expect(formatScore(metric.name, score)).toBe(formatScore(metric.name, PEOPLE.agreement[metric.name]));
    }
  });
});

test("which rows of table 3 outcomes belong to", () => {
  const group = (from: string, to: string) => table3Group({ protocol: "across", train: [from], test: to });
  expect(group("alexnet-objects", "resnet-objects")).toBe("across architectures");
  expect(group("alexnet-objects", "alexnet-scenes")).toBe("across data sets");
  expect(group("alexnet-objects", "resnet-scenes")).toBeUndefined();
  expect(group("resnet-objects", "gan-objects")).toBe("across tasks");
  expect(group("gan-scenes", "resnet-scenes")).toBe("across tasks");
  expect(group("resnet-objects", "gan-scenes")).toBeUndefined();
  expect(group("alexnet-objects", "dino-objects")).toBe("to a self-supervised transformer");
  expect(group("dino-objects", "alexnet-objects")).toBeUndefined();
  expect(table3Group({ protocol: "left-out", train: ["alexnet-objects"], test: "resnet-objects" })).toBeUndefined();
});

test("the paper's numbers stand beside the rows that it has, and beside no others", () => {
  expect(paperNetwork("dino-objects")).toBe("DINO, ImageNet: 1,200 units");
  expect(paperScore("table2", "resnet-scenes", "pmi")).toBe("0.31");
  expect(paperScore("table2", "gan-scenes", "pmi")).toBe("-");
  expect(paperScore("table2", "all networks", "netdissect")).toBe("-");
  expect(paperScore("table3", "across tasks", "pmi")).toBe("0.34 0.27");
  expect(paperScore("table3", "across tasks", "netdissect")).toBe("-");
  for (const { name } of SUBJECTS) expect(paperNetwork(name)).toMatch(/units$/);
});
