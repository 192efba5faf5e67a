/** `milan train-classifier` as a user runs it: a model that can be dissected as it is, and refusals of one line. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeColours } from "../studies/pictures.js";
import { expectDone, expectRefusal, milan, milanProcess } from "./milan.js";

const folder = mkdtempSync(join(tmpdir(), "milan-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const OPTIONS = ["--network", "resnet20", "--size", "16", "--batch", "8", "--epochs", "2", "--threads", "2"];
const training = (data: string, out: string, ...more: string[]) => [
  ...["train-classifier", at(data), "--out", at(out)],
  ...OPTIONS,
  ...more,
];
const train = (data: string, out: string, ...more: string[]) => milan(...training(data, out, ...more));

beforeAll(() => writeColours(at("colours"), ["red", "green", "blue"], 10));

test("trains, resumes, and what it writes is dissected without options", async () => {
  const trained = milanProcess(training("colours", "net.onnx", "--json"));
  expectDone(trained);
  const facts = JSON.parse(trained.stdout);
  expect(facts).toMatchObject({
    classes: 3,
    trainingImages: 27,
    validationImages: 3,
    training: { epochs: 2, steps: 6 },
  });
  expect(facts.majority).toBeCloseTo(1 / 3, 12);
  for (const { class: name, takenFor, count, of } of facts.confusions) {
    expect(["red", "green", "blue"]).toContain(name);
    expect(takenFor).not.toBe(name);
    expect(count).toBeLessThanOrEqual(of);
  }
  for (const end of ["onnx", "labels.txt", "metrics.jsonl", "checkpoint.safetensors"]) {
    expect(existsSync(at(`net.${end}`)), end).toBe(true);
  }
  const longer = await train("colours", "net.onnx", "--resume", "--epochs", "3");
  expectDone(longer);
  expect(longer.stdout).toMatch(
    /net\.onnx: [\d.]+% of 3 validation images right; always giving the same answer reaches 33\.3%\n/,
  );
  expect(longer.stdout).toMatch(/3 classes, 27 training images, 3 epochs in /);
  const dissected = await milan(
    ...["dissect", at("net.onnx"), "--images", at("colours"), "--out", at("run"), "--layers", "layer3", "--json"],
  );
  expectDone(dissected);
  expect(JSON.parse(dissected.stdout)).toMatchObject({ layers: 1, units: 64, images: 30 });
});

test("what cannot be done is one line and exit code 2", async () => {
  expectRefusal(await train("absent", "x.onnx"), /absent: no such file or folder; check the path/);
  writeFileSync(at("broken.tar"), "not an archive");
  expectRefusal(await train("broken.tar", "x.onnx"), /neither an archive nor a picture/);
  await writeColours(at("poor"), ["red"], 2);
  await writeColours(at("poor"), ["green"], 1);
  expectRefusal(await train("poor", "x.onnx"), /class green has 1 picture; expected at least 2/);
  expectRefusal(
    await train("colours", "x.onnx", "--resume"),
    /x\.checkpoint\.safetensors: no such file; .*leave out --resume/,
  );
  expectRefusal(
    await train("colours", "x.onnx", "--network", "resnet19"),
    /no network resnet19; expected one of resnet18/,
  );
  expectRefusal(await train("colours", "x.onnx", "--augment", "spin"), /expected flip, crop, flip,crop or none/);
  expectRefusal(await train("colours", "x.onnx", "--validation", "1.5"), /expected a share between 0 and 1, or a path/);
  expectRefusal(await train("colours", "x.onnx", "--validation", at("absent")), /absent: no such file or folder/);
  mkdirSync(at("taken.onnx"));
  expectRefusal(await train("colours", "taken.onnx"), /it is a folder; expected a file/);
  expect(existsSync(at("x.onnx"))).toBe(false);
});

test("a loss that is not finite, and a checkpoint of other options", async () => {
  expectRefusal(
    await train("colours", "steep.onnx", "--learning-rate", "900000", "--epochs", "9"),
    /^milan: training: .*not finite/,
  );
  expect(existsSync(at("steep.onnx"))).toBe(false);
  expectDone(await train("colours", "kept.onnx", "--epochs", "1"));
  expectRefusal(
    await train("colours", "kept.onnx", "--resume", "--seed", "4"),
    /another training; got seed 4 \(there 0\)/,
  );
});
