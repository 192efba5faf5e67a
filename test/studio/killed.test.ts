/** The command line's server killed in the middle of a round, and what was said read by what training reads it with. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openAnnotatedSets } from "../../src/describer/annotated-set.js";
import { milan } from "../cli/milan.js";
import { ask } from "../serving/ask.js";
import { Client, newFolder, served } from "./served.js";
import { scratch } from "./studies.js";

test("a killed round goes on with nothing lost, and ends as a table that training reads", async () => {
  const folder = await newFolder("killed", { conv1: 6, conv2: 6 });
  const first = await served(folder, "--sample", "4", "--seed", "3");
  expect(first.greeting).toMatch(/^8 units, 3 annotators each/);
  const people = await Promise.all([..."abcd"].map((name) => new Client(first.port).join(name)));
  // all at once, until the server dies under them
  const acknowledged: string[] = [];
  const work = people.map(async (who, i) => {
    for (;;) {
      const { assignment } = (await who.ask("/api/next", {})).json() as { assignment: { code: string } | null };
      if (!assignment) return;
      const { status } = await who.ask(`/api/assignments/${assignment.code}`, { text: `thing ${acknowledged.length}` });
      if (status === 200) acknowledged.push(`${i} ${assignment.code}`);
      if (acknowledged.length === 9) process.kill(first.pid, "SIGKILL");
    }
  });
  await Promise.allSettled(work);
  await first.stop("SIGKILL");
  expect(acknowledged.length).toBeGreaterThanOrEqual(9);
  expect(acknowledged.length).toBeLessThan(24);

  const { code, stderr } = await milan("annotate", folder, "--annotators", "2", "--port", "0");
  expect([code, stderr]).toEqual([2, expect.stringMatching(/begun with another --annotators/)]);
  const second = await served(folder, "--seed", "3");
  const before = (await ask(second.port, "/api/progress")).json() as { answers: number; people: unknown[] };
  // an answer may have been kept whose acknowledgement was cut off; none is missing
  expect(before.answers).toBeGreaterThanOrEqual(acknowledged.length);
  expect(before.people).toHaveLength(4);
  // the same people are known by their cookies, and have what they had before them
  const back = people.map((who) => new Client(second.port, who.cookie));
  await Promise.all(back.map((who, i) => who.describeAll((unit) => `red things ${i} of ${unit}`)));
  const after = (await ask(second.port, "/api/progress")).json() as { answers: number; byAnswers: number[] };
  expect(after).toMatchObject({ answers: 24, byAnswers: [0, 0, 0, 8] });
  const out = join(scratch, "annotations.csv");
  const busy = await milan("annotate", "export", folder, "--out", out);
  expect([busy.code, busy.stderr]).toEqual([
    2,
    expect.stringContaining(`process ${second.pid} is serving the study at ${second.url}`),
  ]);
  expect(existsSync(out)).toBe(false);
  expect(await second.stop()).toBe(0);

  const exported = await milan("annotate", "export", folder, "--out", out, "--json");
  expect(JSON.parse(exported.stdout)).toMatchObject({ annotations: 24, units: 8, complete: 8, unreviewed: 24 });
  const [set] = await openAnnotatedSets([folder], { annotations: out, partial: true });
  expect(set.units).toHaveLength(8);
  expect(set.units.every(({ summaries }) => summaries.length === 3)).toBe(true);
  await set.store.close();
  const misplaced = await milan("annotate", "export", folder, "--out", out, "--seed", "3");
  expect([misplaced.code, misplaced.stderr]).toEqual([2, expect.stringContaining("no option --seed")]);
  const elsewhere = await milan("annotate", "export", folder, "--out", out, "--study", join(scratch, "none.sqlite"));
  expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining("there is no study yet")]);
  expect((await milan("annotations", out, "--json")).code).toBe(0);
}, 120_000);
