/** The coloured shapes of `data/world/shapes.ts` as a source of labels. */
import type { LabelSource, TextureName } from "../../../src/data/labels/labels.js";
import type { Shape, ShapeScene } from "../../../src/data/world/shapes.js";
import { type Painted, type PaintedScene, paintedSource } from "./painted.js";

const OUTLINES: Partial<Record<Shape, string>> = { disc: "circle", square: "square", triangle: "triangle" };
const TEXTURES: Partial<Record<Shape, TextureName>> = { stripes: "horizontal stripes", bars: "vertical stripes" };
const COVERS: Record<Shape, (x: number, y: number) => boolean> = {
  disc: (x, y) => Math.hypot(x - 0.5, y - 0.5) < 0.5,
  square: () => true,
  triangle: (x, y) => Math.abs(x - 0.5) < y / 2,
  // the gaps are part of the stripes
  stripes: () => true,
  bars: () => true,
};

const toPainted = ({ ground: _, things }: ShapeScene): PaintedScene => ({
  scene: [],
  ground: "grey",
  things: things.map(({ shape, colour, x, y, size }): Painted => {
    const half = size / 2;
    return {
      thing: { kind: "object", names: [shape], shape: OUTLINES[shape] },
      ...{ colour, texture: TEXTURES[shape] ?? "smooth", covers: COVERS[shape] },
      box: [x - half, y - half, x + half, y + half],
    };
  }),
});

/** Stripes are horizontal, bars are vertical; both keep their colour in the gaps, which show the ground in the picture. */
export const shapesSource = (scenes: readonly ShapeScene[]): LabelSource =>
  paintedSource(scenes.map(toPainted), ["disc", "square", "triangle", "stripes", "bars", "ground"]);
