/**
 * What a description claims, as a question to the labels of a picture: composed of a few atoms by a few operators, not picked from a
 * list of sentences. `evaluate.ts` answers it, `studies/grading` reads it out of a description, simulated annotators put it into words.
 */

/** Names are those of `labels.ts`; a query never holds synonyms or plurals. */
export type Query =
  /** Things of this name ("dog", "animal"), or pictures of this scene ("kitchen"). */
  | { readonly is: "thing" | "scene" | "colour" | "texture" | "material" | "shape"; readonly name: string }
  /** Named parts that the labels know: "face" in all pictures, or the wheels of cars. */
  | { readonly is: "part"; readonly name: string; readonly of?: Query | undefined }
  /** Objects and people of any name; lettering; whatever is neither. */
  | { readonly is: "object" | "person" | "text" | "background" }
  /** Pixels lighter or darker than usual: white and light colours, or black and dark ones. */
  | { readonly is: "light" | "dark" }
  /** `and` of nothing is everything, `or` of nothing is nothing. */
  | { readonly is: "and" | "or"; readonly of: readonly Query[] }
  | { readonly is: "not"; readonly of: Query }
  /** A region of each connected area that `of` covers: its upper third, ..., or a rim along its boundary. */
  | { readonly is: "region"; readonly region: Region; readonly of: Query }
  /** A region of the picture itself. */
  | { readonly is: "place"; readonly place: Place }
  /** `what` where it lies so to something that `to` covers, in the same picture. */
  | { readonly is: Relation; readonly what: Query; readonly to: Query };

export const REGIONS = ["top", "bottom", "left side", "right side", "centre", "edges"] as const;
export type Region = (typeof REGIONS)[number];

export const PLACES = ["upper half", "lower half", "left half", "right half", "middle", "border"] as const;
export type Place = (typeof PLACES)[number];

export const RELATIONS = ["above", "below", "beside", "inside", "in front of", "behind", "with"] as const;
export type Relation = (typeof RELATIONS)[number];

/** The queries that are composed of no others. */
export type Atom =
  | { readonly is: "thing" | "scene" | "colour" | "texture" | "material" | "shape" | "part"; readonly name: string }
  | { readonly is: "object" | "person" | "text" | "background" | "light" | "dark" }
  | { readonly is: "place"; readonly place: Place };
