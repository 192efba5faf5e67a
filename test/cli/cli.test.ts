/** The command line end to end, on real files, and what it says to bad input. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { describeShared, shared } from "../shared.js";
import { milan, type Outcome } from "./milan.js";

const folder = mkdtempSync(join(tmpdir(), "milan-cli-"));
const at = (name: string) => join(folder, name);
const LAYERS = "colours,edges,corners,summary";
const NORMALISED = ["--mean", "0.5", "--std", "0.5"];
const dissect = (out: string, ...more: string[]) =>
  milan("dissect", at("net.onnx"), "--images", at("pictures"), "--out", at(out), "--k", "5", ...NORMALISED, ...more);

beforeAll(async () => {
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(40, 3), 64);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One line that helps, exit code 2, and nothing left behind. */
function expectRefusal({ code, stderr }: Outcome, message: RegExp, out?: string): void {
  const lines = stderr.trim().split("\n");
  expect(lines.at(-1)).toMatch(message);
  expect(lines.at(-1)).toMatch(/^milan: /);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(2);
  if (out !== undefined) expect(existsSync(at(out))).toBe(false);
}

describe("the main job", () => {
  test("help, inspect, dissect, export", async () => {
    expect((await milan("--help")).stdout).toMatch(/milan dissect/);
    const inspected = JSON.parse((await milan("inspect", at("net.onnx"), "--all", "--json")).stdout);
    expect(inspected.layers.map(({ name }: { name: string }) => name)).toContain("colours");
    expect((await dissect("run", "--layers", LAYERS)).code).toBe(0);
    expect(readFileSync(at("run/layers/colours/ids.csv"), "utf8").trim().split("\n")).toHaveLength(6);
    expect((await milan("export", at("run"), "--format", "html", "--out", at("page.html"))).code).toBe(0);
    expect(readFileSync(at("page.html"), "utf8")).toMatch(/^<!doctype html>/);
    expect((await milan("export", at("run"), "--format", "milannotations", "--out", at("published"))).code).toBe(0);
    expect(readdirSync(at("published/colours")).sort()).toEqual([
      "activations.csv",
      "ids.csv",
      "images.npy",
      "masks.npy",
    ]);
    expect((await dissect("run", "--layers", LAYERS)).stderr).toMatch(/finished already/);
  });

  test("a subset of units gives the same rows as all of them", async () => {
    await dissect("whole", "--layers", "colours");
    await dissect("part", "--layers", "colours", "--units", "colours:1,4-5");
    const rows = (run: string) =>
      readFileSync(at(`${run}/layers/colours/ids.csv`), "utf8")
        .trim()
        .split("\n");
    expect(rows("part")).toEqual([1, 4, 5].map((unit) => rows("whole")[unit]));
  });

  test("a damaged picture is named, skipped and not counted", async () => {
    cpSync(at("pictures"), at("damaged"), { recursive: true });
    writeFileSync(at("damaged/0003.png"), "this is not a picture");
    const out = await milan(
      "dissect",
      at("net.onnx"),
      "--images",
      at("damaged"),
      "--out",
      at("skipped"),
      ...NORMALISED,
    );
    expect(out.code).toBe(0);
    expect(out.stderr.match(/0003\.png/g)).toHaveLength(1);
    expect(JSON.parse(readFileSync(at("skipped/run.json"), "utf8")).skipped).toEqual([3]);
    expect(out.stdout).toMatch(/39 images, 1 damaged ones skipped/);
  });
});

describeShared("describing with a checkpoint of the reference", () => {
  const checkpoint = shared("golden/checkpoint/milan-resnet18.pth.gz");

  test("from the run, from its export and with the converted describer: the same words", async () => {
    expect((await dissect("described", "--layers", "colours,edges")).code).toBe(0);
    expect((await milan("describe", at("described"), "--describer", checkpoint)).code).toBe(0);
    const table = readFileSync(at("described/descriptions.csv"), "utf8");
    expect(table.trim().split("\n")).toHaveLength(11);
    expect((await milan("show", at("described"), "--layer", "edges", "--unit", "1")).stdout).toMatch(
      /edges unit 1: \w+/,
    );

    expect((await milan("convert", checkpoint, at("describer"))).code).toBe(0);
    await milan("describe", at("described"), "--describer", at("describer"), "--out", at("again.csv"));
    expect(readFileSync(at("again.csv"), "utf8")).toBe(table);

    await milan("export", at("described"), "--format", "milannotations", "--out", at("exported"));
    await milan("describe", at("exported"), "--describer", checkpoint, "--out", at("exported.csv"));
    expect(readFileSync(at("exported.csv"), "utf8")).toBe(table);
  });
});

describe("bad input", () => {
  test("models", async () => {
    writeFileSync(at("text.onnx"), "hello");
    writeFileSync(at("half.onnx"), readFileSync(at("net.onnx")).subarray(0, 900));
    for (const model of ["text.onnx", "half.onnx", "none.onnx"]) {
      const out = await milan("dissect", at(model), "--images", at("pictures"), "--out", at("bad"));
      expectRefusal(out, new RegExp(model), "bad");
    }
    expectRefusal(await dissect("bad", "--layers", "colour"), /colours/, "bad");
    expectRefusal(await dissect("bad", "--size", "32"), /expected 64/, "bad");
    expectRefusal(await dissect("bad", "--layers", "colours", "--units", "colours:99"), /0 to 5/, "bad");
  });

  test("probe sets", async () => {
    mkdirSync(at("empty"), { recursive: true });
    mkdirSync(at("junk"), { recursive: true });
    for (let i = 0; i < 20; i++) writeFileSync(at(`junk/${i}.png`), "junk");
    const on = (images: string) => milan("dissect", at("net.onnx"), "--images", at(images), "--out", at("bad"));
    expectRefusal(await on("empty"), /empty/, "bad");
    expectRefusal(await on("junk"), /no image can be read/, "bad");
    expectRefusal(await on("nowhere"), /nowhere/, "bad");
    expectRefusal(await dissect("bad", "--k", "41"), /40 images; expected at least 41/, "bad");
    expectRefusal(await milan("dissect", at("net.onnx"), "--out", at("bad")), /--images or --latents/, "bad");
  });

  test("a run made of something else, and a folder that is no run", async () => {
    expect((await dissect("other", "--layers", "edges")).code).toBe(0);
    const before = readFileSync(at("other/run.json"), "utf8");
    expectRefusal(await dissect("other", "--layers", "colours"), /other layers/);
    expectRefusal(await dissect("other", "--layers", "edges", "--quantile", "0.95"), /another quantile/);
    expect(readFileSync(at("other/run.json"), "utf8")).toBe(before);
    mkdirSync(at("mine"), { recursive: true });
    writeFileSync(at("mine/thesis.txt"), "precious");
    expectRefusal(await dissect("mine"), /not empty/);
    expect(readdirSync(at("mine"))).toEqual(["thesis.txt"]);
    expectRefusal(await milan("show", at("mine")), /no descriptions/);
    expectRefusal(await milan("export", at("mine"), "--format", "html", "--out", at("bad")), /expected a run/, "bad");
  });

  test("describers", async () => {
    // cos\nsystem\n(S'touch ...'\ntR. as a pickle, where torch would put its own
    writeFileSync(at("evil.pth"), `cos\nsystem\n(S'touch ${at("pwned")}'\ntR.`);
    await dissect("victim", "--layers", "edges");
    for (const path of ["evil.pth", "net.onnx", "nothing.pth"]) {
      expectRefusal(await milan("describe", at("victim"), "--describer", at(path)), new RegExp(path));
    }
    expect(existsSync(at("pwned"))).toBe(false);
    expect(existsSync(at("victim/descriptions.csv"))).toBe(false);
  });

  test("arguments", async () => {
    for (const args of [["dissect"], ["nonsense"], ["inspect"], ["show", at("run"), "--unit", "x"]]) {
      expect((await milan(...args)).code).toBe(2);
    }
  });
});
