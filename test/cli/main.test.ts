/** The command line, command by command, on real files: what it makes and what it says. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { readNpy, writeNpy } from "../../src/engine/tensor/npy.js";
import { planes, TAR_END, tarEntry, zipOf } from "../data/images/made.js";
import { expectDone, expectRefusal, MAIN, milan, milanProcess, NORMALISED, rowsOf, workshop } from "./milan.js";

const { at, prepare } = workshop();
beforeAll(prepare);
const dissect = (out: string, ...more: string[]) =>
  milan("dissect", at("net.onnx"), "--images", at("pictures"), "--out", at(out), "--k", "5", ...NORMALISED, ...more);
const manifest = (run: string) => JSON.parse(readFileSync(at(`${run}/run.json`), "utf8"));

describe("help", () => {
  test("names every command, and every command explains itself", async () => {
    const { code, stdout } = await milan("--help");
    expect(code).toBe(0);
    for (const command of ["demo", "inspect", "dissect", "describe", "show", "export", "convert", "train-classifier"]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
    expect((await milan("dissect", "--help")).stdout).toMatch(/--quantile[\s\S]*Killed at any moment/);
    expect((await milan("--version")).stdout).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
  });

  test("answers at once: little later than Node alone, which is where most of its 200 ms go", () => {
    const durationMs = (...args: string[]) => {
      const began = performance.now();
      expect(spawnSync(process.execPath, args).status).toBe(0);
      return performance.now() - began;
    };
    let [bare, help] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // the least of each, as other work on the machine only ever adds; a machine that is slow at Node alone may be slow here
    const little = () => Math.max(110, 1.4 * bare);
    for (let i = 0; i < 15 && !(help - bare < little()); i++) {
      bare = Math.min(bare, durationMs("-e", "0"));
      help = Math.min(help, durationMs(MAIN, "--help"));
    }
    expect(help - bare).toBeLessThan(little());
  });
});

test("inspect: a table for people, the whole for programs", async () => {
  const table = await milan("inspect", at("net.onnx"), "--all");
  expectDone(table);
  expect(table.stdout).toMatch(/input {2}image {2}float32 \[batch, 3, 64, 64\]/);
  expect(table.stdout).toMatch(/ corners +map +4 +4 x 16 x 16 +Relu /);
  const parsed = JSON.parse((await milan("inspect", at("net.onnx"), "--all", "--json")).stdout);
  expect(parsed.layers.find(({ name }: { name: string }) => name === "summary")).toMatchObject({
    kind: "vector",
    units: 4,
    shape: [-1, 4],
  });
  expect(parsed.sha256).toMatch(/^[0-9a-f]{64}$/);
});

describe("dissect", () => {
  test("takes the layers, units, k and quantile it is told to", async () => {
    const out = await dissect(
      "chosen",
      "--layers",
      "colours,edges",
      "--units",
      "colours:1,4-5",
      "--quantile",
      "0.95",
      "--json",
    );
    expectDone(out);
    expect(JSON.parse(out.stdout)).toEqual({
      ...{ run: at("chosen"), layers: 2, units: 7, flawed: 0, images: 40, skipped: 0 },
    });
    expect(manifest("chosen")).toMatchObject({ k: 5, quantile: 0.95, complete: true, skipped: [] });
    expect(rowsOf(at("chosen/layers/edges/ids.csv")).map((row) => row.split(",").length)).toEqual([5, 5, 5, 5]);
    expect(rowsOf(at("chosen/probe.csv"))).toHaveLength(41);
    expect(rowsOf(at("chosen/probe.csv"))[3]).toBe("2,0002.png,");
    expect(readdirSync(at("chosen/layers/edges")).sort()).toEqual([
      "activations.csv",
      "ids.csv",
      "levels.npy",
      "maps.npy",
      "quantiles.safetensors",
    ]);
  });

  test("a subset of units has the same rows as all of them, levels and maps included", async () => {
    expectDone(await dissect("whole", "--layers", "colours"));
    expectDone(await dissect("part", "--layers", "colours", "--units", "colours:5,1", "--units", "colours:4"));
    const units = await readNpy(at("part/layers/colours/units.npy"));
    expect(Array.from(units.data as BigInt64Array)).toEqual([1n, 4n, 5n]);
    for (const table of ["ids.csv", "activations.csv"]) {
      const all = rowsOf(at(`whole/layers/colours/${table}`));
      expect(rowsOf(at(`part/layers/colours/${table}`))).toEqual([1, 4, 5].map((unit) => all[unit]));
    }
    for (const array of ["levels.npy", "maps.npy"]) {
      const [all, some] = await Promise.all(
        ["whole", "part"].map((run) => readNpy(at(`${run}/layers/colours/${array}`))),
      );
      const size = all.data.length / 6;
      const expected = [1, 4, 5].flatMap((unit) =>
        Array.from(all.data.subarray(unit * size, (unit + 1) * size) as Float32Array),
      );
      expect(
        Buffer.from(Float32Array.from(expected).buffer).equals(Buffer.from((some.data as Float32Array).slice().buffer)),
      ).toBe(true);
    }
  });

  test("a folder, a zip, a tar and an array of the same pictures give the same", async () => {
    const files = Object.fromEntries(
      readdirSync(at("pictures")).map((name) => [name, readFileSync(at(`pictures/${name}`))]),
    );
    writeFileSync(at("p.zip"), await zipOf(files, { compress: false }));
    const entries = Object.entries(files).map(([name, bytes]) => tarEntry(name, bytes));
    writeFileSync(at("p.tar"), Buffer.concat([...entries, TAR_END]));
    const pixels = await Promise.all(
      Object.keys(files)
        .sort()
        .map((name) => sharp(files[name]).raw().toBuffer()),
    );
    await writeNpy(at("p.npy"), ndarray("uint8", [40, 64, 64, 3], new Uint8Array(Buffer.concat(pixels))));
    for (const probe of ["pictures", "p.zip", "p.tar", "p.npy"]) {
      const options = ["--layers", "edges,summary", "--k", "5", ...NORMALISED];
      expectDone(
        await milan("dissect", at("net.onnx"), "--images", at(probe), "--out", at(`from-${probe}`), ...options),
      );
      for (const table of ["edges/ids.csv", "edges/activations.csv", "summary/ids.csv"]) {
        const path = (source: string) => at(`from-${source}/layers/${table}`);
        expect(rowsOf(path(probe)), `${probe} ${table}`).toEqual(rowsOf(path("pictures")));
      }
    }
  });

  test("a damaged picture is named once, skipped and not counted", async () => {
    cpSync(at("pictures"), at("damaged"), { recursive: true });
    writeFileSync(at("damaged/0003.png"), "this is not a picture");
    writeFileSync(at("damaged/0017.png"), readFileSync(at("pictures/0017.png")).subarray(0, 300));
    const out = await milan(
      "dissect",
      at("net.onnx"),
      "--images",
      at("damaged"),
      "--out",
      at("skipped"),
      ...NORMALISED,
    );
    expectDone(out);
    for (const name of ["0003", "0017"]) expect(out.stderr.match(new RegExp(`${name}\\.png`, "g"))).toHaveLength(1);
    expect(manifest("skipped").skipped).toEqual([3, 17]);
    expect(out.stdout).toMatch(/38 images, 2 damaged ones skipped/);
    const ids = rowsOf(at("skipped/layers/Concat_7/ids.csv")).flatMap((row) => row.split(","));
    expect(ids).not.toContain("3");
    expect(ids).not.toContain("17");
  });

  test("a finished run is left as it is", async () => {
    expectDone(await dissect("twice", "--layers", "summary"));
    const before = readFileSync(at("twice/run.json"));
    const again = await dissect("twice", "--layers", "summary");
    expect(again.stderr).toMatch(/finished already; nothing to do/);
    expect(again.stderr).not.toMatch(/sweep/);
    expect(again.code).toBe(0);
    expect(readFileSync(at("twice/run.json")).equals(before)).toBe(true);
  });
});

describe("a run afterwards", () => {
  test("is found from any working directory, and its pictures wherever they have gone", async () => {
    const home = dirname(at("net.onnx"));
    cpSync(at("pictures"), at("here"), { recursive: true });
    const made = [
      "dissect",
      "net.onnx",
      "--images",
      "here",
      "--out",
      "runs/relative",
      "--layers",
      "colours",
      "--k",
      "3",
    ];
    expectDone(milanProcess(made, home));
    expectDone(milanProcess(["export", "relative", "--format", "html", "--out", "page.html"], at("runs")));
    expect(existsSync(at("runs/page.html"))).toBe(true);
    renameSync(at("here"), at("there"));
    const lost = ["export", at("runs/relative"), "--format", "html", "--out", at("lost.html")];
    expectRefusal(
      await milan(...lost),
      /here is not there any more; say where they are now with --images/,
      at("lost.html"),
    );
    expectRefusal(await milan(...lost, "--images", at("damaged")), /not the probe set/, at("lost.html"));
    expectDone(await milan(...lost, "--images", at("there")));
  });

  test("that was published is a set of exemplars like any other", async () => {
    expectDone(await dissect("source", "--layers", "colours,summary", "--units", "colours:2-3"));
    expectDone(await milan("export", at("source"), "--format", "milannotations", "--out", at("published")));
    expect(readdirSync(at("published")).sort()).toEqual(["colours", "summary"]);
    const images = await readNpy(at("published/colours/images.npy"));
    const masks = await readNpy(at("published/colours/masks.npy"));
    expect([images.shape, masks.shape]).toEqual([
      [2, 5, 3, 64, 64],
      [2, 5, 1, 64, 64],
    ]);
    const ids = rowsOf(at("published/colours/ids.csv")).flatMap((row) => row.split(",").map(Number));
    for (const [i, id] of ids.entries()) {
      const pixels = await sharp(at(`pictures/${String(id).padStart(4, "0")}.png`))
        .raw()
        .toBuffer();
      const published = (images.data as Uint8Array).subarray(i * 12288, (i + 1) * 12288);
      expect(Buffer.from(published).equals(planes(pixels))).toBe(true);
    }
    expectDone(await milan("export", at("published"), "--format", "html", "--out", at("published.html")));
    expect(readFileSync(at("published.html"), "utf8")).toContain(basename(at("published")));
  });
});
