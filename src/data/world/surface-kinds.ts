/** The kinds of surfaces there are: what they are called, made of, and how they may look. */
import type { TextureName } from "../labels/labels.js";

/** How a surface may vary: as a texture that has a name, or as something else. */
export type Look = TextureName | "clouds" | "stone" | "dunes" | "stars" | "crowd" | "grain" | "depth";

export interface Kind {
  readonly names: string;
  readonly material?: string;
  readonly looks: readonly Look[];
  /** Pairs of colours, hex. */
  readonly colours: string;
  /** It lies flat: its pattern gets finer towards the horizon. */
  readonly lies?: boolean;
  /** How far the colours may stray from the table's. */
  readonly stray?: number;
  /** Every spot of it has another hue, as clothes of people do. */
  readonly motley?: boolean;
  /** How grainy it may be. */
  readonly rough?: number;
}
const STRIPED = ["horizontal stripes", "vertical stripes", "diagonal stripes", "dots", "checks", "grid"] as const;
const PLAIN =
  "f2ead8-ffffff c8dce8-e8f4ff e8d0c0-fff0e4 cfe0c4-eef8e4 d8c8e4-f4ecff f4e4a8-fff8dc b8c4cc-dfe6ea e8b8b0-f8d8d0 88a8b8-a8c4d0 c87860-dc9880";
const CLOTH =
  "c83c3c-f4f0e8 2850a0-e8eef8 287848-e8f0d8 e8b830-fff4d0 703888-e0c8f0 303038-c8c8d0 e87898-fff0f4 e87828-fff0d8 784828-e0c8a0 2898b8-f0fcff ffffff-282830 c82040-204090";

export const KINDS = {
  grass: {
    names: "grass,ground",
    material: "grass",
    looks: ["speckles", "fur", "grain"],
    colours: "5a9a3c-3c7828 78b048-4c8c30 8cbc50-6aa03c 6aa860-447c40",
    lies: true,
  },
  meadow: {
    names: "grass,ground",
    material: "grass",
    looks: ["speckles"],
    colours: "6aa840-f0e060 64a048-f0a0c0 70b050-f4f4e8",
    lies: true,
  },
  field: {
    names: "field,ground",
    material: "grass",
    looks: ["horizontal stripes", "vertical stripes", "fur"],
    colours: "b8a040-d8c468 8a9a3c-b0b858 a87c48-7a9a44 c8a838-e4cc60",
    lies: true,
  },
  pitch: {
    names: "pitch,ground",
    material: "grass",
    looks: ["vertical stripes", "horizontal stripes", "smooth"],
    colours: "48a040-5cb850 3c9038-50a84c",
    lies: true,
    stray: 0.06,
  },
  soil: {
    names: "soil,ground",
    material: "soil",
    looks: ["speckles", "grain", "horizontal stripes"],
    colours: "7a5234-5c3a22 8c6444-6a4428",
    lies: true,
  },
  sand: {
    names: "sand,ground",
    material: "sand",
    looks: ["speckles", "grain", "dunes", "waves"],
    colours: "e8d09c-d4b478 f0dcb0-dcc490 e4c488-c8a060",
    lies: true,
  },
  "desert sand": {
    names: "sand,ground",
    material: "sand",
    looks: ["dunes", "waves", "grain"],
    colours: "e8b878-c88c4c f0c888-d49c58 e0a060-b87440",
    lies: true,
  },
  snow: {
    names: "snow,ground",
    material: "snow",
    looks: ["smooth", "dunes", "grain"],
    colours: "ffffff-e0ecf8 f4f8ff-d4e4f4",
    lies: true,
    stray: 0.04,
  },
  sea: {
    names: "water",
    material: "water",
    looks: ["waves"],
    colours: "2070b0-4898d0 186090-60b0c8 3088a8-70c0d0 205888-3c80b0 4a7888-7aa0a8",
    lies: true,
  },
  river: {
    names: "water",
    material: "water",
    looks: ["waves", "grain"],
    colours: "4088b0-78b8d8 508878-88b0a0 3a78a0-a0c8e0",
    lies: true,
  },
  "deep water": {
    names: "water",
    material: "water",
    looks: ["depth"],
    colours: "38a8d8-0c4080 40c0c8-0c5070 2888c0-082c60",
  },
  sky: {
    names: "sky",
    looks: ["smooth"],
    colours: "a8d8f8-58a8e8 d8ecf8-80b8e8 f8d8b0-88b0e0 c8d4dc-a0b0c0 ffc890-e87858",
    stray: 0.08,
    rough: 0.04,
  },
  "cloudy sky": {
    names: "sky",
    looks: ["clouds"],
    colours: "5098e0-f8fcff 78b0e8-ffffff 8898a8-d8dce0 4880c8-e8f0f8",
    stray: 0.08,
    rough: 0.04,
  },
  "night sky": {
    names: "sky",
    looks: ["stars"],
    colours: "0c1030-f8f4d8 141838-ffffff 1c1430-f0e8ff 081020-c8d8ff",
    stray: 0.05,
    rough: 0.04,
  },
  mountain: {
    names: "mountain,natural object",
    material: "rock",
    looks: ["stone"],
    colours: "8090a8-58687c a09080-6c5c50 7c8878-505c50 98a8c0-6878a0",
  },
  rock: {
    names: "rock",
    material: "rock",
    looks: ["stone", "speckles"],
    colours: "989088-605850 a8a8a8-707478 b09478-785c44",
  },
  foliage: {
    names: "foliage,plant",
    material: "leaves",
    looks: ["leaves"],
    colours: "183c18-5c9c3c 1c4420-80a848 283c14-a0b040 143820-489058 4c2c10-d08830",
  },
  hedge: { names: "hedge,plant", material: "leaves", looks: ["leaves"], colours: "1c4c1c-4c8c38 20502c-60a050" },
  bark: {
    names: "trunk,tree",
    material: "wood",
    looks: ["fur", "vertical stripes", "stone"],
    colours: "6c4c34-3c281c 8c7058-584438 c8c0b4-585048",
  },
  asphalt: {
    names: "road,ground",
    material: "asphalt",
    looks: ["speckles", "grain", "smooth"],
    colours: "505458-74787c 686c70-8c9094 404448-5c6064",
    lies: true,
    stray: 0.06,
  },
  pavement: {
    names: "pavement,ground",
    material: "stone",
    looks: ["grid", "checks", "bricks"],
    colours: "b4b0a8-8c8880 c8c0b0-a09888 a4a8ac-7c8084",
    lies: true,
    stray: 0.06,
  },
  "brick wall": {
    names: "wall",
    material: "brick",
    looks: ["bricks"],
    colours: "b05840-d8ccc0 984430-c8b8a8 c88868-e8dccc 8c6858-beb4a8 d8c8a8-8c8070",
  },
  "painted wall": { names: "wall", material: "plaster", looks: ["smooth"], colours: PLAIN },
  wallpaper: {
    names: "wall",
    material: "paper",
    looks: [...STRIPED],
    colours: "f4ecd8-d8c0a0 dce8f0-a8c4d8 f4dce0-e0a8b4 e4ecd8-b4c8a0 ece4f4-c4b4dc f0e0b8-c89c58 c8d4d0-7ca098",
  },
  tiles: {
    names: "tile,wall",
    material: "ceramic",
    looks: ["grid"],
    colours: "f4f8f8-a8bcc0 d0e8ec-8cb0b8 e8f0e0-a0b494 b8d4e8-f8fcff 88b8b0-e8f4f0 f0e0d0-b89c84",
    stray: 0.06,
  },
  "tiled floor": {
    names: "tile,floor",
    material: "ceramic",
    looks: ["checks", "grid"],
    colours: "f0f0e8-404448 e8e0d0-a88c70 dce8ec-88a8b4 f4ecdc-b85040",
    lies: true,
  },
  "wooden floor": {
    names: "floor",
    material: "wood",
    looks: ["planks"],
    colours: "c89864-7c5430 a8744c-64401f d8b484-9c7448 8c5c3c-50301c",
    lies: true,
  },
  "wooden wall": {
    names: "wall",
    material: "wood",
    looks: ["planks", "vertical stripes"],
    colours: "b88858-7c5430 946444-5c3c24 d4b080-a07c50 a04838-6c2c20",
  },
  wood: {
    names: "board",
    material: "wood",
    looks: ["planks", "smooth"],
    colours: "b07c48-744c28 946038-5c3820 d0a870-a87c4c",
  },
  carpet: {
    names: "carpet,floor",
    material: "cloth",
    looks: ["woven", "smooth", "dots", "diagonal stripes", "grain"],
    colours: "a04848-783030 486890-304c70 707478-54585c 648054-486040 a8905c-80683c 784878-583058",
    lies: true,
  },
  cloth: { names: "cloth", material: "cloth", looks: [...STRIPED, "woven", "smooth"], colours: CLOTH },
  curtain: { names: "curtain", material: "cloth", looks: ["vertical stripes"], colours: CLOTH },
  metal: {
    names: "metal plate",
    material: "metal",
    looks: ["smooth", "horizontal stripes", "grid"],
    colours: "a8b0b8-d0d8dc 8c949c-b4bcc4 707880-989ea4",
    stray: 0.06,
  },
  paper: {
    names: "paper",
    material: "paper",
    looks: ["smooth", "grid", "horizontal stripes", "dots"],
    colours: "f8f4e8-ffffff f0e8d0-b8c8e0 fff8d8-f0e0a0 f8e0e8-e0a0b8",
  },
  backdrop: {
    names: "backdrop",
    looks: ["smooth"],
    colours: `${PLAIN} 282830-484850 a02838-c84858 205088-4080b8 206840-48a068 683078-9050a0 d8a020-f0c858 d06018-f09048 ffffff-e8e8e8 805030-a87850`,
  },
  speckled: { names: "backdrop", looks: ["speckles", "fur", "stone", "waves", "leaves", "woven"], colours: CLOTH },
  straw: {
    names: "straw,ground",
    material: "straw",
    looks: ["fur", "woven"],
    colours: "d8b858-a88430 e4cc80-b8944c",
    lies: true,
  },
  "blackboard green": {
    names: "blackboard",
    looks: ["smooth"],
    colours: "1c4434-285848 202428-303438 244c3c-30604c",
    stray: 0.05,
  },
  crowd: { names: "crowd", looks: ["crowd"], colours: "484860-e0c0a0 605058-f0d8c0 383c48-e0c0a0", motley: true },
  "glass front": {
    names: "window",
    material: "glass",
    looks: ["grid", "smooth"],
    colours: "a8d0e8-f4f8f8 78a8c8-d0e0e8 c8e0ec-607c8c",
  },
  "lit front": {
    names: "building",
    material: "stone",
    looks: ["checks", "grid", "dots"],
    colours: "1c2030-f0d060 282430-e8b840 181c2c-a8c0e8 302c34-f8e8a0",
  },
  "day front": {
    names: "building",
    material: "stone",
    looks: ["grid", "checks", "bricks"],
    colours: "5c7488-b8b0a4 48607c-c88868 6c88a0-dcd0bc 506478-a89890 7090a8-e8e0d4",
  },
} as const satisfies Record<string, Kind>;

export type SurfaceKind = keyof typeof KINDS;
export const SURFACE_KINDS = Object.keys(KINDS) as SurfaceKind[];
/** Names and textures that a kind of surface may have. */
export const namesOfSurface = (kind: SurfaceKind): string[] => (KINDS[kind] as Kind).names.split(",");
