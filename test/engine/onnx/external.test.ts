import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { writeFileAtomically } from "../../../src/base/files.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { encodeModel, type OnnxModel, readModel, writeModel } from "../../../src/engine/onnx/model.js";
import { StringStringEntryProtoSchema } from "../../../src/engine/onnx/onnx_pb.js";
import { derive, mapTensors } from "../../../src/engine/onnx/proto.js";
import { tap } from "../../../src/engine/onnx/tap.js";
import { readTensor, toArray } from "../../../src/engine/onnx/tensors.js";
import { openSession } from "../../../src/engine/runtime/open.js";
import { difference, normal, run, withProto } from "./nets.js";

const folder = mkdtempSync(join(tmpdir(), "milan-external-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "net", "net.onnx");
const feeds = { x: normal([2, 40]) };

/** Two dense layers; `name` keeps networks apart. */
function denseNet(): OnnxModel {
  const g = new GraphBuilder("dense");
  const hidden = g.node("Relu", [
    g.node("MatMul", [g.input("x", "float32", ["n", 40]), g.constant(normal([40, 50]), "w1")]),
  ]);
  const y = g.node("MatMul", [hidden, g.constant(normal([50, 60]), "w2")]);
  g.output(g.node("Add", [y, g.constant(normal([60]), "bias")], {}, ["y"]), "y", "float32", ["n", 60]);
  return g.build();
}

const net = denseNet();
const hidden = { name: net.proto.graph!.node[1].output[0], dtype: "float32" as const, shape: ["n", 50] };

beforeAll(() => writeModel(net, path, 0));

/** A copy of the model in a folder of its own, its first external tensor saying something else about where it lies. */
async function claiming(name: string, claims: Record<string, string>): Promise<string> {
  const to = join(folder, name);
  cpSync(join(folder, "net"), to, { recursive: true });
  const model = await readModel(path);
  const lying = mapTensors(model.proto, (tensor) => {
    if (tensor.name !== "w1") return tensor;
    const entries = { ...Object.fromEntries(tensor.externalData.map(({ key, value }) => [key, value])), ...claims };
    const externalData = Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    return derive(tensor, { externalData });
  });
  await writeFileAtomically(join(to, "net.onnx"), encodeModel(withProto(model, lying)));
  return join(to, "net.onnx");
}

test("large weights lie in the data file, aligned, and read back exactly", async () => {
  expect(readdirSync(join(folder, "net")).sort()).toEqual(["net.onnx", "net.onnx.data"]);
  const model = await readModel(path);
  const [w1, w2, bias] = model.proto.graph!.initializer;
  expect(w1.externalData.map(({ key, value }) => `${key}=${value}`)).toEqual([
    "location=net.onnx.data",
    "offset=0",
    "length=8000",
  ]);
  expect(w2.externalData[1].value).toBe("8192");
  expect(bias.dataLocation).toBe(0);
  for (const [i, tensor] of [w1, w2].entries()) {
    expect(await readTensor(model, tensor)).toEqual(toArray(net.proto.graph!.initializer[i]));
    expect(() => toArray(tensor)).toThrow("its values lie in another file");
  }
});

test("ONNX Runtime computes the same from the files, from an edited model, and from a model written again", async () => {
  const expected = await run(net, feeds);
  const model = await readModel(path);
  expect((await run(model, feeds)).y).toEqual(expected.y);
  const tapped = await run(tap(model, [hidden]), feeds);
  expect(difference(tapped.y, expected.y)).toBeLessThan(1e-5);
  expect(tapped[hidden.name].shape).toEqual([2, 50]);
  await writeModel(tap(model, [hidden]), join(folder, "again", "big.onnx"), 0);
  await writeModel(model, join(folder, "again", "small.onnx"));
  expect(readdirSync(join(folder, "again")).sort()).toEqual(["big.onnx", "big.onnx.data", "small.onnx"]);
  for (const name of ["big.onnx", "small.onnx"]) {
    expect(difference((await run(await readModel(join(folder, "again", name)), feeds)).y, expected.y)).toBeLessThan(
      1e-5,
    );
  }
});

test("a model is not written over the data it reads", async () => {
  const model = await readModel(path);
  const before = readFileSync(path);
  await expect(writeModel(tap(model, [hidden]), path, 0)).rejects.toThrow(
    /would replace .*net.onnx.data, which the model reads/,
  );
  expect(Buffer.compare(readFileSync(path), before)).toBe(0);
});

describe("a stranger's word about where data lies", () => {
  const refuses = (problem: RegExp, model: string) =>
    expect(readModel(model)).rejects.toThrow(
      expect.objectContaining({ name: "UserError", message: expect.stringMatching(problem) }),
    );

  test.each([
    ["absolute", "/etc/passwd"],
    ["above", "../net/net.onnx.data"],
    ["roundabout", "sub/../../net/net.onnx.data"],
    ["windows", "C:\\data\\net.onnx.data"],
    ["backslash", "..\\net\\net.onnx.data"],
  ])("%s: %s is refused", async (name, location) => {
    await refuses(/lies outside the model's folder/, await claiming(name, { location }));
  });

  test("a link out of the folder is refused, one within it is followed", async () => {
    const out = await claiming("link-out", { location: "link.data" });
    symlinkSync(join(folder, "net", "net.onnx.data"), join(folder, "link-out", "link.data"));
    await refuses(/lies outside/, out);
    const within = await claiming("link-in", { location: "link.data" });
    symlinkSync("net.onnx.data", join(folder, "link-in", "link.data"));
    expect((await run(await readModel(within), feeds)).y).toEqual((await run(net, feeds)).y);
  });

  test.each([
    ["missing", { location: "other.data" }, /no such file/],
    ["nowhere", { location: "" }, /no location/],
    ["beyond", { offset: "999999" }, /does not hold it; expected 8000 bytes at 999999/],
    ["negative", { offset: "-8" }, /offset -8/],
    ["words", { offset: "here" }, /offset here/],
    ["short", { length: "7996" }, /expected 8000 bytes at 0, got a range of 7996/],
    ["endless", { length: "99999999999999999999" }, /does not hold it/],
  ])("%s", async (name, claims, problem) => refuses(problem, await claiming(name, claims)));

  test("a truncated data file is told when the model is read", async () => {
    const model = await claiming("truncated", {});
    truncateSync(join(folder, "truncated", "net.onnx.data"), 8192 + 100);
    await refuses(/tensor "w2".*a file of 8292; fetch both files/, model);
  });

  test("a model without a folder has no external data", async () => {
    const model = { ...(await readModel(path)), folder: undefined, path: undefined };
    await expect(openSession(model)).rejects.toThrow(UserError);
    mkdirSync(join(folder, "unwritten"));
    await expect(writeModel(model, join(folder, "unwritten", "net.onnx"))).rejects.toThrow(
      /was not read from a folder/,
    );
    expect(readdirSync(join(folder, "unwritten"))).toEqual([]);
  });
});
