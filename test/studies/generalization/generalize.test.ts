/** A study of generalisation in miniature: describers are really trained, on shapes in colours. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describe as described } from "../../../src/describer/describe.js";
import { loadDescriber } from "../../../src/describer/describer.js";
import { type EncoderSource, openEncoder } from "../../../src/describer/training/encoder-source.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { bleu } from "../../../src/language/bleu.js";
import { rouge } from "../../../src/language/rouge.js";
import { type GeneralizeOptions, generalize } from "../../../src/studies/generalization/generalize.js";
import { experimentsOf } from "../../../src/studies/generalization/protocol.js";
import { shown, summarise } from "../../../src/studies/generalization/report.js";
import { writeEyes, writeShapeSet } from "../../describer/training/shape-set.js";

const folder = mkdtempSync(join(tmpdir(), "milan-generalize-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

let encoder: EncoderSource;
beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  encoder = await openEncoder(at("eyes.onnx"), { layers: ["colours", "edges"] });
  await writeShapeSet(at("one"), { units: 240, seed: 1 });
  await writeShapeSet(at("two"), { units: 60, seed: 2 });
  // people who say something else of the same: what is learned elsewhere does not carry over
  await writeShapeSet(at("odd"), { units: 60, seed: 3, say: (colour) => [`something ${colour} and odd`] });
}, 120_000);

const study = (out: string, names: readonly string[], options: Partial<GeneralizeOptions>) =>
  generalize(
    names.map((name) => at(name)),
    {
      ...{ out: at(out), encoder, protocols: ["across"], metrics: [bleu(), rouge("L")] },
      training: {
        ...{ epochs: 25, patience: 8, batch: 32, length: 6, dropout: 0.3, learningRate: 3e-3, holdOut: 0.15 },
        sizes: { embedding: 16, hidden: 64 },
      },
      now: () => performance.now(),
      ...options,
    },
  );

test("which describers are trained on what", () => {
  const names = ["a", "b", "c"];
  expect(experimentsOf(["left-out", "within"], names).map(({ name, train, test }) => [name, train, test])).toEqual([
    ["within a", [0], [0]],
    ["within b", [1], [1]],
    ["within c", [2], [2]],
    ["without a", [1, 2], [0]],
    ["without b", [0, 2], [1]],
    ["without c", [0, 1], [2]],
  ]);
  expect(experimentsOf(["across"], names)[1]).toMatchObject({ name: "from b", train: [1], test: [0, 2] });
  expect(experimentsOf(["across"], ["a"])).toEqual([]);
});

describe("describers of shapes", () => {
  test("what is learned carries to the same shapes, and not to people who speak otherwise", async () => {
    const outcomes = await study("study", ["one", "two", "odd"], {});
    expect(outcomes).toHaveLength(12);
    const rougeOf = (experiment: string, to: string) => {
      const found = outcomes.find((one) => one.experiment === experiment && one.test === to && one.method === "pmi")!;
      return found.judgements.find(({ metric }) => metric === "ROUGE-L")!;
    };
    const same = rougeOf("from one", "two");
    expect(same.describer.value).toBeGreaterThan(0.6);
    const first = outcomes.find(({ method }) => method === "pmi")!;
    expect(first.ahead?.of).toBe("p(d|E)");
    expect(Object.keys(first.ahead!.by)).toEqual(["BLEU", "ROUGE-L"]);
    expect(same.shuffled.value).toBeLessThan(0.45);
    expect(rougeOf("from one", "odd").describer.value).toBeLessThan(same.describer.value - 0.2);
    const summary = summarise(outcomes, ({ test: network }) => `to ${network}`);
    expect(summary.map(({ group, method, outcomes: count }) => `${group} ${method} ${count}`)).toContain(
      "to two pmi 2",
    );
    const score = summary.find(({ group, method }) => group === "to two" && method === "pmi")!.scores["ROUGE-L"];
    expect(shown("ROUGE-L", score)).toMatch(/^0\.\d{3} ± 0\.\d{3}$/);
    // the same command finds everything done
    const before = readdirSync(at("study", "outcomes")).map((file) => statSync(at("study", "outcomes", file)).mtimeMs);
    expect(await study("study", ["one", "two", "odd"], {})).toEqual(outcomes);
    expect(readdirSync(at("study", "outcomes")).map((file) => statSync(at("study", "outcomes", file)).mtimeMs)).toEqual(
      before,
    );
    // p(d|E) alone is what a search by it finds
    const alone = outcomes.find(({ experiment, method }) => experiment === "from one" && method === "p(d|E)")!;
    const describer = await loadDescriber(at("study", "describers", "one, seed 0"));
    const store = await openExemplars(at(alone.test));
    const found: string[] = [];
    for await (const { description } of described(store, describer, { search: "beam" })) found.push(description);
    await Promise.all([describer.close(), store.close()]);
    expect(alone.units.map(({ description }) => description)).toEqual(found);
    // within: only held-out units are judged
    const within = await study("study", ["one"], { protocols: ["within"] });
    expect(within[0].units.length).toBeGreaterThan(15);
    expect(within[0].units.length).toBeLessThan(60);
    expect(existsSync(at("study", "describers", "one, seed 0", "card.md"))).toBe(true);
  }, 240_000);

  test("refuses other settings in the same folder", async () => {
    await expect(study("study", ["one", "two", "odd"], { length: 2 })).rejects.toThrow(
      /study\.json is of other settings/,
    );
  });

  test("refuses one run where two are needed, and two of one name", async () => {
    await expect(study("few", ["one"], {})).rejects.toThrow(/1 run is too few for across; expected at least 2/);
    await writeShapeSet(at("deep", "one"), { units: 12, seed: 1 });
    await expect(study("few", ["one", "deep/one"], {})).rejects.toThrow(/two runs are called one/);
  });
});
