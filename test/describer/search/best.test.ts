import { describe, expect, it } from "vitest";
import { Random } from "../../../src/base/random.js";
import { Best } from "../../../src/describer/search/best.js";

describe("best candidates", () => {
  it("are those that sorting everything would put first", () => {
    const random = new Random(1);
    for (const capacity of [1, 5, 50, 1000]) {
      const rows = Array.from({ length: 7 }, () => Float32Array.from({ length: 60 }, () => -random.uniform() * 9));
      const bases = rows.map(() => -random.uniform() * 3);
      const best = new Best(capacity);
      best.offer(-4.5, 99, -1);
      rows.forEach((row, owner) => {
        best.offerAll(bases[owner], row, owner);
      });
      const all = [{ score: -4.5, owner: 99, token: -1 }];
      rows.forEach((row, owner) => {
        row.forEach((gain, token) => {
          all.push({ score: bases[owner] + gain, owner, token });
        });
      });
      const expected = all.sort((a, b) => b.score - a.score).slice(0, capacity);
      const { scores, owners, tokens, count } = best;
      expect(count).toBe(expected.length);
      const kept = Array.from({ length: count }, (_, i) => ({ score: scores[i], owner: owners[i], token: tokens[i] }));
      expect(kept).toEqual(expected);
    }
  });

  it("keep the first of equals, and neither NaN nor the impossible", () => {
    const best = new Best(3);
    const impossible = Number.NEGATIVE_INFINITY;
    best.offerAll(0, Float32Array.of(Number.NaN, -1, impossible, -1, -1, -1, Number.NaN), 0);
    expect([...best.tokens]).toEqual([1, 3, 4]);
    best.offerAll(Number.NaN, Float32Array.of(1, 2), 1);
    best.offerAll(impossible, Float32Array.of(1, 2), 1);
    expect([...best.owners]).toEqual([0, 0, 0]);
  });
});
