/** What `data/world/shapes.ts` paints, as labels: a source small enough for tests. */
import { COLOUR_NAMES, type LabelSource, type Labels, TEXTURE_NAMES } from "../../../src/data/labels/labels.js";
import type { ShapeScene, Thing } from "../../../src/data/world/shapes.js";

const NAMES = { disc: ["disc"], square: ["square"], triangle: ["triangle"], stripes: ["stripe"], bars: ["stripe"] };
const TEXTURES = { stripes: "horizontal stripes", bars: "vertical stripes" } as const;

export function shapeLabels(scenes: readonly ShapeScene[]): LabelSource {
  return {
    title: "shapes",
    names: new Set(Object.values(NAMES).flat()),
    labels: async (file, size) => paint(scenes[Number(file.split(".")[0])], size),
  };
}

function paint({ things }: ShapeScene, size: number): Labels {
  const [thing, colour, texture] = [0, 1, 2].map(() => new Uint8Array(size * size));
  thing.fill(1);
  colour.fill(1 + COLOUR_NAMES.indexOf("grey"));
  texture.fill(1 + TEXTURE_NAMES.indexOf("smooth"));
  for (const [i, one] of things.entries()) {
    const name = one.shape === "stripes" || one.shape === "bars" ? TEXTURES[one.shape] : "smooth";
    for (let at = 0; at < size * size; at++) {
      if (!isIn(one, ((at % size) + 0.5) / size, (Math.floor(at / size) + 0.5) / size)) continue;
      thing[at] = i + 2;
      colour[at] = 1 + COLOUR_NAMES.indexOf(one.colour);
      texture[at] = 1 + TEXTURE_NAMES.indexOf(name);
    }
  }
  const labelled = things.map(({ shape }) => ({ kind: "object", names: NAMES[shape] }) as const);
  return { size, scene: [], things: [{ kind: "surface", names: [] }, ...labelled], thing, colour, texture };
}

function isIn({ shape, x, y, size }: Thing, px: number, py: number): boolean {
  const [u, v] = [(px - x) / size + 0.5, (py - y) / size + 0.5]; // 0..1 in the shape's square
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return false;
  if (shape === "disc") return (u - 0.5) ** 2 + (v - 0.5) ** 2 < 0.25;
  if (shape === "triangle") return Math.abs(u - 0.5) < v / 2;
  if (shape === "stripes") return Math.floor(v * 5) % 2 === 0;
  return shape === "square" || Math.floor(u * 5) % 2 === 0;
}
