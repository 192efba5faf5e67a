/** What the scenes of coloured shapes know of themselves, as concepts: the names of each thing and where it was painted. */
import type { Shape, ShapeScene, Thing } from "../../data/world/shapes.js";
import { type Concept, type Region, writeConcepts } from "./concepts-file.js";

/** Other words for the shapes. */
const ALSO: Readonly<Record<Shape, readonly string[]>> = {
  disc: ["circle"],
  square: [],
  triangle: [],
  stripes: ["lines"],
  bars: ["lines"],
};

/** Corners that stand for a circle: its area is right to 0.2 %. */
const CIRCLE_CORNERS = 64;

/** Writes the concepts of a folder made by `writeShapes` from the same scenes. */
export function writeShapeConcepts(path: string, scenes: readonly ShapeScene[]): Promise<void> {
  const images = scenes.map(({ things }, i) => [`${String(i).padStart(4, "0")}.png`, things.map(conceptOf)] as const);
  return writeConcepts(path, Object.fromEntries(images), true);
}

function conceptOf(thing: Thing): Concept {
  return { names: [thing.colour, thing.shape, ...ALSO[thing.shape]], regions: regionsOf(thing) };
}

function regionsOf({ shape, x, y, size }: Thing): Region[] {
  const [left, top] = [x - size / 2, y - size / 2];
  const fifths = [0, 1, 2].map((i) => (2 * i * size) / 5);
  switch (shape) {
    case "disc":
      return [
        {
          polygon: Array.from({ length: CIRCLE_CORNERS }, (_, i) => {
            const angle = (2 * Math.PI * i) / CIRCLE_CORNERS;
            return [x + (size / 2) * Math.cos(angle), y + (size / 2) * Math.sin(angle)] as const;
          }),
        },
      ];
    case "square":
      return [{ box: [left, top, left + size, top + size] }];
    case "triangle":
      return [
        {
          polygon: [
            [x, top],
            [left + size, top + size],
            [left, top + size],
          ],
        },
      ];
    case "stripes":
      return fifths.map((at) => ({ box: [left, top + at, left + size, top + at + size / 5] }));
    case "bars":
      return fifths.map((at) => ({ box: [left + at, top, left + at + size / 5, top + size] }));
  }
}
