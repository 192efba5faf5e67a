/**
 * What there is in the made world: things by name, what they are a kind of, what they are made of, which drawings show them and how
 * freely those may be turned and dyed. `scripts/gather-art.js` gathers exactly the drawings that are named here.
 */
import { MADE_NOUNS } from "./made-nouns.js";
import { NATURAL_NOUNS } from "./natural-nouns.js";
import type { Noun } from "./noun.js";

export const NOUNS: Readonly<Record<string, Noun>> = { ...NATURAL_NOUNS, ...MADE_NOUNS };
