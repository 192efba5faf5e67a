/** Layers against PyTorch 1.13's numbers, and dropout against what it promises. */
import { describe, expect, test } from "vitest";
import { Graph } from "../../../src/engine/grad/graph.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { batchNorm, dropout, lstmCell, selfAttention } from "../../../src/engine/train/layers.js";
import { evaluate, type ParameterValues } from "../../../src/engine/train/program.js";
import { expectClose, floats, wave, waves } from "./wave.js";

describe("batchNorm", () => {
  const shape = [3, 2, 2, 1];
  const values = (): ParameterValues =>
    new Map([
      ["bn.weight", floats([2], [1.5, -0.5])],
      ["bn.bias", floats([2], [0.25, 1])],
      ["bn.running_mean", floats([2], [0.059974413, -0.056507051])],
      ["bn.running_var", floats([2], [0.911718547, 0.917725325])],
    ]);

  test("in training: the batch's statistics, and running ones that move towards them", async () => {
    const graph = new Graph({ training: true });
    const y = batchNorm(graph.input("x", "float32", shape), "bn");
    const start = values();
    start.get("bn.running_mean")!.data.fill(0);
    start.get("bn.running_var")!.data.fill(1);
    const [mean, variance] = ["bn.running_mean", "bn.running_var"].map((name) => graph.updates.get(name)!);
    const found = await evaluate(graph, { y, mean, variance }, { x: wave(shape, 0.3) }, start);
    expectClose(
      found.y,
      [
        -1.21021044, 1.73579025, 0.95416313, 1.27019179, 0.87025225, 0.17883383, 1.40930009, 0.73091751, 2.0367856,
        -2.1114502, 1.56551206, 0.06991515,
      ],
      2e-6,
    );
    expectClose(found.mean, [0.059974413, -0.056507051]);
    expectClose(found.variance, [0.911718547, 0.917725325]);
  });

  test("otherwise: the running statistics, which stay", async () => {
    const graph = new Graph();
    const y = batchNorm(graph.input("x", "float32", shape), "bn");
    expect(graph.updates.size).toBe(0);
    const found = await evaluate(graph, { y }, { x: wave(shape, 0.3) }, values());
    expectClose(
      found.y,
      [
        0.62002736, 1.58423209, 1.24704409, 1.37383533, 1.3009477, 1.07465148, 1.4296459, 1.1574775, 1.68274558,
        0.32505813, 1.4923184, 0.89228207,
      ],
      2e-6,
    );
  });

  test("running statistics are not trained", () => {
    const graph = new Graph({ training: true });
    batchNorm(graph.input("x", "float32", shape), "bn");
    const trained = [...graph.parameters].filter(([, { trained }]) => trained).map(([name]) => name);
    expect(trained).toEqual(["bn.weight", "bn.bias"]);
  });
});

test("lstmCell as PyTorch's", async () => {
  const graph = new Graph();
  const state = { h: graph.input("h", "float32", [2, 2]), c: graph.input("c", "float32", [2, 2]) };
  const next = lstmCell(graph.input("x", "float32", [2, 3]), state, "cell");
  const values = waves({
    "cell.weight_ih": [[8, 3], 0.1],
    "cell.weight_hh": [[8, 2], 0.2],
    "cell.bias_ih": [[8], 0.3],
    "cell.bias_hh": [[8], 0.4],
  });
  const feeds = { x: wave([2, 3], 0.5), h: wave([2, 2], 0.6), c: wave([2, 2], 0.7) };
  const outputs = { nextH: next.h, nextC: next.c };
  const { nextH: h, nextC: c } = await evaluate(graph, outputs, feeds, values);
  expectClose(h, [0.150458276, 0.063652299, -0.105021864, 0.453393847]);
  expectClose(c, [1.025630236, 0.617295504, -0.438956499, 0.867559731]);
});

test("selfAttention as PyTorch's MultiheadAttention", async () => {
  const graph = new Graph();
  const y = selfAttention(graph.input("x", "float32", [2, 3, 4]), "attn", 2);
  const values = waves({
    "attn.qkv.weight": [[12, 4], 0.2],
    "attn.qkv.bias": [[12], 0.3],
    "attn.proj.weight": [[4, 4], 0.4],
    "attn.proj.bias": [[4], 0.5],
  });
  const found = await evaluate(graph, { y }, { x: wave([2, 3, 4], 0.1) }, values);
  expectClose(
    found.y,
    [
      -1.2674011, -0.01111025, -0.36606741, 0.74770814, -1.04571235, 0.19559795, -0.22833309, 0.78049177, -0.89299524,
      0.33520353, -0.13830471, 0.79742712, 2.33029914, 3.38515806, 1.94164681, 1.36408162, 2.2298069, 3.27878881,
      1.85718417, 1.32358789, 1.99026787, 3.08206177, 1.75465536, 1.34203792,
    ],
    2e-6,
  );
});

describe("dropout", () => {
  const ones = floats(
    [200, 100],
    Array.from({ length: 20_000 }, () => 1),
  );
  const dropped = async (seed: number, rate = 0.3) => {
    const graph = new Graph({ training: true });
    const x = graph.input("x", "float32", [200, 100]);
    const outputs = { first: dropout(x, rate), second: dropout(x, rate) };
    const found = await evaluate(graph, outputs, { x: ones, seed: ndarray("uint32", [], Uint32Array.of(seed)) });
    return [found.first.data, found.second.data] as Float32Array[];
  };
  const zerosIn = (data: Float32Array) => data.reduce((sum, value) => sum + Number(value === 0), 0);
  const agreement = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, i) => sum + Number(value === b[i]), 0) / a.length;

  test("zeros its share and scales the rest, so that the mean stays", async () => {
    for (const rate of [0.1, 0.3, 0.5]) {
      const [data] = await dropped(7, rate);
      const deviation = Math.sqrt(20_000 * rate * (1 - rate));
      expect(Math.abs(zerosIn(data) - 20_000 * rate)).toBeLessThan(4 * deviation);
      expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    }
  });

  test("the same for the same seed, another for another seed or layer", async () => {
    const [first, second] = await dropped(7);
    expect(await dropped(7)).toEqual([first, second]);
    const chance = 0.3 ** 2 + 0.7 ** 2;
    const others = [second, ...(await dropped(8))];
    for (const other of others) expect(Math.abs(agreement(first, other) - chance)).toBeLessThan(0.02);
  });

  test("does nothing outside training, and then asks for no seed", () => {
    const graph = new Graph();
    const x = graph.input("x", "float32", [2]);
    expect(dropout(x, 0.5)).toBe(x);
    expect(graph.inputs.length).toBe(1);
  });
});
