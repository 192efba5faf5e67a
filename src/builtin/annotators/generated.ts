/**
 * Pictures that a generator of the world made, as a source of labels. What is known of one is its class; what is measured are colour and texture.
 * Where its object is has to be guessed: it is what the picture's rim does not lead into. Of a scene only the place is known, no thing in it.
 */
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { decode } from "../../data/images/decode.js";
import { okLch } from "../../data/labels/colour.js";
import type { LabelledThing, LabelSource, Labels } from "../../data/labels/labels.js";
import { measurePixels, resizePlane } from "../../data/labels/measure.js";
import { NOUNS } from "../../data/world/catalogue.js";
import { namesOfWorld } from "../../data/world/names.js";
import { PLACES_OF_WORLD, type PlaceName } from "../../data/world/scene-table.js";
import { classesOf, type WorldSet } from "../../data/world/world.js";
import { readNpy } from "../../engine/tensor/npy.js";

export interface GeneratedOptions {
  /** The run of the generator: it holds the pictures. */
  readonly run: string;
  /** `class.npy` that the run was made with: the class of each picture, by its number. */
  readonly classes: string;
  /** The generator's data set. */
  readonly set: WorldSet;
}

/** Side at which pictures are looked at, pixels. */
const SIDE = 64;
const BACKGROUND: LabelledThing = { kind: "surface", names: [] };

/** Opens the pictures of a run. Errors: `UserError` when the classes cannot be read, or a picture has none. */
export async function openGenerated({ run, classes, set }: GeneratedOptions): Promise<LabelSource> {
  const { data } = await readNpy(classes);
  // class folders, and so the numbers of classes, are in alphabetical order
  const names = [...classesOf(set)].sort();
  return {
    title: `pictures of a generator of ${set}`,
    names: namesOfWorld(),
    async labels(file, size) {
      const name = names[Number(data[Number(/(\d+)\.png$/.exec(file)?.[1])])];
      if (name === undefined) {
        throw new UserError(
          `labelling ${file}: ${classes} has no class of ${set} for it; expected one for every picture, give the one that ${run} was made with`,
        );
      }
      const bytes = await readWhole("reading", join(run, file));
      const pixels = await decode(bytes, { width: SIDE, height: SIDE, fit: "crop" }, file);
      return { size, ...shown(set, name, pixels, size), ...measuredAt(pixels, size) };
    },
  };
}

function measuredAt(pixels: Uint8Array, size: number): Pick<Labels, "colour" | "texture"> {
  const { colour, texture } = measurePixels(pixels, SIDE);
  return { colour: resizePlane(colour, SIDE, size), texture: resizePlane(texture, SIDE, size) };
}

function shown(
  set: WorldSet,
  name: string,
  pixels: Uint8Array,
  size: number,
): Pick<Labels, "scene" | "things" | "thing"> {
  if (set === "world-scenes") {
    const scene = [name, ...PLACES_OF_WORLD[name as PlaceName].kinds];
    return { scene, things: [], thing: new Uint8Array(size * size) };
  }
  const { names, material, shape } = NOUNS[name];
  const object: LabelledThing = { kind: "object", names, material, shape };
  const thing = figureOf(pixels, SIDE).map((is) => 1 + is);
  return { scene: [], things: [BACKGROUND, object], thing: resizePlane(thing, SIDE, size) };
}

/** Steps between neighbours, and from the nearest colour of the rim, up to which it is the same ground: distances in OKLab. */
const STEP = 0.05;
const RANGE = 0.16;
/** Shares of a picture that an object may have; else nothing was found. */
const [LEAST, MOST] = [0.06, 0.7];

/**
 * Where the object is: uint8 [side, side], 1 there. Grows the ground from the rim along small steps; what is left is figure. Where that is next
 * to nothing or all, the middle of the picture is taken, since there the objects are.
 * @param pixels uint8 [3, side, side], RGB.
 */
export function figureOf(pixels: Uint8Array, side: number): Uint8Array {
  const area = side * side;
  const lab = Array.from({ length: area }, (_, at) => {
    const [lightness, chroma, hue] = okLch(pixels[at], pixels[area + at], pixels[2 * area + at]);
    const angle = (hue * Math.PI) / 180;
    return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)] as const;
  });
  const distance = (a: number, b: number) => Math.hypot(...lab[a].map((value, i) => value - lab[b][i]));
  const figure = new Uint8Array(area).fill(1);
  /** [at]: the pixel of the rim from which the ground grew to it. */
  const root = new Int32Array(area).fill(-1);
  const queue: number[] = [];
  const isRim = (at: number) => at < side || at >= area - side || at % side === 0 || at % side === side - 1;
  for (let at = 0; at < area; at++) {
    if (!isRim(at)) continue;
    figure[at] = 0;
    root[at] = at;
    queue.push(at);
  }
  for (let next = 0; next < queue.length; next++) {
    const from = queue[next];
    for (const to of [from - side, from + side, from - 1, from + 1]) {
      if (figure[to] !== 1 || distance(from, to) > STEP || distance(root[from], to) > RANGE) continue;
      figure[to] = 0;
      root[to] = root[from];
      queue.push(to);
    }
  }
  const share = figure.reduce((sum, is) => sum + is, 0) / area;
  if (share >= LEAST && share <= MOST) return figure;
  return figure.map((_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)].map((value) => Math.abs((value + 0.5) / side - 0.5));
    return x < 0.3 && y < 0.3 ? 1 : 0;
  });
}
