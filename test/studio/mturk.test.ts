import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import sharp from "sharp";
import { expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { exportBatch } from "../../src/studio/mturk-export.js";
import { importResults } from "../../src/studio/mturk-import.js";
import { answers } from "../../src/studio/review.js";
import type { Study } from "../../src/studio/study.js";
import { forgedStore, K, SIZE } from "../explorer/forged.js";
import { describeNext, newStudy, person, QUESTIONS, scratch } from "./studies.js";

const store = forgedStore({ conv1: 5 });
const pictureUrl = "https://example.org/pictures";
let folders = 0;

async function batchOf(study: Study) {
  const out = join(scratch, `batch-${folders++}`);
  const units = await exportBatch(study, store, { out, pictureUrl, progress: silent });
  const table = parse(readFileSync(join(out, "batch.csv")), { columns: true }) as Record<string, string>[];
  return { out, units, table };
}

/** Results as the website writes them: the batch's columns with `Input.` before their names, and many more. */
function resultsOf(
  table: readonly Record<string, string>[],
  say: (row: number, worker: number) => Record<string, string>,
): Record<string, string>[] {
  return table.flatMap((input, row) =>
    [0, 1, 2].map((worker) => ({
      HITId: `H${row}`,
      HITTypeId: "T",
      Title: "A study",
      AssignmentId: `A${row}-${worker}`,
      WorkerId: `WORKER${worker}`,
      AssignmentStatus: "Submitted",
      SubmitTime: "Sun Feb 01 10:20:30 PST 2026",
      WorkTimeInSeconds: "31",
      LifetimeApprovalRate: "100% (1/1)",
      ...Object.fromEntries(Object.entries(input).map(([name, value]) => [`Input.${name}`, value])),
      ...say(row, worker),
    })),
  );
}

function written(name: string, rows: readonly Record<string, string>[]): string {
  const path = join(scratch, name);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  writeFileSync(path, stringify([...rows], { header: true, columns }));
  return path;
}

test("a batch has a row and pictures for every unit that lacks answers, and a page with places for them", async () => {
  const study = newStudy(5, { annotators: 1, qualification: QUESTIONS });
  const described = describeNext(study, person(study), "red things", 0);
  const { out, units, table } = await batchOf(study);
  expect(units).toBe(2);
  expect(table).toHaveLength(2);
  expect(Object.keys(table[0])).toEqual([
    "study",
    "code",
    "layer",
    "unit",
    ...Array.from({ length: K }, (_, i) => `image_url_${i + 1}`),
  ]);
  expect(table.map(({ code }) => code)).not.toContain(study.units().find(({ id }) => id === described)!.code);
  // what is addressed is there, below the folder to be hosted
  for (const row of table) {
    for (let i = 1; i <= K; i++) {
      const file = join(out, "pictures", row[`image_url_${i}`].slice(pictureUrl.length + 1));
      expect((await sharp(file).metadata()).width).toBe(SIZE);
    }
  }
  expect(readdirSync(join(out, "pictures"))).toHaveLength(4); // and those of the test
  const html = readFileSync(join(out, "hit.html"), "utf8");
  for (let i = 1; i <= K; i++) expect(html).toContain(`\${image_url_${i}}`);
  expect(html).toContain('name="summary"');
  const questions = readFileSync(join(out, "qualification-questions.xml"), "utf8");
  expect(questions.match(/<Question>/g)).toHaveLength(2);
  expect(questions.match(/<DataURL>https:\/\/example.org\/pictures\/[\w-]+\/\d\.jpg/g)).toHaveLength(2 * K);
  expect(questions).not.toContain("AnswerScore");
  expect(readFileSync(join(out, "qualification-answers.xml"), "utf8")).toContain(
    "<SelectionIdentifier>c1</SelectionIdentifier><AnswerScore>1",
  );
  expect(readFileSync(join(out, "README.txt"), "utf8")).toMatch(/pictures\/ has to be\s+reachable/);
  await expect(exportBatch(study, store, { out, pictureUrl, progress: silent })).rejects.toThrow(/not empty/);
  const elsewhere = join(scratch, "nowhere");
  await expect(
    exportBatch(study, store, { out: elsewhere, pictureUrl: "javascript:x", progress: silent }),
  ).rejects.toThrow(/no address/);
  expect(existsSync(elsewhere)).toBe(false);
  study.close();
});

test("results come in once, however often, with their verdicts and without the workers' names", async () => {
  const study = newStudy(5);
  const { table } = await batchOf(study);
  const said = (row: number, worker: number) => ({
    "Answer.summary": row === 4 && worker === 2 ? "" : `"thing", ${row}\nof ${worker}`,
    ...(row === 0 && worker === 0 && { RejectionTime: "Mon Feb 02 2026", RequesterFeedback: "says nothing" }),
    ...(row === 1 && { AssignmentStatus: "Approved" }),
  });
  const rows = resultsOf(table, said);
  const first = written("results.csv", rows.slice(0, 6));
  expect(await importResults(study, first, 1)).toEqual({ added: 6, judged: 0, known: 0, repeated: 0 });
  const all = written(
    "results.csv",
    rows.map((row) => (row.AssignmentId === "A0-1" ? { ...row, Approve: "x" } : row)),
  );
  expect(await importResults(study, all, 2)).toEqual({ added: 9, judged: 1, known: 5, repeated: 0 });
  expect(await importResults(study, all, 3)).toEqual({ added: 0, judged: 0, known: 15, repeated: 0 });
  const found = answers(study);
  expect(found).toHaveLength(15);
  expect(found.filter(({ status }) => status === "accepted")).toHaveLength(4);
  expect(found[0]).toMatchObject({
    status: "rejected",
    reason: "says nothing",
    text: '"thing", 0 of 0',
    elapsed: 31_000,
  });
  expect(found[14].flags).toContain("empty");
  expect(study.database.all("SELECT 1 FROM annotators")).toHaveLength(3);
  expect(JSON.stringify(study.database.all("SELECT * FROM annotators"))).not.toContain("WORKER");
  // the same worker in another batch
  const again = resultsOf(table.slice(0, 1), () => ({ "Answer.summary": "more" })).map((row) => ({
    ...row,
    AssignmentId: `B${row.AssignmentId}`,
  }));
  expect(await importResults(study, written("again.csv", again), 4)).toMatchObject({ added: 0, repeated: 3 });
  study.close();
});

test("the least there is of columns is enough", async () => {
  const study = newStudy(2);
  const path = join(scratch, "least.csv");
  writeFileSync(path, "\ufeffAnswer.summary,Input.unit,Input.layer,WorkerId,AssignmentId\nred things,1,conv1,W,A\n");
  expect(await importResults(study, path, 5)).toMatchObject({ added: 1 });
  expect(answers(study)[0]).toMatchObject({ unit: 1, text: "red things", submitted: 5 });
  study.close();
});

test.each<[string, (row: Record<string, string>) => Record<string, string> | null, RegExp]>([
  ["another study", (row) => ({ ...row, "Input.study": "0123" }), /row 3 is of study "0123"/],
  [
    "another unit",
    (row) => ({ ...row, "Input.unit": "77" }),
    /row 3 is of unit "77" of layer "conv1", which is not in this study; nothing was taken/,
  ],
  ["another layer", (row) => ({ ...row, "Input.layer": "../x" }), /row 3 is of unit/],
  ["another code", (row) => ({ ...row, "Input.code": "abc" }), /row 3 has another code/],
  ["nobody", (row) => ({ ...row, WorkerId: " " }), /row 3 has no AssignmentId or no WorkerId/],
])("a file with a row of %s is refused as a whole", async (_name, change, problem) => {
  const study = newStudy(2);
  const { table } = await batchOf(study);
  const rows = resultsOf(table, () => ({ "Answer.summary": "things" }));
  const path = written(
    "refused.csv",
    rows.map((row, i) => (i === 1 ? change(row)! : row)),
  );
  const refused = await importResults(study, path, 1).catch((error: Error) => error);
  expect((refused as Error).name).toBe("UserError");
  expect((refused as Error).message).toMatch(problem);
  expect((refused as Error).message).not.toContain("\n");
  expect(study.database.get("SELECT count(*) AS n FROM annotations")).toEqual({ n: 0 });
  expect(study.database.get("SELECT count(*) AS n FROM annotators")).toEqual({ n: 0 });
  study.close();
});

test.each([
  ["", /no column AssignmentId/],
  ["layer,unit,summary\na,1,b\n", /no column AssignmentId, WorkerId, Input.layer, Input.unit, Answer.summary/],
  ['a,b\n"x', /expected the results of a batch/],
  ["\ufffe\u0000", /expected the results of a batch/],
])("%j is no table of results", async (text, problem) => {
  const study = newStudy(1);
  const path = join(scratch, "none.csv");
  writeFileSync(path, text);
  await expect(importResults(study, path, 1)).rejects.toThrow(problem);
  study.close();
});
