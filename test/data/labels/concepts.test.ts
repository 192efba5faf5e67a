/** The counter agrees with evaluating every concept by itself, and finds the concept a unit was made of. */
import { expect, test } from "vitest";
import { Random } from "../../../src/base/random.js";
import { atomsOf, ConceptCounter } from "../../../src/data/labels/concepts.js";
import { evaluate } from "../../../src/data/labels/evaluate.js";
import type { Labels } from "../../../src/data/labels/labels.js";
import type { Atom } from "../../../src/data/labels/query.js";
import { draw } from "./drawn.js";

const WHEEL = "...... ...... ...... .aa... ...... ......";
const PICTURES: readonly Labels[] = [
  draw("...... .aabb. .aabb. .aabb. tt.... gggggg", {
    g: { kind: "surface", names: ["lawn"], material: "grass", colour: "green", texture: "leaves" },
    a: { names: ["car", "vehicle"], colour: "red", shape: "square", parts: { wheel: WHEEL } },
    b: { kind: "person", names: ["woman"], colour: "yellow", texture: "dots" },
    t: { kind: "lettering", names: ["word"], colour: "black" },
  }),
  draw(
    "bb.... bb.... ...... ...aaa ...aaa ...aaa",
    {
      a: { names: ["bus", "vehicle"], colour: "red", texture: "dots" },
      b: { names: ["car", "vehicle", "vehicle"], colour: "white" },
    },
    ["street", "outdoors"],
  ),
];
const covered = (mask: Uint8Array) => Array.from(mask.keys()).filter((at) => mask[at] === 1);

test("every concept of a picture, and no other", () => {
  const atoms = atomsOf(PICTURES[0]);
  expect(new Set(atoms.map((atom) => JSON.stringify(atom))).size).toBe(atoms.length);
  for (const atom of atoms) expect(evaluate(atom, PICTURES[0]).includes(1), JSON.stringify(atom)).toBe(true);
  expect(atoms).toContainEqual({ is: "person" });
  expect(atoms).toContainEqual({ is: "part", name: "wheel" });
  expect(atoms).toContainEqual({ is: "dark" });
  expect(atoms).not.toContainEqual({ is: "colour", name: "blue" });
  expect(atomsOf(PICTURES[1]).filter(({ is }) => is === "scene")).toHaveLength(2);
});

test("counts as evaluation does, over several pictures and random units", () => {
  const random = new Random(3);
  const units = Array.from({ length: 5 }, () =>
    PICTURES.map(() => Uint8Array.from({ length: 36 }, () => (random.uniform() < 0.3 ? 1 : 0))),
  );
  const counter = new ConceptCounter(units.length);
  for (const [i, picture] of PICTURES.entries())
    counter.add(
      picture,
      units.map((masks) => covered(masks[i])),
    );
  for (const [unit, masks] of units.entries()) {
    const fits = counter.fits(unit);
    expect(fits.length).toBeGreaterThan(25);
    for (const { atom, iou } of fits) {
      let [both, either] = [0, 0];
      for (const [i, picture] of PICTURES.entries()) {
        const mask = evaluate(atom, picture);
        for (let at = 0; at < 36; at++) {
          both += mask[at] & masks[i][at];
          either += mask[at] | masks[i][at];
        }
      }
      expect(iou, JSON.stringify(atom)).toBeCloseTo(either > 0 ? both / either : 0, 12);
    }
    expect(fits.map(({ iou }) => iou)).toEqual(fits.map(({ iou }) => iou).sort((a, b) => b - a));
  }
});

test("a unit made of a concept is found to fit it; one that never fires fits nothing", () => {
  const made: Atom[] = [
    { is: "thing", name: "vehicle" },
    { is: "part", name: "wheel" },
    { is: "text" },
    { is: "colour", name: "red" },
  ];
  const counter = new ConceptCounter(made.length + 1);
  for (const picture of PICTURES) counter.add(picture, [...made.map((atom) => covered(evaluate(atom, picture))), []]);
  for (const [unit, atom] of made.entries()) {
    const best = counter.fits(unit).filter(({ iou }) => iou === 1);
    expect(best.map((fit) => fit.atom)).toContainEqual(atom);
  }
  expect(counter.fits(made.length)[0].iou).toBe(0);
});

test("pictures dealt into parts are counted by part, and all together as if they had not been", () => {
  const red = (picture: Labels) => covered(evaluate({ is: "colour", name: "red" }, picture));
  const [whole, dealt] = [new ConceptCounter(1), new ConceptCounter(1, 2)];
  const own = [new ConceptCounter(1), new ConceptCounter(1)];
  for (const [i, picture] of PICTURES.entries()) {
    whole.add(picture, [red(picture)]);
    dealt.add(picture, [red(picture)], i % 2);
    own[i % 2].add(picture, [red(picture)]);
  }
  expect(dealt.fits(0)).toEqual(whole.fits(0));
  expect(dealt.covered(0)).toBe(whole.covered(0));
  expect(dealt.atoms.map((_, concept) => dealt.pixels(concept))).toEqual(
    whole.atoms.map((_, concept) => whole.pixels(concept)),
  );
  for (const part of [0, 1]) {
    expect(dealt.covered(0, part)).toBe(own[part].covered(0));
    const inPart = new Map(own[part].fits(0).map(({ atom, iou }) => [JSON.stringify(atom), iou]));
    // what only the other part has fits nothing here
    for (const { atom, iou } of dealt.fits(0, part)) expect(iou).toBe(inPart.get(JSON.stringify(atom)) ?? 0);
  }
});

test("names that were met are known for what they are", () => {
  const counter = new ConceptCounter(0);
  for (const picture of PICTURES) counter.add(picture, []);
  const vocabulary = counter.vocabulary(new Set(["street", "bus", "unicorn"]));
  expect(vocabulary.scenes).toEqual(new Set(["street", "outdoors"]));
  expect(vocabulary.things.has("unicorn")).toBe(true);
  expect(vocabulary.things.has("street")).toBe(false);
  expect(vocabulary.parts).toEqual(new Set(["wheel"]));
  expect(vocabulary.materials).toEqual(new Set(["grass"]));
});
