/**
 * A picture before it is painted: what is in it, where, in which order, and through which light and camera it is seen. It depends on chance
 * alone and holds for every size of picture.
 */
import { TEXTURE_NAMES, type TextureName, type ThingKind } from "../labels/labels.js";
import type { Art, PartsOf } from "./art.js";
import type { Cover, Region } from "./canvas.js";
import { colourNamed, type Dye, dye, type Rgb } from "./colours.js";
import type { Dice } from "./dice.js";
import { type Effects, someEffects } from "./effects.js";
import { type Line, someLine } from "./lettering.js";
import type { Noun } from "./noun.js";
import { patternOf } from "./patterns.js";
import { type PersonNoun, TONES } from "./people.js";
import type { Surface } from "./surfaces.js";

/** A thing without its pixels. */
export interface Known {
  readonly kind: ThingKind;
  readonly names: readonly string[];
  readonly material?: string | undefined;
  readonly shape?: string | undefined;
}

/** Where a drawing shall be; its height follows from its proportions. */
export interface Spot {
  readonly x: number;
  /** Of its centre, or of what it stands on. */
  readonly y: number;
  readonly stands: boolean;
  /** The longer side. */
  readonly size: number;
  /** Width is multiplied by this, height divided. */
  readonly aspect: number;
  /** Radians. */
  readonly turn: number;
  readonly mirror: boolean;
}

export interface Shadow {
  /** On the ground below it, or on what is behind it. */
  readonly on: "ground" | "behind";
  readonly dx: number;
  readonly dy: number;
  readonly strength: number;
  readonly softness: number;
}

export interface DrawingStep {
  readonly paint: "drawing";
  readonly icon: string;
  readonly style: string;
  readonly spot: Spot;
  readonly dye: Dye;
  readonly cover?: Cover | undefined;
  readonly shadow?: Shadow | undefined;
  readonly parts: PartsOf;
  readonly thing: number;
}

export type Step =
  | {
      readonly paint: "region";
      readonly region: Region;
      readonly surface: Surface;
      /** Darker towards its rim. */
      readonly round: boolean;
      readonly thing: number;
    }
  | { readonly paint: "line"; readonly line: Line; readonly thing: number }
  | DrawingStep;

export interface Plan {
  readonly label: string;
  readonly scene: readonly string[];
  /** Position in it + 1 is a step's `thing`. */
  readonly things: readonly Known[];
  readonly steps: readonly Step[];
  readonly effects: Effects;
}

/** Composes a plan. */
export class Sketch {
  readonly things: Known[] = [];
  readonly steps: Step[] = [];
  readonly dice: Dice;
  readonly art: Art;
  /** The direction light comes from: shadows of one picture agree. */
  readonly #light: readonly [dx: number, dy: number];
  readonly #shadow: number;

  constructor(dice: Dice, art: Art) {
    this.dice = dice;
    this.art = art;
    this.#light = [dice.range(-0.07, 0.07), dice.range(0.01, 0.06)];
    this.#shadow = dice.range(0.15, 0.6);
  }

  add(known: Known): number {
    return this.things.push(known);
  }

  surface(region: Region, surface: Surface, known: Partial<Known> = {}, round = false): number {
    const thing = this.add({ kind: "surface", names: surface.names, material: surface.material, ...known });
    this.steps.push({ paint: "region", region, surface, round, thing });
    return thing;
  }

  /** A thing from the catalogue. */
  noun(noun: Noun, spot: Partial<Spot> & Pick<Spot, "x" | "y" | "size">, options: { patterned?: number } = {}): number {
    const { dice, art } = this;
    const { names, material, shape } = noun;
    const icon = dice.pick(noun.icons);
    const thing = this.add({ kind: "object", names, material, shape });
    this.steps.push({
      paint: "drawing",
      icon,
      style: dice.pick(art.stylesOf(icon)),
      spot: this.#spot(spot, noun.turn),
      dye:
        noun.dyed && dice.chance(0.6)
          ? dye(dice.range(0, 360), dice.range(0.55, 1.15), dice.range(0.75, 1.2))
          : dye(dice.range(-10, 10), dice.range(0.75, 1.12), dice.range(0.82, 1.15)),
      cover: this.#cover(noun, spot.size, options.patterned ?? 0.12),
      shadow: this.#shadowOf(spot.stands ?? false, spot.size),
      parts: noun.wheels ? "wheels" : names.includes("animal") && !NOSTRILS.has(names[0]) ? "eyes" : "none",
      thing,
    });
    return thing;
  }

  person(person: PersonNoun, spot: Partial<Spot> & Pick<Spot, "x" | "y" | "size">): number {
    const { dice, art } = this;
    const icon = dice.pick(person.icons);
    const tone = dice.pick(TONES);
    const thing = this.add({ kind: "person", names: person.names });
    this.steps.push({
      paint: "drawing",
      icon: `${icon}/${tone}`,
      style: dice.pick(art.stylesOf(`${icon}/${tone}`)),
      spot: this.#spot(spot, 8),
      dye: dye(dice.range(-5, 5), dice.range(0.85, 1.1), dice.range(0.88, 1.08)),
      shadow: this.#shadowOf(spot.stands ?? false, spot.size),
      parts: person.faceless ? "none" : person.whole ? "face of a figure" : "face of a head",
      thing,
    });
    return thing;
  }

  /** Lettering within a rectangle that it fills as far as its proportions allow. */
  line(
    box: readonly [x: number, y: number, width: number, height: number],
    ink?: Rgb,
    turn = 0,
    text?: string,
  ): number {
    const line = someLine(this.dice, this.art.typefaceCount, box, ink, turn, text);
    const number = /^\d+$/.test(line.text);
    const thing = this.add({ kind: "lettering", names: [number ? "number" : "word", "text"] });
    this.steps.push({ paint: "line", line, thing });
    return thing;
  }

  finish(label: string, scene: readonly string[]): Plan {
    return { label, scene, things: this.things, steps: this.steps, effects: someEffects(this.dice) };
  }

  #spot(spot: Partial<Spot> & Pick<Spot, "x" | "y" | "size">, turn: number): Spot {
    const { dice } = this;
    const radians = (Math.PI / 180) * turn;
    const bend = dice.chance(0.5) ? 1 : 0.4; // half of things stand about straight
    return {
      stands: false,
      aspect: Math.exp(0.08 * dice.normal()),
      turn: bend * dice.range(-radians, radians),
      mirror: dice.chance(0.5),
      ...spot,
    };
  }

  /** What a thing's surface always has, or a pattern that somebody printed on it. */
  #cover({ cover, dyed }: Noun, size: number, patterned: number): Cover | undefined {
    const { dice } = this;
    if (size < 0.14) return undefined; // nobody would see it
    if (cover !== undefined && cover !== "smooth") return coverOf(dice, cover, undefined, dice.range(0.2, 0.45));
    if (!dyed || !dice.chance(patterned)) return undefined;
    return coverOf(
      dice,
      dice.pick(PRINTS),
      colourNamed(dice, dice.pick(["white", "red", "blue", "yellow", "black"])),
      dice.range(0.75, 0.95),
    );
  }

  #shadowOf(stands: boolean, size: number): Shadow | undefined {
    const { dice } = this;
    const [dx, dy] = this.#light;
    if (dice.chance(0.12)) return undefined;
    const scale = Math.min(2 * size, 1);
    return {
      on: stands ? "ground" : "behind",
      dx: dx * scale,
      dy: dy * scale,
      strength: this.#shadow,
      softness: dice.range(1, 3),
    };
  }
}

/** Animals whose nostrils would be taken for eyes. */
const NOSTRILS = new Set(["pig", "frog", "tiger", "cow"]);

const PRINTS: readonly TextureName[] = [
  "horizontal stripes",
  "vertical stripes",
  "diagonal stripes",
  "dots",
  "checks",
  "grid",
];

const coverOf = (dice: Dice, name: TextureName, colour: Rgb | undefined, strength: number): Cover => ({
  texture: TEXTURE_NAMES.indexOf(name) + 1,
  pattern: patternOf(name, dice),
  colour,
  strength,
});
