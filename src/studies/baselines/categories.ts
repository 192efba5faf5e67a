/** Concepts by category, as Broden's are (Bau et al., 2017): what kinds of things units are detectors of. */
import type { Atom } from "../../data/labels/query.js";

export const CATEGORIES = ["object", "part", "scene", "material", "texture", "colour", "shape", "place"] as const;
export type Category = (typeof CATEGORIES)[number];

/** Where a concept belongs. "object", "person", "text" and "background" are the most general names of things. */
export function categoryOf(atom: Atom): Category {
  switch (atom.is) {
    case "thing":
    case "object":
    case "person":
    case "text":
    case "background":
      return "object";
    case "light":
    case "dark":
      return "colour";
    default:
      return atom.is;
  }
}

/** A concept in a word: "dog", "red", "upper half". */
export const nameOf = (atom: Atom): string => ("name" in atom ? atom.name : atom.is === "place" ? atom.place : atom.is);
