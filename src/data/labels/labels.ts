/**
 * What a picture shows, pixel by pixel: the one form in which everything that knows a picture's contents says so. The rendered world
 * knows them exactly (`data/world`), photographs with boxes or masks know their objects and have their colours and textures measured. Simulated
 * annotators read it, queries are evaluated on it, descriptions are graded against it.
 *
 * A picture is square, as networks see it. Planes are uint8 [y, x]; 0 stands for "not known" or "none", n for the n-th name of a list.
 */

/** The eleven basic colour terms of English (Berlin and Kay, 1969), as `Labels.colour` numbers them from 1. */
export const COLOUR_NAMES = [
  ...["black", "white", "grey", "red", "green", "blue", "yellow", "orange", "brown", "pink", "purple"],
] as const;
export type ColourName = (typeof COLOUR_NAMES)[number];

/** How a surface varies, as `Labels.texture` numbers them from 1. Stripes are named by the direction they run in. */
export const TEXTURE_NAMES = [
  ...[
    "smooth",
    "horizontal stripes",
    "vertical stripes",
    "diagonal stripes",
    "dots",
    "checks",
    "grid",
    "speckles",
    "fur",
  ],
  ...["leaves", "waves", "bricks", "planks", "woven"],
] as const;
export type TextureName = (typeof TEXTURE_NAMES)[number];

/** What a thing is, broadly. Surfaces are what objects stand on or in front of: ground, wall, sky. */
export const THING_KINDS = ["object", "person", "lettering", "surface"] as const;
export type ThingKind = (typeof THING_KINDS)[number];

/** One thing in a picture. */
export interface LabelledThing {
  readonly kind: ThingKind;
  /** What it is called, most specific first, then what that is a kind of: "dog", "animal". Lower case, singular. */
  readonly names: readonly string[];
  /** What it is made of: "wood", "metal", "grass"; undefined where nobody knows. */
  readonly material?: string | undefined;
  /** Its outline, where it has a plain one: "circle", "square", "triangle", ... */
  readonly shape?: string | undefined;
  /** Named parts that the source knows: [part, plane], plane uint8 [y, x], not 0 where the part is visible. "face", "wheel", "eyes". */
  readonly parts?: readonly (readonly [name: string, plane: Uint8Array])[] | undefined;
}

/** What labels are about. */
export const LABEL_KINDS = ["object", "part", "scene", "material", "texture", "colour", "shape"] as const;
export type LabelKind = (typeof LABEL_KINDS)[number];

export interface Labels {
  /** Side of all planes, pixels. */
  readonly size: number;
  /** What place the picture shows, and what that is a kind of: ["kitchen", "indoors"]; empty when it shows none. */
  readonly scene: readonly string[];
  /** In the order in which they were painted: later ones hide earlier ones. At most 255. */
  readonly things: readonly LabelledThing[];
  /** [y, x]: 1 + the position in `things` of the thing that is seen there. */
  readonly thing: Uint8Array;
  /** [y, x]: 1 + the position in `COLOUR_NAMES`. */
  readonly colour: Uint8Array;
  /** [y, x]: 1 + the position in `TEXTURE_NAMES`. */
  readonly texture: Uint8Array;
  /** Textures by the source's own names, which may overlap: [name, plane], plane uint8 [y, x], not 0 where it is seen. */
  readonly textures?: readonly (readonly [name: string, plane: Uint8Array])[] | undefined;
  /** What nobody labelled in this picture, so that its absence says nothing; undefined where everything was. */
  readonly unlabelled?: readonly LabelKind[] | undefined;
}

/** Pictures whose contents are known. */
export interface LabelSource {
  /** For messages: where the labels come from. */
  readonly title: string;
  /** All names that things and scenes may have, for reading descriptions. */
  readonly names: ReadonlySet<string>;
  /** The pictures it knows, where others lie beside them that are not meant; undefined where all are. */
  readonly files?: ReadonlySet<string> | undefined;
  /**
   * What a picture shows.
   * @param file its path below the probe set, as in `probe.csv`.
   * @param size side of the planes that are wanted, pixels.
   * Errors: `UserError` for a picture it does not know.
   */
  labels(file: string, size: number): Promise<Labels>;
}
