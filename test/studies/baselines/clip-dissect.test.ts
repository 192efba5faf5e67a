/** CLIP-Dissect: its similarities against the formulas written out, and the whole on a world with a dual encoder made by hand. */
import { beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { clipDissect } from "../../../src/studies/baselines/clip-dissect.js";
import { SIMILARITIES, similarity } from "../../../src/studies/baselines/similarities.js";
import { writeColourClip } from "../faithfulness/colour-clip.js";
import { colourWorld, type World } from "../faithfulness/colour-world.js";

describe("similarities", () => {
  const [images, concepts, units] = [60, 7, 4];
  const random = new Random(3);
  const matrix = (columns: number, draw: () => number) =>
    ndarray("float32", [images, columns], Float32Array.from({ length: images * columns }, draw));
  const likeness = matrix(concepts, () => 0.2 + 0.1 * random.uniform());
  const activations = matrix(units, () => random.uniform());
  const P = (i: number, c: number) => likeness.data[i * concepts + c];
  const A = (i: number, u: number) => activations.data[i * units + u];
  const each = <T>(n: number, of: (i: number) => T) => Array.from({ length: n }, (_, i) => of(i));
  const total = (list: number[]) => list.reduce((sum, value) => sum + value, 0);
  const topOf = (unit: number, n: number) =>
    each(images, (i) => i)
      .sort((a, b) => A(b, unit) - A(a, unit))
      .slice(0, n);
  const soft = (i: number, c: number, a: number) =>
    Math.exp(a * P(i, c)) / total(each(concepts, (d) => Math.exp(a * P(i, d))));

  const pmi = (top: number, a: number, lambda: number, weight: (rank: number) => number) => {
    const given = each(units, (u) =>
      each(concepts, (c) =>
        total(topOf(u, top).map((i, rank) => Math.log(1 + weight(rank) * (soft(i, c, a) - 1) + 1e-7))),
      ),
    );
    return each(units, (u) =>
      each(concepts, (c) => given[u][c] - lambda * Math.log(total(each(units, (v) => Math.exp(given[v][c]))) / units)),
    );
  };
  const cosine = (x: number[], y: number[]) =>
    total(x.map((value, i) => value * y[i])) /
    Math.sqrt(total(x.map((v) => v * v))) /
    Math.sqrt(total(y.map((v) => v * v)));
  const column = (read: (i: number, c: number) => number, c: number) => each(images, (i) => read(i, c));
  const cube = (x: number[]) => x.map((value) => (value - total(x) / x.length) ** 3);

  const EXPECTED: Record<(typeof SIMILARITIES)[number], () => number[][]> = {
    // with fewer images than the reference's 100, all count
    "soft-wpmi": () => pmi(images, 10, 1, (rank) => 0.998 - (rank / images) * 0.028),
    wpmi: () => pmi(28, 2, 0.6, () => 1),
    cos: () => each(units, (u) => each(concepts, (c) => cosine(column(A, u), column(P, c)))),
    "cos-cubed": () =>
      each(units, (u) =>
        each(concepts, (c) => {
          const [a, p] = [cube(column(A, u)), cube(column(P, c))];
          const clipped = Math.max(Math.sqrt(total(p.map((v) => v * v))), 1e-3);
          return total(a.map((value, i) => value * p[i])) / Math.sqrt(total(a.map((v) => v * v))) / clipped;
        }),
      ),
    "rank-reorder": () =>
      each(units, (u) => {
        const top = topOf(u, 3);
        const values = top.map((i) => A(i, u));
        const ordered = [...values].sort((a, b) => a - b);
        const random = total(values.flatMap((a) => values.map((b) => Math.abs(a - b) ** 3))) / 9;
        return each(concepts, (c) => {
          const ranks = top.map((i) => top.filter((j) => P(j, c) < P(i, c)).length);
          const error = total(values.map((value, i) => Math.abs(value - ordered[ranks[i]]) ** 3)) / 3;
          return -error / random / Math.sqrt(total(top.map((i) => P(i, c))) / 3);
        });
      }),
  };

  test.each(SIMILARITIES)("%s is what its formula says", (name) => {
    const { scores } = similarity(name, likeness, activations);
    const expected = EXPECTED[name]().flat();
    for (const [i, value] of expected.entries()) expect(scores[i]).toBeCloseTo(value, 5);
  });
});

describe("a world of colours", () => {
  let world: World;
  beforeAll(async () => {
    world = await colourWorld();
    await writeColourClip(world.at("clip"), "pair");
  });
  const concepts = ["red", "green", "blue", "yellow", "white", "black"].map((colour) => `${colour} things`);
  const options = () => ({ imageText: world.at("clip"), concepts });

  test("units for a colour are named after it, by most similarities", async () => {
    for (const name of ["soft-wpmi", "wpmi", "cos-cubed", "cos"] as const) {
      const found = await clipDissect(world.at("run"), { ...options(), similarity: name, layers: ["unions"] });
      expect(found.images).toBe(150);
      const named = found.units.slice(0, 3).map((unit) => unit.concepts[0].concept);
      expect(named, name).toEqual(concepts.slice(0, 3));
      expect(found.units[0].concepts).toHaveLength(5);
    }
  });

  test("refuses too few concepts, and what is no image-text model", async () => {
    await expect(clipDissect(world.at("run"), { ...options(), concepts: ["red", "red"] })).rejects.toThrow(
      /1 different concepts; expected at least 2/,
    );
    await expect(clipDissect(world.at("run"), { ...options(), imageText: world.at("seen") })).rejects.toThrow(
      /expected a CLIP exported to ONNX/,
    );
  });
});
