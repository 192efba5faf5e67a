/** Small labels drawn with letters, for tests that a reader can check by eye. */
import {
  COLOUR_NAMES,
  type ColourName,
  type LabelledThing,
  type Labels,
  TEXTURE_NAMES,
} from "../../../src/data/labels/labels.js";

export interface Drawn extends Partial<Omit<LabelledThing, "parts">> {
  readonly colour?: ColourName;
  readonly texture?: (typeof TEXTURE_NAMES)[number];
  /** Drawings of parts: any letter but "." is the part. */
  readonly parts?: Readonly<Record<string, string>>;
}

const rowsOf = (drawing: string) => drawing.trim().split(/\s+/);

/** Labels of a square drawing, rows apart by spaces: "." is no thing, each letter the thing under that key, in the order of the keys. */
export function draw(drawing: string, things: Readonly<Record<string, Drawn>>, scene: readonly string[] = []): Labels {
  const rows = rowsOf(drawing);
  const size = rows.length;
  if (rows.some((row) => row.length !== size)) throw new Error("a drawing must be square");
  const keys = Object.keys(things);
  const letters = rows.join("");
  const plane = (value: (thing: Drawn, i: number) => number) =>
    Uint8Array.from(letters, (letter) => (letter === "." ? 0 : value(things[letter], keys.indexOf(letter))));
  return {
    ...{ size, scene },
    things: keys.map((key) => {
      const { parts = {}, names = [], kind = "object", material, shape } = things[key];
      const planes = Object.entries(parts).map(
        ([name, drawn]) =>
          [name, Uint8Array.from(rowsOf(drawn).join(""), (letter) => (letter === "." ? 0 : 1))] as const,
      );
      return { ...{ kind, names, material, shape }, parts: planes };
    }),
    thing: plane((_, i) => i + 1),
    colour: plane(({ colour }) => (colour ? COLOUR_NAMES.indexOf(colour) + 1 : 0)),
    texture: plane(({ texture }) => (texture ? TEXTURE_NAMES.indexOf(texture) + 1 : 0)),
  };
}

/** A mask as a drawing: "#" where it is 1. */
export const shown = (mask: Uint8Array): string => {
  const size = Math.sqrt(mask.length);
  return Array.from({ length: size }, (_, y) =>
    Array.from(mask.subarray(y * size, (y + 1) * size), (value) => (value ? "#" : ".")).join(""),
  ).join(" ");
};
