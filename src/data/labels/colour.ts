/**
 * Which basic colour term a colour would be called by: the nearest of some ninety typical colours in CIELAB, where distances are roughly those that
 * people see. One word a colour; between two terms (turquoise, beige, peach) it decides by the nearest of its examples.
 */
import { COLOUR_NAMES, type ColourName } from "./labels.js";

/** Typical colours of each term, sRGB: light and dark, strong and pale. */
const EXAMPLES: Readonly<Record<ColourName, string>> = {
  black: "000000 141414 1c1c24 241a14 101c14 222222 1a1410",
  white: "ffffff f2f2f2 fffff2 f0f6fc f8f0e8 e6e6e6 e8eef4",
  grey: "808080 a8a8a8 606060 c4c4c4 424242 7a8590 908a84 b0b8c0 55606a bab4ac",
  red: "ff0000 d01020 b01818 8b0000 e8402f c83c3c 6a0d12 dc3545 a83232",
  green:
    "008000 00c000 3cb43c 1e5a28 90ee90 7fae4a 556b2f 9acd32 2e8b57 00ff7f 123a1a b8e0b0 6b8e4e 8aa05a 3f5f2a c8e878",
  blue: "0000ff 1e5ad2 87ceeb 4682b4 000080 00bfff add8e6 1a2a5e 20b2c8 6f8fd8 40c8e0 101a3c 5078a0 c8e4f8 2f4f7f 0f7fa8",
  yellow: "ffff00 ffd700 f5e050 fff59a e0c020 d8d050 f8e890 ffc928",
  orange: "ff8c00 ffa500 f07828 ffb060 e06a10 ff7043 f5a742",
  brown: "8b4513 5c3a1e a0703c c49a6c 3d2b1f 6b5a40 d2b48c 7a4a3a e2cda8 b07a50 9a8262",
  pink: "ffc0cb ff69b4 ff1493 f4a6a6 e87a9a ffd8dc d8708f ffdcc8 f0c0b0 c86a80",
  purple: "800080 9932cc 6a3fb0 b48ee0 4b1a6e d8b8f0 c040c0 5a4a8a 8a5a9a a070c8 2e1440",
};

/** CIELAB of sRGB 0..255, white D65. */
export function labOf(r: number, g: number, b: number): [lightness: number, a: number, b: number] {
  const [R, G, B] = [linear(r), linear(g), linear(b)];
  const x = root((0.4124 * R + 0.3576 * G + 0.1805 * B) / 0.9505);
  const y = root(0.2126 * R + 0.7152 * G + 0.0722 * B);
  const z = root((0.0193 * R + 0.1192 * G + 0.9505 * B) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const linear = (value: number) => (value <= 10.3 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const root = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);

const PROTOTYPES = COLOUR_NAMES.flatMap((name, at) =>
  EXAMPLES[name].split(" ").map((hex) => {
    const channels = [0, 2, 4].map((from) => Number.parseInt(hex.slice(from, from + 2), 16));
    return [at + 1, ...labOf(channels[0], channels[1], channels[2])] as const;
  }),
);

/** The nearest term of each cell of 8 x 8 x 8 colours, found when first asked for: 0 is not yet. */
const known = new Uint8Array(32 ** 3);

/**
 * The basic colour term of a colour, as `Labels.colour` numbers it: 1 black to 11 purple. Colours are told apart in steps of eight.
 * @param r @param g @param b sRGB, 0..255.
 */
export function colourOf(r: number, g: number, b: number): number {
  const cell = ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
  return known[cell] || (known[cell] = nearest((r & ~7) + 4, (g & ~7) + 4, (b & ~7) + 4));
}

function nearest(r: number, g: number, b: number): number {
  const [lightness, alpha, beta] = labOf(r, g, b);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [term, l, a, bb] of PROTOTYPES) {
    // Lightness counts less than hue: dark red is red, and light green is green.
    const distance = 0.5 * (lightness - l) ** 2 + (alpha - a) ** 2 + (beta - bb) ** 2;
    if (distance < least) [best, least] = [term, distance];
  }
  return best;
}
