/** Executes a plan at a size. */
import { colourNumber } from "../labels/colour.js";
import type { LabelledThing, Labels } from "../labels/labels.js";
import type { Art } from "./art.js";
import { Canvas, type Pose } from "./canvas.js";
import { paintLine } from "./lettering.js";
import type { DrawingStep, Plan, Spot } from "./plan.js";
import type { Sprite } from "./sprite.js";

/** @param size side of the picture, pixels. */
export async function paint(plan: Plan, size: number, art: Art): Promise<Canvas> {
  const canvas = new Canvas(size);
  for (const step of plan.steps) {
    if (step.paint === "region") canvas.region(step.region, step.surface, step.thing, step.round);
    else if (step.paint === "line") await paintLine(canvas, art, step.line, step.thing);
    else await paintDrawing(canvas, art, step);
  }
  return canvas;
}

async function paintDrawing(canvas: Canvas, art: Art, step: DrawingStep): Promise<void> {
  const { icon, style, dye, cover, shadow, thing } = step;
  const sprite = await art.sprite(icon, style);
  const pose = poseOf(step.spot, sprite);
  if (shadow?.on === "behind") {
    canvas.shadow(sprite, { ...pose, x: pose.x + shadow.dx, y: pose.y + shadow.dy }, shadow.strength, shadow.softness);
  } else if (shadow) {
    const foot = step.spot.y - 0.02 * pose.height;
    canvas.spot(pose.x + 2 * shadow.dx, foot, 0.6 * pose.width, 0.13 * pose.width, shadow.strength);
  }
  canvas.sprite(sprite, pose, dye, thing, { cover, parts: await art.parts(icon, style, step.parts) });
}

function poseOf({ x, y, stands, size, aspect, turn, mirror }: Spot, sprite: Sprite): Pose {
  const longer = Math.max(sprite.width * aspect, sprite.height / aspect);
  const [width, height] = [(size * sprite.width * aspect) / longer, (size * sprite.height) / aspect / longer];
  return { x, y: stands ? y - height / 2 : y, width, height, turn, mirror };
}

/** What a painted picture shows. Things that are hidden altogether are left out. */
export function labelsOf(plan: Plan, canvas: Canvas): Labels {
  const { size } = canvas;
  const rgb = canvas.pixels();
  const seen = new Uint8Array(256);
  for (const thing of canvas.thing) seen[thing] = 1;
  const number = new Uint8Array(256);
  const things: LabelledThing[] = [];
  plan.things.forEach((known, i) => {
    if (seen[i + 1] === 0) return;
    const parts = canvas.parts.filter(([thing]) => thing === i + 1).map(([, name, plane]) => [name, plane] as const);
    // A part is seen where its thing is.
    for (const [, plane] of parts)
      for (let at = 0; at < plane.length; at++) if (canvas.thing[at] !== i + 1) plane[at] = 0;
    const visible = parts.filter(([, plane]) => plane.some((value) => value > 0));
    number[i + 1] = things.push(visible.length > 0 ? { ...known, parts: visible } : known);
  });
  const colour = new Uint8Array(size * size);
  for (let at = 0; at < colour.length; at++) colour[at] = colourNumber(rgb[3 * at], rgb[3 * at + 1], rgb[3 * at + 2]);
  return {
    size,
    scene: plan.scene,
    things,
    thing: canvas.thing.map((thing) => number[thing]),
    colour,
    texture: canvas.texture.slice(),
  };
}
