/** Bad input on the command line: one clear line, exit code 2, no stack, nothing left behind. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../src/engine/tensor/npy.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { call, pickle } from "../describer/checkpoint/forge.js";
import { checkpoint } from "../describer/checkpoint/temporary.js";
import { expectDone, expectRefusal, milan, NORMALISED, type Outcome, workshop } from "./milan.js";

const { at, prepare } = workshop();
const OUT = () => at("bad");
const dissect = (model: string, images: string, ...more: string[]) =>
  milan("dissect", at(model), "--images", at(images), "--out", OUT(), ...more);
const refused = async (message: RegExp, model: string, images: string, ...more: string[]) =>
  expectRefusal(await dissect(model, images, ...more), message, OUT());

beforeAll(async () => {
  await prepare();
  expectDone(
    await milan(
      "dissect",
      at("net.onnx"),
      "--images",
      at("pictures"),
      "--out",
      at("run"),
      "--layers",
      "edges",
      "--k",
      "3",
    ),
  );
});

/** Everything below a folder, with its contents. */
const snapshot = (folder: string) =>
  readdirSync(at(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(`${entry.parentPath}/${entry.name}`, "base64")]);

describe("models", () => {
  test.each([
    ["text", () => Buffer.from("hello, this is a text"), /reading model .*text\.onnx: not an ONNX file/],
    ["empty", () => Buffer.alloc(0), /not an ONNX file; .*0 bytes/],
    ["zipped", () => Buffer.from("PK\x03\x04 and so on"), /zip archive .*export the network to ONNX first/],
    ["half", () => readFileSync(at("net.onnx")).subarray(0, 900), /truncated or damaged/],
    ["almost", () => readFileSync(at("net.onnx")).subarray(0, -1), /truncated or damaged/],
  ])("%s", async (name, bytes, message) => {
    writeFileSync(at(`${name}.onnx`), bytes());
    await refused(message, `${name}.onnx`, "pictures");
  });

  test("a missing one, a folder, a layer or unit that is not there", async () => {
    await refused(/none\.onnx: no such file/, "none.onnx", "pictures");
    await refused(/pictures: it is a folder/, "pictures", "pictures");
    await refused(/"colour" is no layer of the model; nearest: colours/, "net.onnx", "pictures", "--layers", "colour");
    await refused(/from 0 to 3, got 99/, "net.onnx", "pictures", "--layers", "edges", "--units", "edges:99");
    await refused(/not among those dissected/, "net.onnx", "pictures", "--layers", "edges", "--units", "colours:1");
  });

  test("an input of another size, or of other channels", async () => {
    await refused(
      /height 32 pixels; expected 64, the model's own; leave out --size/,
      "net.onnx",
      "pictures",
      "--size",
      "32",
    );
    await refused(/1 channels \(grey\); expected 3/, "net.onnx", "pictures", "--channels", "grey");
    await refused(/2 values of mean; expected 3/, "net.onnx", "pictures", "--mean", "0.5,0.5");
  });
});

describe("probe sets", () => {
  test("without pictures, or none of them readable", async () => {
    mkdirSync(at("empty"));
    mkdirSync(at("junk"));
    for (let i = 0; i < 20; i++) writeFileSync(at(`junk/${i}.png`), "junk");
    await refused(/no images found among 0 files/, "net.onnx", "empty");
    await refused(/no image can be read in .*junk; expected at least 15/, "net.onnx", "junk");
    await refused(/nowhere: no such file/, "net.onnx", "nowhere");
    await refused(/neither an archive nor a picture/, "net.onnx", "net.onnx");
  });

  test("fewer pictures than k, or fewer that can be read", async () => {
    await refused(/40 images; expected at least 41, add some or lower --k/, "net.onnx", "pictures", "--k", "41");
    mkdirSync(at("some"));
    for (const name of readdirSync(at("pictures"))) {
      const whole = readFileSync(at(`pictures/${name}`));
      writeFileSync(at(`some/${name}`), name < "0010.png" ? whole : whole.subarray(0, 40));
    }
    const out = await dissect("net.onnx", "some");
    expectRefusal(out, /only 10 of 40 images can be read in .*some; expected at least 15/, OUT());
    expect(out.stderr.match(/0039/g) ?? []).toHaveLength(0); // twenty names are enough
    expect(out.stderr).toMatch(/further warnings are not shown/);
  });

  test("arrays cut short", async () => {
    await writeNpy(at("whole.npy"), ndarray("uint8", [20, 64, 64, 3], new Uint8Array(20 * 64 * 64 * 3)));
    const bytes = readFileSync(at("whole.npy"));
    writeFileSync(at("cut.npy"), bytes.subarray(0, bytes.length - 1));
    writeFileSync(at("stub.npy"), bytes.subarray(0, 20));
    await refused(/cut\.npy: truncated: \d+ bytes of \d+/, "net.onnx", "cut.npy");
    await refused(/stub\.npy: /, "net.onnx", "stub.npy");
    // a header that promises a terabyte costs nothing
    const liar = Buffer.from(bytes.subarray(0, 4096));
    liar.write("(200000000, 64, 64, 3), }", liar.indexOf("(20, "), "latin1");
    writeFileSync(at("liar.npy"), liar);
    await refused(/liar\.npy: truncated/, "net.onnx", "liar.npy");
  });
});

describe("arguments", () => {
  test.each([
    [["dissect"], /missing required argument 'model'|required option/],
    [["dissect", "a.onnx", "--images", "b"], /required option '--out <folder>' not specified/],
    [["dissect", "a.onnx", "--out", "b"], /expected one of --images or --latents/],
    [["dissect", "a.onnx", "--out", "b", "--images", "c", "--latents", "d"], /expected one of --images or --latents/],
    [["dissect", "a.onnx", "--images", "b", "--out", ""], /expected a path/],
    [["dissect", "a.onnx", "--images", "b", "--out", "c", "--k", "0"], /expected a whole number from 1/],
    [["dissect", "a.onnx", "--images", "b", "--out", "c", "--quantile", "1"], /between 0 and 1/],
    [["dissect", "a.onnx", "--images", "b", "--out", "c", "--threads", "99999"], /from 1 to 256/],
    [["dissect", "a.onnx", "--images", "b", "--out", "c", "--input-range", "1-1"], /two different numbers/],
    [["dissect", "a.onnx", "--images", "b", "--out", "c", "--units", "x:3-1"], /rising range/],
    [["dissect", "a.onnx", "--out", "b", "--image", "c"], /Did you mean --images\?/],
    [["inspect"], /missing required argument 'model'/],
    [["export", "r", "--format", "parquet", "--out", "x"], /html, site, milannotations/],
    [["show", "r", "--unit", "x"], /whole number/],
    [["describe", "r", "--meanings", "0"], /--meanings .* expected one, auto or a whole number from 1/],
    [["describe", "r", "--meanings", "many"], /--meanings .* expected one, auto or a whole number from 1/],
    [["nonsense"], /unknown command 'nonsense'/],
  ])("%j", async (args, message) => {
    const out = await milan(...args);
    expectRefusal(out, message);
    expect(out.stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("runs", () => {
  test("made of something else are refused, and stay as they are", async () => {
    await writeModel(handMadeNetwork(32), at("other.onnx"));
    await writeShapes(at("others"), shapeScenes(40, 4), 64);
    const before = snapshot("run");
    const again = (model: string, images: string, ...more: string[]) =>
      milan("dissect", at(model), "--images", at(images), "--out", at("run"), "--layers", "edges", ...more);
    const cases: [Outcome, RegExp][] = [
      [await again("other.onnx", "pictures", "--k", "3"), /resuming .*run: it was made with another model/],
      [await again("net.onnx", "others", "--k", "3"), /another probe set/],
      [await again("net.onnx", "pictures", "--k", "4"), /another k; choose a new --out folder/],
      [await again("net.onnx", "pictures", "--k", "3", "--quantile", "0.95"), /another quantile/],
      [await again("net.onnx", "pictures", "--k", "3", ...NORMALISED), /other preprocessing/],
      [await again("net.onnx", "pictures", "--k", "3", "--units", "edges:1"), /other layers/],
    ];
    for (const [out, message] of cases) expectRefusal(out, message);
    expect(snapshot("run")).toEqual(before);
  });

  test("that are no runs, or damaged ones", async () => {
    mkdirSync(at("mine"));
    writeFileSync(at("mine/thesis.txt"), "precious");
    const out = (folder: string) => milan("dissect", at("net.onnx"), "--images", at("pictures"), "--out", at(folder));
    expectRefusal(await out("mine"), /not empty and holds no run/);
    expectRefusal(await milan("show", at("mine")), /holds no descriptions/);
    expectRefusal(await milan("show", at("run")), /no descriptions yet; run `milan describe/);
    expectRefusal(
      await milan("export", at("mine"), "--format", "html", "--out", at("x.html")),
      /found neither/,
      at("x.html"),
    );
    expect(readdirSync(at("mine"))).toEqual(["thesis.txt"]);
    expectDone(
      await milan(
        "dissect",
        at("net.onnx"),
        "--images",
        at("pictures"),
        "--out",
        at("hurt"),
        "--layers",
        "edges",
        "--k",
        "3",
      ),
    );
    const page = () => milan("export", at("hurt"), "--format", "html", "--out", at("x.html"));
    const maps = readFileSync(at("hurt/layers/edges/maps.npy"));
    writeFileSync(at("hurt/layers/edges/maps.npy"), maps.subarray(0, 5000));
    expectRefusal(await page(), /maps\.npy: truncated/, at("x.html"));
    writeFileSync(at("hurt/layers/edges/ids.csv"), "1,2,3\n4,5\n");
    expectRefusal(await page(), /ids\.csv: line 2 is damaged; .*dissect again/, at("x.html"));
    writeFileSync(at("hurt/run.json"), readFileSync(at("hurt/run.json")).subarray(0, 100));
    expectRefusal(await page(), /run\.json: it is damaged/, at("x.html"));
  });
});

test("describers: nothing in a pickle runs, and what is none is named", async () => {
  const evil = checkpoint(pickle(call("os", "system", `touch ${at("pwned")}`)));
  const cases: [string, RegExp][] = [
    [evil, /refuses `os\.system`/],
    [at("net.onnx"), /net\.onnx: .*expected a checkpoint/],
    [at("nothing.pth"), /nothing\.pth: no such file/],
    [at("pictures"), /pictures\/config\.json: no such file/],
  ];
  for (const [path, message] of cases) {
    expectRefusal(await milan("describe", at("run"), "--describer", path), message);
    expectRefusal(await milan("convert", path, at("converted")), message, at("converted"));
  }
  expect(existsSync(at("pwned"))).toBe(false);
  expect(readdirSync(at("run")).sort()).toEqual(["exemplars.csv", "layers", "probe.csv", "run.json"]);
});

test("studies: protocols, tables and worlds that there are not", async () => {
  const generalize = (...more: string[]) => milan("generalize", at("run"), "--out", at("study"), ...more);
  expectRefusal(
    await generalize("--protocols", "between"),
    /no protocol between; expected some of within, left-out, across/,
    at("study"),
  );
  expectRefusal(await generalize(), /no annotations\.csv/, at("study"));
  expectRefusal(
    await milan("reproduce", "table9", "--out", at("study")),
    /no table9; expected some of table1, table2/,
    at("study"),
  );
});
