/**
 * The made world: pictures in which every pixel is known. A picture depends on set, seed, number and size alone; another seed is another
 * selection of the same world, so training, validation and probe sets are told apart by their seeds.
 */
import sharp from "sharp";
import type { Labels } from "../labels/labels.js";
import { Art } from "./art.js";
import { encode, photograph } from "./effects.js";
import { OBJECT_CLASSES, planObjects } from "./objects.js";
import { labelsOf, paint } from "./paint.js";
import type { Plan } from "./plan.js";
import { PORTRAIT_CLASSES, planPortrait } from "./portraits.js";
import { planScene, SCENE_CLASSES } from "./scenes.js";

export const WORLD_SETS = ["world-objects", "world-scenes", "world-people"] as const;
export type WorldSet = (typeof WORLD_SETS)[number];

const SETS = {
  "world-objects": { classes: OBJECT_CLASSES, plan: planObjects },
  "world-scenes": { classes: SCENE_CLASSES, plan: planScene },
  "world-people": { classes: PORTRAIT_CLASSES, plan: planPortrait },
} satisfies Record<WorldSet, unknown>;

export const classesOf = (set: WorldSet): readonly string[] => SETS[set].classes;

export interface WorldPicture {
  /** The class: what the largest thing is, the place, or who is looked at. */
  readonly label: string;
  /** uint8 [size, size, 3], RGB, as it is read back from the picture's file. */
  readonly rgb: Uint8Array;
  readonly labels: Labels;
}

/** A picture's file, as a camera would save it: JPEG mostly, PNG sometimes. */
export interface WorldFile {
  readonly label: string;
  readonly file: Buffer;
  readonly extension: "jpg" | "png";
}

export class World {
  readonly #art: Art;

  private constructor(art: Art) {
    this.#art = art;
  }

  static async open(): Promise<World> {
    return new World(await Art.open());
  }

  /** Picture `index` of a set (its class is `index` modulo the number of classes), with what it shows. */
  async render(set: WorldSet, seed: number, index: number, size: number): Promise<WorldPicture> {
    const plan = this.#plan(set, seed, index);
    const canvas = await paint(plan, size, this.#art);
    const pixels = photograph(canvas, plan.effects);
    const rgb =
      plan.effects.jpeg === undefined ? pixels : await decoded((await encode(pixels, size, plan.effects)).file);
    return { label: plan.label, rgb, labels: labelsOf(plan, canvas) };
  }

  /** What a picture shows, without its photograph. */
  async labels(set: WorldSet, seed: number, index: number, size: number): Promise<Labels> {
    const plan = this.#plan(set, seed, index);
    return labelsOf(plan, await paint(plan, size, this.#art));
  }

  /** The file of a picture; decoded, it is `render`'s `rgb`. */
  async file(set: WorldSet, seed: number, index: number, size: number): Promise<WorldFile> {
    const plan = this.#plan(set, seed, index);
    const pixels = photograph(await paint(plan, size, this.#art), plan.effects);
    return { label: plan.label, ...(await encode(pixels, size, plan.effects)) };
  }

  /** What is painted, before light, lens and sensor: uint8 [size, size, 3]. The colour plane of the labels is measured on it. */
  async clean(set: WorldSet, seed: number, index: number, size: number): Promise<Uint8Array> {
    return (await paint(this.#plan(set, seed, index), size, this.#art)).pixels();
  }

  #plan(set: WorldSet, seed: number, index: number): Plan {
    return SETS[set].plan(seed, index, this.#art);
  }
}

const decoded = async (file: Buffer): Promise<Uint8Array> => new Uint8Array(await sharp(file).raw().toBuffer());
