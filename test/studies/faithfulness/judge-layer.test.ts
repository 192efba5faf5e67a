/** Verdicts where chance is all there is, and where one label fits every unit. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import type { LayerTruth } from "../../../src/studies/faithfulness/held-out.js";
import { type Claim, judgeLayer } from "../../../src/studies/faithfulness/judge-layer.js";
import type { Predictions } from "../../../src/studies/faithfulness/predictor.js";

const IMAGES = 80;

/** Units that are above 0.5 on the pictures that are theirs; a layer without places. */
function layerOf(firing: readonly (readonly boolean[])[]): LayerTruth {
  const maxima = firing.map((row) => Float32Array.from(row, Number));
  return {
    layout: { name: "layer", kind: "map", units: firing.length, height: 1, width: 1, prefix: 0, dtype: "float32" },
    units: firing.map((_, unit) => unit),
    places: { grid: [1, 1], images: new Uint32Array(), cells: new Uint32Array() },
    maxima: (row) => maxima[row],
    activations: () => new Float32Array(),
    isBroken: () => false,
  };
}

/** Each text predicts the pictures that are listed for it. */
const predictionsOf = (scores: ReadonlyMap<string, readonly number[]>): Predictions => ({
  meaning: (text) => text,
  unknownWords: () => [],
  predict: (text) => ({ images: Float32Array.from(scores.get(text)!), places: new Float32Array() }),
});

const judge = (firing: boolean[][], claims: Claim[], scores: Map<string, readonly number[]>) =>
  judgeLayer(layerOf(firing), new Float32Array(firing.length).fill(0.5), claims, predictionsOf(scores), new Random(1))
    .rows;

test("of descriptions dealt at random, no more than 5 % are supported, also when half of the units get one that fits all", () => {
  const random = new Random(3);
  const units = 300;
  // every unit fires on most of the first twenty pictures, and somewhere else
  const firing = Array.from({ length: units }, () =>
    Array.from({ length: IMAGES }, (_, i) => random.uniform() < (i < 20 ? 0.8 : 0.05)),
  );
  const scores = new Map<string, readonly number[]>([["dogs", Array.from({ length: IMAGES }, (_, i) => +(i < 20))]]);
  for (let unit = 0; unit < units; unit++) {
    scores.set(
      `noise ${unit}`,
      Array.from({ length: IMAGES }, () => random.uniform()),
    );
  }
  for (const every of [2, 1000]) {
    const claims = firing.map((_, unit) => ({ unit, description: unit % every === 0 ? "dogs" : `noise ${unit}` }));
    const rows = judge(firing, claims, scores);
    expect(rows.filter(({ verdict }) => verdict === "supported").length).toBeLessThanOrEqual(0.05 * units);
    expect(rows[1]).toMatchObject({ controls: every === 2 ? 150 : 199 });
  }
});

test("many units that are rightly described alike are all supported; a tie counts against", () => {
  const fires = (of: number) => Array.from({ length: IMAGES }, (_, i) => i % 40 === of);
  const kind = (unit: number) => (unit < 20 ? 0 : unit - 19);
  const firing = Array.from({ length: 40 }, (_, unit) => fires(kind(unit)));
  const scores = new Map(firing.map((row, unit) => [`kind ${kind(unit)}`, row.map(Number)]));
  const claims = firing.map((_, unit) => ({ unit, description: `kind ${kind(unit)}` }));
  const rows = judge(firing, claims, scores);
  expect(rows.filter(({ verdict }) => verdict === "supported")).toHaveLength(40);
  expect(rows[0]).toMatchObject({ controls: 20, otherUnits: 20, p: 1 / 21 });
  // "the same" predicts what "kind 0" does
  scores.set("the same", scores.get("kind 0")!);
  const tied = judge(firing, [...claims.slice(0, 39), { unit: 39, description: "the same" }], scores);
  expect(tied[0]).toMatchObject({ p: 2 / 21, verdict: "cannot-tell", reason: "not-above-shuffled" });
});
