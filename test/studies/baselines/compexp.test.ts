/** NetDissect and Compositional Explanations against brute force: masks of every formula, pixel by pixel. */
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import { COLOUR_NAMES, type LabelledThing, type Labels } from "../../../src/data/labels/labels.js";
import type { Query } from "../../../src/data/labels/query.js";
import { Strata } from "../../../src/data/labels/strata.js";
import { Explainer, queryOf } from "../../../src/studies/baselines/compexp.js";

const SIZE = 10;
const KINDS: readonly LabelledThing[] = [
  { kind: "object", names: ["dog", "animal"], material: "fur" },
  { kind: "object", names: ["cat", "animal"] },
  { kind: "object", names: ["car", "vehicle"], material: "metal", shape: "square" },
  { kind: "person", names: ["woman", "person"] },
  { kind: "surface", names: ["grass"] },
];

/** Blotches of things, colours and textures, some with a part. */
function randomLabels(random: Random): Labels {
  const blotches = (most: number) => {
    const plane = new Uint8Array(SIZE * SIZE).fill(random.integer(most));
    for (let n = 0; n < 4; n++) {
      const [x0, y0, value] = [random.integer(SIZE), random.integer(SIZE), random.integer(most)];
      const [w, h] = [1 + random.integer(6), 1 + random.integer(6)];
      for (let y = y0; y < Math.min(SIZE, y0 + h); y++)
        for (let x = x0; x < Math.min(SIZE, x0 + w); x++) plane[y * SIZE + x] = value;
    }
    return plane;
  };
  const wheel = blotches(2);
  const things = KINDS.map((thing, i) => (i === 2 ? { ...thing, parts: [["wheel", wheel] as const] } : thing));
  const scene = random.uniform() < 0.5 ? ["kitchen", "indoors"] : [];
  return { size: SIZE, scene, things, thing: blotches(6), colour: blotches(4), texture: blotches(3) };
}

function randomCase(seed: number, units: number) {
  const random = new Random(seed);
  const pictures = Array.from({ length: 12 }, () => randomLabels(random));
  const active = pictures.map((labels) =>
    Array.from({ length: units }, (_, unit) => {
      // units prefer some things and colours, so that formulas differ
      const likes = (at: number) =>
        labels.thing[at] === 1 + (unit % 5) || labels.colour[at] === unit % 4 ? 0.5 : 0.05;
      return Uint32Array.from(
        Array.from({ length: SIZE * SIZE }, (_, at) => at).filter((at) => random.uniform() < likes(at)),
      );
    }),
  );
  const strata = new Strata(units);
  for (const [i, labels] of pictures.entries()) strata.add(labels, active[i]);
  /** By brute force: the mask of a query over all pictures. */
  const maskOf = (query: Query) => Uint8Array.from(pictures.flatMap((labels) => [...evaluate(query, labels)]));
  const unitMask = (unit: number) => {
    const mask = new Uint8Array(pictures.length * SIZE * SIZE);
    for (const [i, all] of active.entries()) for (const at of all[unit]) mask[i * SIZE * SIZE + at] = 1;
    return mask;
  };
  return { strata, maskOf, unitMask };
}

function iouOf(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return both / either;
}

const JOIN = {
  or: (a: number, b: number) => a | b,
  and: (a: number, b: number) => a & b,
  "and not": (a: number, b: number) => a & (1 - b),
} as const;

/** The search as the paper writes it, on masks. */
function bruteForce(masks: readonly Uint8Array[], unit: Uint8Array, length: number, beam: number): number[] {
  type Node = { mask: Uint8Array; iou: number; used: number[] };
  const top = (nodes: Node[]) => nodes.sort((a, b) => b.iou - a.iou).slice(0, beam);
  let kept = top(masks.map((mask, i) => ({ mask, iou: iouOf(mask, unit), used: [i] })));
  const bests = [kept[0].iou];
  for (let n = 2; n <= length; n++) {
    const next = [...kept];
    for (const node of kept.filter(({ used }) => used.length === n - 1)) {
      for (const [i, other] of masks.entries()) {
        if (node.used.includes(i)) continue;
        for (const join of Object.values(JOIN)) {
          const mask = node.mask.map((value, at) => join(value, other[at]));
          next.push({ mask, iou: iouOf(mask, unit), used: [...node.used, i] });
        }
      }
    }
    kept = top(next);
    bests.push(kept[0].iou);
  }
  return bests;
}

describe.each([1, 2, 3])("random labels, seed %i", (seed) => {
  const units = 5;
  const { strata, maskOf, unitMask } = randomCase(seed, units);
  const masks = strata.atoms.map((atom) => maskOf(atom));
  const explainer = new Explainer(strata);

  test("there are as many pixels as in the pictures, and strata are as their concepts say", () => {
    let sum = 0;
    for (let i = 0; i < strata.count; i++) sum += strata.pixels(i);
    expect(sum).toBe(12 * SIZE * SIZE);
    for (const [concept, mask] of masks.entries()) {
      let size = 0;
      for (let i = 0; i < strata.count; i++) if (strata.members(i).includes(concept)) size += strata.pixels(i);
      expect(size).toBe(mask.reduce((total, value) => total + value, 0));
    }
  });

  test.each(Array.from({ length: units }, (_, unit) => unit))("unit %i: equal to brute force", (unit) => {
    const mask = unitMask(unit);
    for (const [length, beam] of [
      [1, 5],
      [2, 5],
      [3, 5],
      [3, 1],
    ]) {
      const found = explainer.explain(strata.unit(unit), { length, beam });
      const expected = bruteForce(masks, mask, length, beam);
      expect(found[found.length - 1].iou).toBeCloseTo(expected[expected.length - 1], 12);
      // and the formula is true of the pixels that its count says
      for (const { formula, iou } of found) {
        expect(iouOf(maskOf(queryOf(formula, strata.atoms)), mask)).toBeCloseTo(iou, 12);
      }
    }
  });
});

test("only allowed concepts are used; a unit that is active nowhere has no formula", () => {
  const { strata } = randomCase(4, 2);
  const colours = strata.atoms.flatMap((atom, i) => (atom.is === "colour" ? [i] : []));
  const last = new Explainer(strata, colours).explain(strata.unit(0), { length: 3 }).at(-1)!;
  const names = JSON.stringify(queryOf(last.formula, strata.atoms));
  expect(names).not.toContain("thing");
  expect(COLOUR_NAMES.some((name) => names.includes(name))).toBe(true);
  const empty = new Strata(1);
  empty.add(randomLabels(new Random(1)), [[]]);
  expect(new Explainer(empty).explain(empty.unit(0))).toEqual([]);
});

test("NetDissect leaves out pictures in which nothing of a concept's category is labelled", () => {
  const random = new Random(5);
  const pictures = Array.from({ length: 12 }, (_, i): Labels => {
    const labels = randomLabels(random);
    return i % 3 === 0 ? { ...labels, unlabelled: ["colour"], colour: new Uint8Array(SIZE * SIZE) } : labels;
  });
  const active = pictures.map(() =>
    Uint32Array.from({ length: SIZE * SIZE }, (_, at) => at).filter(() => random.uniform() < 0.3),
  );
  const strata = new Strata(1);
  for (const [i, labels] of pictures.entries()) strata.add(labels, [active[i]]);
  const iou = (query: Query, some: (labels: Labels) => boolean) => {
    const chosen = pictures.flatMap((labels, i) => (some(labels) ? [i] : []));
    const unit = chosen.flatMap((i) => Array.from({ length: SIZE * SIZE }, (_, at) => Number(active[i].includes(at))));
    return iouOf(Uint8Array.from(chosen.flatMap((i) => [...evaluate(query, pictures[i])])), Uint8Array.from(unit));
  };
  for (const [concept, atom] of strata.atoms.entries()) {
    const one = new Explainer(strata, [concept]);
    const [own] = one.explain(strata.unit(0), { length: 1, onlyLabelled: true });
    const isColour = atom.is === "colour" || atom.is === "light" || atom.is === "dark";
    const isKnown = ({ unlabelled }: Labels) => !isColour || unlabelled === undefined;
    expect(own?.iou ?? 0).toBeCloseTo(iou(atom, isKnown), 12);
    expect(one.explain(strata.unit(0), { length: 1 })[0]?.iou ?? 0).toBeCloseTo(
      iou(atom, () => true),
      12,
    );
  }
  expect(() => new Explainer(strata).explain(strata.unit(0), { length: 2, onlyLabelled: true })).toThrow(
    "all pictures",
  );
});
