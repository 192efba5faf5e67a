import { expect, it } from "vitest";
import { Graph } from "../../../src/engine/grad/graph.js";
import * as op from "../../../src/engine/grad/ops.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { Program } from "../../../src/engine/train/program.js";
import { severalThreads } from "../../threads.js";

severalThreads();

// A kernel that divides rows among threads loses sums here in every run.
it("adds up all rows of one index, however many there are", async () => {
  const [count, size, rows] = [4000, 128, 16];
  const graph = new Graph();
  const indices = graph.input("indices", "int64", [count]);
  const updates = graph.input("updates", "float32", [count, size]);
  const program = await Program.open(graph, { outputs: { sums: op.scatterRows(indices, updates, rows) } });
  const data = {
    indices: ndarray("int64", [count], new BigInt64Array(count).fill(3n)),
    updates: ndarray("float32", [count, size], new Float32Array(count * size).fill(1)),
  };
  for (let run = 0; run < 5; run++) {
    const { sums } = await program.run(data);
    const wrong = (sums.data as Float32Array).findIndex((sum, i) => sum !== (Math.floor(i / size) === 3 ? count : 0));
    expect(wrong).toBe(-1);
  }
  await program.close();
});
