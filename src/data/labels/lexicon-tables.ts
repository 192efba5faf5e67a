/**
 * The words of `lexicon.ts`, as data. Of every list the first entry is the plainest; `heard` words are understood and never said. Nouns
 * are in the singular; where a name has no plural the list says the only form. British and American spelling are both heard.
 */
import type { ColourName, TextureName } from "./labels.js";
import type { Place, Region, Relation } from "./query.js";

export interface Wording {
  readonly adjectives: readonly string[];
  readonly nouns: readonly string[];
  readonly heard?: readonly string[];
}

const words = (adjectives: string, nouns = "", heard = ""): Wording => ({
  adjectives: split(adjectives),
  nouns: split(nouns),
  heard: split(heard),
});
const split = (list: string) => (list === "" ? [] : list.split(", "));

export const COLOUR_WORDS: Record<ColourName, Wording> = {
  black: words("black, blackish", "", "jet black"),
  white: words("white, whitish", "", "off white, off-white, ivory, cream"),
  grey: words("grey, greyish", "", "gray, grayish, silvery, silver"),
  red: words("red, reddish", "", "crimson, scarlet"),
  green: words("green, greenish", "", "lime"),
  blue: words("blue, bluish", "", "navy, bluey"),
  yellow: words("yellow, yellowish", "", "golden"),
  orange: words("orange, orangish", "", "orangey"),
  brown: words("brown, brownish", "", "tan, beige"),
  pink: words("pink, pinkish", "", "magenta"),
  purple: words("purple, purplish", "", "violet, lavender, mauve"),
};

export const TEXTURE_WORDS: Record<TextureName, Wording> = {
  smooth: words("smooth, plain, even", "", "solid, solid coloured, uniform, untextured, flat"),
  "horizontal stripes": words(
    "horizontally striped",
    "horizontal stripe, horizontal line",
    "horizontal, sideways stripe, horizontal bar, horizontal striped",
  ),
  "vertical stripes": words(
    "vertically striped",
    "vertical stripe, vertical line, upright stripe",
    "vertical, vertical bar, upright line, vertical striped",
  ),
  "diagonal stripes": words(
    "diagonally striped",
    "diagonal stripe, slanted stripe, diagonal line",
    "diagonal, slanting stripe, slanted line, slanting line, oblique line, oblique stripe, diagonal striped",
  ),
  dots: words("dotted, spotted", "dot, spot, polka dot", "polka dotted, polka-dotted, dotty"),
  checks: words("checkered, chequered", "check, checkerboard, checked pattern", "checked, chequer, chessboard, plaid"),
  grid: words("grid-like, meshed", "grid, mesh, grid of lines", "gridded, lattice, netting, grid line, gridlike"),
  speckles: words("speckled, flecked", "speckle, fleck", "grainy, mottled, speck"),
  fur: words("furry, hairy", "fur, hair", "fluffy, shaggy"),
  leaves: words("leafy", "leaf, foliage", "leaved"),
  waves: words("wavy, rippled", "wave, ripple", "wavy line, rippling"),
  bricks: words("bricked", "brick, brickwork", ""),
  planks: words("planked", "plank, board", "boarded, wooden board"),
  woven: words("woven, knitted", "weave, woven cloth", "knit, wickerwork, wicker"),
};

/** What "stripes" and "striped" stand for when no direction is given. */
export const STRIPES: readonly TextureName[] = ["horizontal stripes", "vertical stripes", "diagonal stripes"];
export const STRIPE_WORDS = words("striped, stripy", "stripe, line", "stripey, streaked, bar, lined, stripped");

/** What "patterned" stands for. */
export const PATTERN_WORDS = words("patterned", "pattern", "textured, texture, design");

export const KIND_WORDS: Record<"object" | "person" | "text" | "background" | "light" | "dark", Wording> = {
  object: words("", "object", "thing or person"),
  person: words("", "person, human, human figure", "human being, someone, somebody"),
  text: words(
    "",
    "text, lettering, writing",
    "word, letter, printed word, number, digit, letters and numbers, caption, written word",
  ),
  background: words("", "background, backdrop", "surrounding, surroundings"),
  light: words(
    "bright, light, pale",
    "bright area",
    "light coloured, light colored, brightly lit, brightness, lit, brighter, lighter, light colour, light color",
  ),
  dark: words(
    "dark, dim",
    "dark area",
    "dark coloured, dark colored, darkness, shadow, shadowy, shade, dark colour, dark color, darker",
  ),
};

/** Adjectives of materials; a material that is not here is its own adjective: "glass", "brick". */
export const MATERIAL_ADJECTIVES: Readonly<Record<string, readonly string[]>> = {
  wood: ["wooden"],
  metal: ["metallic", "metal"],
  stone: ["stone", "stony"],
  grass: ["grassy"],
  water: ["watery"],
  sand: ["sandy"],
  glass: ["glass", "glassy"],
  fur: ["furry"],
  snow: ["snowy"],
  tile: ["tiled"],
  tiles: ["tiled"],
  brick: ["brick"],
  leather: ["leather"],
  wool: ["woollen", "woolen"],
  rock: ["rocky"],
  ice: ["icy"],
  cloud: ["cloudy"],
  feathers: ["feathered", "feathery"],
  leaves: ["leafy"],
};

/** Adjectives of shapes; one that is not here takes "-shaped". */
export const SHAPE_ADJECTIVES: Readonly<Record<string, readonly string[]>> = {
  circle: ["round", "circular", "rounded"],
  disc: ["round", "circular", "rounded"],
  round: ["round", "circular", "rounded"],
  ball: ["ball-shaped", "spherical"],
  sphere: ["spherical"],
  square: ["square"],
  rectangle: ["rectangular"],
  triangle: ["triangular"],
  oval: ["oval"],
  ellipse: ["elliptical", "oval"],
  hexagon: ["hexagonal"],
  pentagon: ["pentagonal"],
  octagon: ["octagonal"],
  cylinder: ["cylindrical"],
  cone: ["conical"],
  curve: ["curved", "curvy"],
};

/**
 * Words for one and the same, for names that sources choose: whichever of them a source has, the others mean it as well. Only what
 * may be said of anything that bears the other name; a puppy is a dog, but dogs are no puppies.
 */
export const SYNONYMS: readonly (readonly string[])[] = [
  ["car", "automobile", "motorcar"],
  ["bicycle", "bike", "cycle"],
  ["motorcycle", "motorbike"],
  ["truck", "lorry"],
  ["airplane", "aeroplane", "plane"],
  ["ship", "vessel"],
  ["sofa", "couch", "settee"],
  ["television", "tv", "tv set"],
  ["telephone", "phone"],
  ["computer", "pc"],
  ["cup", "mug"],
  ["bunny", "rabbit"],
  ["hen", "chicken"],
  ["insect", "bug"],
  ["plant", "vegetation"],
  ["flower", "blossom", "bloom"],
  ["clothing", "clothes", "garment", "apparel"],
  ["vehicle", "means of transport"],
  ["house", "home"],
  ["street", "road", "roadway"],
  ["forest", "woods", "woodland"],
  ["sea", "ocean"],
  ["beach", "seaside", "shore"],
  ["shop", "store"],
  ["picture", "painting"],
  ["sign", "signboard", "signpost"],
  ["mountain", "mountains", "hill"],
  ["ground", "floor"],
  ["fabric", "cloth", "textile"],
  ["stone", "rock"],
  ["soil", "earth", "dirt"],
  ["asphalt", "tarmac"],
  ["circle", "disc", "disk"],
  ["oval", "ellipse"],
  ["square", "quadrangle"],
  ["sphere", "ball", "globe", "orb"],
  ["indoors", "indoor", "interior", "indoor place"],
  ["outdoors", "outdoor", "outside", "outdoor place"],
  ["countryside", "rural scene", "country"],
  ["bathroom", "washroom"],
  ["living room", "sitting room", "lounge"],
  ["muzzle", "snout"],
  ["wheel", "wheels", "tyre", "tire"],
  ["eye", "eyes"],
  ["leg", "legs"],
  ["ear", "ears"],
  ["wing", "wings"],
  ["leaf", "leaves"],
  ["window", "windows"],
  ["toy", "plaything"],
  ["animal", "creature", "beast"],
  ["woman", "lady"],
  ["child", "kid"],
];

/**
 * Nouns that claim nothing: what matters is what is said of them. In "things above a car" and "edges of things" those of the first list
 * stand for objects, those of the second for anything that covers pixels.
 */
export const THINGS = ["thing", "item"] as const;
export const AREAS = ["area", "region", "part", "spot"] as const;
export const THINGS_HEARD = split(
  "something, anything, everything, one, stuff, element, other thing, one thing, kind of thing, product",
);
export const AREAS_HEARD = split(
  "section, portion, piece, bit, patch, surface, colour, color, shade, shape, form, detail, feature, zone, segment, point, kind, type, sort, " +
    "variety, group, set, pair, row, bunch, collection, colouring, coloring, tone, hue, pixel, place, space, mark, instance, example, presence, pattern, texture, design",
);
/** The picture itself. */
export const PICTURE = ["picture", "image", "photo", "scene", "photograph", "frame", "view", "shot"] as const;

export const REGION_WORDS: Record<Region, readonly string[]> = {
  top: [
    "top",
    "upper part",
    "top part",
    "upper portion",
    "upper half",
    "top half",
    "top edge",
    "upper side",
    "top side",
    "tip",
  ],
  bottom: [
    "bottom",
    "lower part",
    "bottom part",
    "lower portion",
    "lower half",
    "bottom half",
    "bottom edge",
    "lower side",
    "underside",
    "base",
  ],
  "left side": ["left side", "left part", "left half", "left edge", "left hand side", "left", "left-hand side"],
  "right side": ["right side", "right part", "right half", "right edge", "right hand side", "right", "right-hand side"],
  centre: ["centre", "middle", "central part", "center", "inner part", "middle part", "central area"],
  edges: ["edge", "outline", "border", "boundary", "contour", "rim", "side", "outer edge", "silhouette"],
};
/** How many of each list are said; the rest are heard. */
export const REGION_SAID: Record<Region, number> = {
  top: 3,
  bottom: 3,
  "left side": 2,
  "right side": 2,
  centre: 3,
  edges: 4,
};

export const PLACE_WORDS: Record<Place, readonly string[]> = {
  "upper half": ["upper half", "upper part", "top", "top half"],
  "lower half": ["lower half", "lower part", "bottom", "bottom half"],
  "left half": ["left half", "left side", "left"],
  "right half": ["right half", "right side", "right"],
  middle: ["middle", "centre", "central part"],
  border: ["border", "outer edge", "margin", "edge"],
};

/** [what] word [to]. */
export const RELATION_WORDS: Record<Relation, readonly string[]> = {
  above: ["above", "over"],
  below: ["below", "under", "beneath", "underneath"],
  beside: ["beside", "next to", "near", "by", "alongside"],
  inside: ["inside", "within", "surrounded by", "enclosed by"],
  "in front of": ["in front of"],
  behind: ["behind"],
  with: ["with", "that have", "having"],
};
export const RELATION_HEARD: Record<Relation, readonly string[]> = {
  above: ["higher than", "up above"],
  below: ["lower than", "underneath of", "down below"],
  beside: [
    "close to",
    "around",
    "surrounding",
    "adjacent to",
    "at the side of",
    "to the side of",
    "against",
    "besides",
  ],
  inside: ["inside of", "contained in", "encircled by", "between"],
  "in front of": ["before"],
  behind: ["in back of", "at the back of"],
  with: [
    "which have",
    "that has",
    "which has",
    "bearing",
    "featuring",
    "wearing",
    "carrying",
    "holding",
    "together with",
    "along with",
  ],
};
