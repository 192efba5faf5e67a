/**
 * A picture's labels as lists of atomic concepts: planes whose values stand for the concepts that are true there. The concepts are found in the labels as
 * they come, so a source needs no list of them; each is numbered when it is met first.
 */
import { DARK_COLOURS, evaluate, LIGHT_COLOURS } from "./evaluate.js";
import { COLOUR_NAMES, type LabelledThing, type Labels, TEXTURE_NAMES } from "./labels.js";
import { type Atom, PLACES } from "./query.js";

/** uint8 [y, x], and for each value the numbers of the concepts that it stands for. */
export interface ConceptPlane {
  readonly plane: Uint8Array;
  readonly concepts: readonly (readonly number[])[];
}

/** Numbers concepts as they are met. */
export class ConceptNumbers {
  readonly #atoms: Atom[] = [];
  readonly #numbers = new Map<string, number>();
  /** Numbers of each colour's, texture's, ... concepts, once made. */
  readonly #lists = new Map<string, readonly number[]>();

  /** The concepts met so far; a concept's number is its position. */
  get atoms(): readonly Atom[] {
    return this.#atoms;
  }

  /** The picture as planes. Every pixel has one value in each. */
  planes(labels: Labels): ConceptPlane[] {
    const { size, thing, things, colour, texture, scene, unlabelled = [] } = labels;
    const isKnown = !unlabelled.includes("object");
    const partNames = [...new Set(things.flatMap(({ parts = [] }) => parts.map(([name]) => name)))];
    const parts = partNames.map((name) => ({
      plane: evaluate({ is: "part", name }, labels),
      concepts: [[], this.#numbersOf([{ is: "part", name }])],
    }));
    return [
      { plane: thing, concepts: [undefined, ...things].map((one) => this.#numbersOf(atomsOfThing(one, isKnown))) },
      { plane: colour, concepts: this.#fixed("colour", [[], ...COLOUR_NAMES.map(atomsOfColour)]) },
      {
        plane: texture,
        concepts: this.#fixed("texture", [[], ...TEXTURE_NAMES.map((name) => [{ is: "texture", name } as const])]),
      },
      { plane: placesPlane(size), concepts: this.#fixed("place", PLACE_ATOMS) },
      {
        plane: new Uint8Array(thing.length),
        concepts: [this.#numbersOf([...new Set(scene)].map((name) => ({ is: "scene", name })))],
      },
      ...parts,
      ...this.#ownTextures(labels),
    ];
  }

  /** Textures by the source's names; pixels that `texture` calls the same are counted there. */
  #ownTextures(labels: Labels): ConceptPlane[] {
    const names = new Set((labels.textures ?? []).map(([name]) => name));
    return [...names].map((name) => {
      const atom = { is: "texture", name } as const;
      const counted = evaluate(atom, { ...labels, textures: [] });
      const plane = evaluate(atom, labels).map((value, at) => value & (1 - counted[at]));
      return { plane, concepts: [[], this.#numbersOf([atom])] };
    });
  }

  #fixed(what: string, atoms: readonly (readonly Atom[])[]): (readonly number[])[] {
    return atoms.map((list, value) => {
      const key = `${what} ${value}`;
      let numbers = this.#lists.get(key);
      if (numbers === undefined) this.#lists.set(key, (numbers = this.#numbersOf(list)));
      return numbers;
    });
  }

  #numbersOf(atoms: readonly Atom[]): number[] {
    return atoms.map((atom) => {
      const key = keyOf(atom);
      let number = this.#numbers.get(key);
      if (number === undefined) this.#numbers.set(key, (number = this.#atoms.push(atom) - 1));
      return number;
    });
  }
}

const keyOf = (atom: Atom) => `${atom.is} ${"name" in atom ? atom.name : "place" in atom ? atom.place : ""}`;

const KINDS = {
  object: ["object"],
  person: ["object", "person"],
  lettering: ["text"],
  surface: ["background"],
} as const;

/** @param isKnown whether objects were labelled: otherwise what has no name is not background. */
function atomsOfThing(thing: LabelledThing | undefined, isKnown: boolean): Atom[] {
  if (thing === undefined) return isKnown ? [{ is: "background" }] : [];
  return [
    ...[...new Set(thing.names)].map((name): Atom => ({ is: "thing", name })),
    ...(isKnown || thing.names.length > 0 ? KINDS[thing.kind].map((is): Atom => ({ is })) : []),
    ...(thing.material === undefined ? [] : [{ is: "material", name: thing.material } as const]),
    ...(thing.shape === undefined ? [] : [{ is: "shape", name: thing.shape } as const]),
  ];
}

const atomsOfColour = (name: (typeof COLOUR_NAMES)[number]): Atom[] => [
  { is: "colour", name },
  ...(LIGHT_COLOURS.includes(name) ? [{ is: "light" } as const] : []),
  ...(DARK_COLOURS.includes(name) ? [{ is: "dark" } as const] : []),
];

/** [sum of 2^i over the places i that a pixel is in]: those places. */
const PLACE_ATOMS: readonly (readonly Atom[])[] = Array.from({ length: 2 ** PLACES.length }, (_, bits) =>
  PLACES.filter((_place, i) => bits & (2 ** i)).map((place) => ({ is: "place", place })),
);

let places: { readonly size: number; readonly plane: Uint8Array } | undefined;

function placesPlane(size: number): Uint8Array {
  if (places?.size === size) return places.plane;
  const plane = new Uint8Array(size * size);
  const empty: Labels = { size, scene: [], things: [], thing: plane, colour: plane, texture: plane };
  const masks = PLACES.map((place) => evaluate({ is: "place", place }, empty));
  const packed = plane.map((_, at) => masks.reduce((bits, mask, i) => bits + mask[at] * 2 ** i, 0));
  places = { size, plane: packed };
  return packed;
}
