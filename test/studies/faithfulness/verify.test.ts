/** Right descriptions are supported, wrong ones are not, in a world where it is known which is which. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { registerVerify } from "../../../src/cli/verify.js";
import { readDescriptions } from "../../../src/run/descriptions.js";
import { readVerdicts } from "../../../src/run/verdicts.js";
import { openConcepts } from "../../../src/studies/faithfulness/concept-predictor.js";
import type { Predictor } from "../../../src/studies/faithfulness/predictor.js";
import { faithfulnessTable, summarise, writeFaithfulness } from "../../../src/studies/faithfulness/report.js";
import { type VerifyOptions, verifyRun } from "../../../src/studies/faithfulness/verify.js";
import { colourWorld, DEAD, describeAs, IMPURE, RIGHT, UNITS, type World } from "./colour-world.js";

let world: World;
let predictor: Predictor;
beforeAll(async () => {
  world = await colourWorld();
  predictor = await openConcepts(world.at("concepts.json"));
});

const verified = (options: Partial<VerifyOptions> = {}) =>
  verifyRun(world.at("run"), predictor, { images: world.at("held-out"), ...options });

const units = UNITS.map((_, unit) => unit);

describe("in the world of coloured shapes", () => {
  test("right descriptions are supported, and beat both controls", async () => {
    describeAs(
      world.at("run"),
      units.map((unit) => [unit, RIGHT[unit]]),
    );
    const found = await verified();
    const { rows, constantLabel } = found.layers[0];
    expect(found.images).toBe(150);
    expect(rows.map(({ unit }) => unit)).toEqual(units);
    for (const { unit, reason, controls, p } of rows) {
      expect([unit, reason, controls]).toEqual([unit, undefined, 40]);
      expect(p).toBeLessThanOrEqual(0.05);
    }
    const [summary] = summarise(found);
    expect(summary).toMatchObject({ supported: units.length, reasons: {} });
    expect(summary.score).toBeGreaterThan(0.8);
    expect(summary.shuffled).toBeLessThan(0.3);
    expect(summary.score).toBeGreaterThan(summary.constant! + 0.2);
    expect(RIGHT).toContain(constantLabel);
    for (const { when, where } of rows.slice(0, 6)) {
      expect(when!.auprc).toBeGreaterThan(when!.baseRate + 0.3);
      expect(where!.auprc).toBeGreaterThan(where!.baseRate + 0.3);
      expect(where!.pearson).toBeGreaterThan(0.5);
      expect(where!.auc).toBeGreaterThan(0.9);
    }
  });

  test("the same descriptions dealt to the wrong units cannot be told from chance", async () => {
    // the unit's own colours are swapped for others altogether
    const wrong = units.map((unit) => {
      const free = units.filter((other) => UNITS[other].every((colour) => !UNITS[unit].includes(colour)));
      return [unit, RIGHT[free[unit % free.length]]] as const;
    });
    describeAs(world.at("run"), wrong);
    const { rows } = (await verified()).layers[0];
    expect(rows.filter(({ verdict }) => verdict === "supported")).toEqual([]);
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(new Set(["not-above-shuffled"]));
  });

  test("among right ones a wrong one is found; units and words of which nothing can be said are named", async () => {
    const texts = units.map((unit): [number, string] => [unit, RIGHT[unit]]);
    texts[0] = [0, "green things"];
    texts[1] = [1, "something blurry"];
    texts[2] = [2, ""];
    describeAs(world.at("run"), [...texts, [IMPURE, "red things"], [DEAD, "yellow triangles"]]);
    const { rows } = (await verified()).layers[0];
    const reasons = [0, 1, 2, 3, IMPURE, DEAD].map((unit) => rows[unit].reason);
    const [above, word, silent, dead] = ["not-above-shuffled", "no-known-word", "no-description", "never-fires"];
    // that the hand-made unit for red fires on yellow too was found by this very command
    expect(reasons).toEqual([above, word, silent, undefined, above, dead]);
    expect(rows[1].score).toBeCloseTo(0, 12);
    expect(rows[1]).toMatchObject({ unknownWords: ["something", "blurry"], verdict: "cannot-tell" });
    expect(rows[1].when).toMatchObject({ auc: 0.5 });
    expect(rows[1].when!.auprc).toBeCloseTo(rows[1].when!.baseRate, 12);
    expect(rows[0].unknownWords).toEqual(["things"]);
  });

  test("with fewer than 20 different descriptions nothing is called supported, however right", async () => {
    describeAs(
      world.at("run"),
      units.slice(0, 19).map((unit) => [unit, RIGHT[unit]]),
    );
    const few = await verified();
    expect(summarise(few)[0]).toMatchObject({ supported: 0, reasons: { "few-descriptions": 19 } });
    // a twentieth in other words is none; one with another meaning is
    const twenty = [...units.slice(0, 19).map((unit) => [unit, RIGHT[unit]] as const), [19, "the red ones"] as const];
    describeAs(world.at("run"), twenty);
    expect(summarise(await verified())[0].supported).toBe(0);
    describeAs(world.at("run"), [...twenty, [20, RIGHT[20]] as const]);
    expect(summarise(await verified())[0].supported).toBeGreaterThan(15);
  });

  test("one seed gives one table, and a layer without places is judged by pictures alone", async () => {
    describeAs(
      world.at("run"),
      [0, 1, 2, 3].map((unit) => [unit, RIGHT[unit]]),
      "summary",
    );
    const [first, second] = [await verified({ seed: 4 }), await verified({ seed: 4 })];
    expect(faithfulnessTable(first)).toBe(faithfulnessTable(second));
    const [header, row] = faithfulnessTable(first).split("\n");
    expect(header).toBe(
      "layer,unit,description,auprc,base_rate,auc,pearson,place_auprc,place_base_rate,place_auc,place_pearson," +
        "score,shuffled,shuffled_95,constant,controls,other_units,p,verdict,reason,unknown_words,predictor,images",
    );
    expect(row).toMatch(
      /^summary,0,red things,[\d.]+,[\d.]+,[\d.]+,[\d.]+,,,,,[\d.]+,.*,cannot-tell,few-descriptions,/,
    );
  });
});

describe("refused, in one line", () => {
  test.each([
    ["the probe set itself", () => ({ images: world.at("seen") }), /is the probe set that the run was made with/],
    ["another model", () => ({ model: world.at("concepts.json") }), /expected|is no/],
    ["a model that is gone", () => ({ model: world.at("gone.onnx") }), /gone.onnx is not there; .*--model/],
    ["a layer without descriptions", () => ({ layers: ["colours"] }), /no description is of colours/],
    ["an unknown layer", () => ({ layers: ["colors"] }), /nearest are colours/],
  ])("%s", async (_what, options, message) => {
    describeAs(world.at("run"), [[0, RIGHT[0]]], "unions");
    await expect(verified(options())).rejects.toThrow(message);
  });

  test("a set that shares a picture with the one the run was made with", async () => {
    describeAs(world.at("run"), [[0, RIGHT[0]]], "unions");
    cpSync(world.at("held-out"), world.at("mixed"), { recursive: true });
    cpSync(world.at("seen/0007.png"), world.at("mixed/0007.png"));
    await expect(verified({ images: world.at("mixed") })).rejects.toThrow(/0007.png is one of the images that the run/);
  });

  test("what is no run, a run without descriptions, pictures that the concepts do not list", async () => {
    const elsewhere = verifyRun(world.at("held-out"), predictor, { images: world.at("seen") });
    await expect(elsewhere).rejects.toThrow(/without their model cannot be verified/);
    describeAs(world.at("run"), []);
    await expect(verified()).rejects.toThrow(/has no descriptions/);
    describeAs(world.at("run"), [[999, "red"]]);
    await expect(verified()).rejects.toThrow(/unit 999 of unions, which was not dissected/);
    describeAs(world.at("run"), [[0, "red"]]);
    const stray = { ...predictor, check: predictor.check };
    await expect(verifyRun(world.at("run"), stray, { images: world.at("net.onnx") })).rejects.toThrow(/expected/);
    expect(existsSync(world.at("run/faithfulness.csv"))).toBe(false);
  });
});

test("what was found out is told with the descriptions; what an older table says of other layers is kept", async () => {
  const run = world.at("run");
  const table = join(run, "faithfulness.csv");
  const texts = units.map((unit): [number, string] => [unit, RIGHT[unit]]);
  texts[0] = [0, "green things"];
  describeAs(run, texts);
  await writeFaithfulness(table, await verified());
  const doubts = async () => (await readDescriptions(run)).map((item) => item.doubts.join(" "));
  expect(await doubts()).toEqual(["cannot-tell", ...texts.slice(1).map(() => "")]);
  describeAs(run, [[0, "red things"]]); // another text, of which nothing is known
  expect(await doubts()).toEqual([""]);

  describeAs(run, [[1, "blue things"]], "summary");
  await writeFaithfulness(table, await verified());
  const layers = (await readVerdicts(table)).map(({ layer }) => layer);
  expect(layers).toEqual([...units.map(() => "unions"), "summary"]);
  writeFileSync(table, "a,b\n1,2\n");
  await expect(doubts()).rejects.toThrow(/no column layer; expected the table that `milan verify` writes/);
  rmSync(table);
});

test("the command writes the table and says what it found; it wants one predictor", async () => {
  describeAs(
    world.at("run"),
    units.map((unit) => [unit, RIGHT[unit]]),
  );
  const said: string[] = [];
  const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0);
  const run = (...options: string[]) => {
    const program = new Command();
    registerVerify(program);
    return program.parseAsync(["verify", world.at("run"), "--images", world.at("held-out"), ...options], {
      from: "user",
    });
  };
  try {
    await expect(run()).rejects.toThrow(/expected one of --image-text or --concepts/);
    await run("--concepts", world.at("concepts.json"));
    await run("--concepts", world.at("concepts.json"), "--json");
  } finally {
    quiet.mockRestore();
    out.mockRestore();
  }
  expect(said[0]).toMatch(/^layer\s+supported\s+AUPRC/);
  expect(said[1]).toMatch(/^unions\s+41\/41/);
  expect(said[2]).toMatch(/faithfulness\.csv: 150 held-out images\n$/);
  expect(JSON.parse(said[3]).layers[0]).toMatchObject({ layer: "unions", supported: 41 });
  expect(readFileSync(world.at("run/faithfulness.csv"), "utf8").split("\n")).toHaveLength(43);
});
