/** The paper's tables in miniature: two networks of the made world, trained for a moment; every step is the real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { paperNetwork, paperScore } from "../../src/builtin/paper.js";
import {
  reproduce,
  type Scale,
  table1Rows,
  table2Group,
  table3Group,
  table6,
  table6Rows,
} from "../../src/builtin/reproduce.js";
import { SUBJECTS } from "../../src/builtin/subjects/subjects.js";
import { rouge } from "../../src/language/rouge.js";
import { summarise } from "../../src/studies/generalization/report.js";

const folder = mkdtempSync(join(tmpdir(), "milan-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MINI: Scale = {
  subjects: ["alexnet-objects", "resnet-objects"],
  pictures: [2, 48, 48, 48],
  ...{ layers: 1, unitsPerLayer: 40, settings: { epochs: 1 } },
  training: { epochs: 1, patience: 1, hidden: 24 },
};

test("tables 1, 2, 3 and 6 come out of two small networks, and a second call finds them done", async () => {
  const options = {
    ...{ tables: ["table1", "table2", "table3", "table6"] as const, out: folder, scale: MINI },
    ...{ metrics: [rouge("L")], now: () => performance.now() },
  };
  const { subjects, outcomes } = await reproduce(options);
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
  const rows = table6Rows(await table6(outcomes));
  expect(rows.map(([name]) => name)).toEqual(["all", ...MINI.subjects]);
  expect((await reproduce(options)).outcomes).toEqual(outcomes);
  const larger = { ...MINI, settings: { epochs: 2 } };
  await expect(reproduce({ ...options, scale: larger })).rejects.toThrow(/scale\.json is of other settings/);
}, 400_000);

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
