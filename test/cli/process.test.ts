/** What only a process shows: that the built program ends by itself, with what code, and that nothing else writes to its streams. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { expectDone, expectRefusal, milan, milanProcess, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();
const OPTIONS = ["--layers", "colours", "--k", "3", ...NORMALISED];
const dissection = () => ["dissect", at("net.onnx"), "--images", at("pictures"), "--out", at("run"), ...OPTIONS];

beforeAll(async () => {
  await prepare();
  expectDone(milanProcess(dissection()));
  writeFileSync(at("run/descriptions.csv"), "layer,unit,description\ncolours,0,red things\ncolours,1,green areas\n");
});

test("0, 2 and 3: done, to be mended by whoever asked, a rule broken", () => {
  expect(milanProcess(["--version"])).toEqual({
    ...{ code: 0, stdout: `${JSON.parse(readFileSync("package.json", "utf8")).version}\n`, stderr: "" },
  });
  expectRefusal(milanProcess(["nonsense"]), /unknown command 'nonsense'/);
  const audit = ["audit", at("run"), "--words", "red", "--max"];
  expect(milanProcess([...audit, "1"]).code).toBe(0);
  expect(milanProcess([...audit, "0"]).code).toBe(3);
});

test("a network that the runtime refuses is one line, and the runtime adds none of its own", () => {
  writeFileSync(at("cut.onnx"), readFileSync(at("net.onnx")).subarray(0, -1));
  for (const command of [["inspect"], ["dissect", "--images", at("pictures"), "--out", at("bad")]]) {
    const out = milanProcess([command[0], at("cut.onnx"), ...command.slice(1)]);
    expectRefusal(out, /cut\.onnx: .*truncated or damaged/, at("bad"));
    expect(out.stderr.trimEnd().split("\n")).toHaveLength(1);
  }
});

test("a command says the same in the process of these tests, one after another, refused ones among them", async () => {
  const broken = ["audit", at("run"), "--words", "red", "--max", "0"];
  for (const args of [
    broken,
    ["show", at("run")],
    ["show", at("nowhere")],
    ["inspect", at("net.onnx")],
    broken,
    ["--help"],
  ])
    expect(await milan(...args)).toEqual(milanProcess(args));
  expect(process.exitCode ?? 0).toBe(0);
});
