/** Plain bodies without a drawing: balls, boxes, cones, of any colour and any texture. What is a circle or striped is learned from them. */
import { COLOUR_NAMES, TEXTURE_NAMES } from "../labels/labels.js";
import { colourNamed } from "./colours.js";
import type { Sketch } from "./plan.js";
import { ellipse, polygon, rectangle } from "./regions.js";
import { surfaceOf } from "./surfaces.js";

/** Adds a body of a size with its centre, or what it stands on, at (x, y). */
export function addSolid(sketch: Sketch, spot: { x: number; y: number; size: number; stands?: boolean }): void {
  const { dice } = sketch;
  const { x, size, stands = false } = spot;
  const y = stands ? spot.y - size / 2 : spot.y;
  const turn = stands ? 0 : dice.range(-0.4, 0.4);
  const [first, second] = dice.some(COLOUR_NAMES, 2).map((name) => colourNamed(dice, name));
  const look = dice.chance(0.4) ? "smooth" : dice.pick(TEXTURE_NAMES);
  const surface = surfaceOf(dice, "cloth", { look, colours: look === "smooth" ? [first, first] : [first, second] });
  const [name, kind, shape, region] = dice.pick([
    ["ball", "toy", "circle", ellipse(x, y, size, size)],
    ["box", "container", "square", rectangle(x, y, 0.85 * size, 0.85 * size, turn)],
    ["box", "container", "rectangle", rectangle(x, y + 0.1 * size, size, 0.8 * size * dice.range(0.6, 0.8), turn)],
    ["cone", "toy", "triangle", polygon(x, y, size, 3, Math.PI + turn)],
  ] as const);
  sketch.surface(
    region,
    surface,
    { kind: "object", names: [name, kind], material: undefined, shape },
    shape === "circle",
  );
}
