/**
 * The basic colour term of a pixel, as people name colours in photographs: by lightness, chroma and hue in OKLab (Ottosson, 2020), whose hues
 * are even enough for plain bounds. Where people disagree (teal, olive, tan) the bounds take a side.
 */
import { COLOUR_NAMES, type ColourName } from "./labels.js";

/** sRGB 0..255 to linear light 0..1. */
const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** Lightness 0..1, chroma 0..0.37, hue in degrees 0..360, of sRGB 0..255. */
export function okLch(red: number, green: number, blue: number): [lightness: number, chroma: number, hue: number] {
  const [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const x = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const y = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const hue = (Math.atan2(y, x) * 180) / Math.PI;
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, Math.hypot(x, y), (hue + 360) % 360];
}

/** The colour's name. @param red, green, blue sRGB, whole numbers 0..255. */
export function colourOf(red: number, green: number, blue: number): ColourName {
  const [lightness, chroma, hue] = okLch(red, green, blue);
  if (lightness < 0.17 || (lightness < 0.27 && chroma < 0.07)) return "black";
  // Shadows carry the camera's casts, and so do highlights: more chroma is needed there to be a colour.
  const least = lightness < 0.4 ? 0.04 : lightness > 0.86 ? 0.035 : 0.028;
  if (chroma < least) return lightness < 0.34 ? "black" : lightness > 0.84 ? "white" : "grey";
  return ofHue(lightness, chroma, hue);
}

function ofHue(lightness: number, chroma: number, hue: number): ColourName {
  const isPale = chroma < 0.055 && lightness > 0.83;
  if (hue >= 345 || hue < 16) {
    if (lightness > 0.6 || (lightness > 0.52 && chroma > 0.17)) return "pink";
    return hue >= 345 && hue < 353 ? "purple" : chroma > 0.08 ? "red" : "brown";
  }
  if (hue < 40) {
    if (chroma > 0.125 && lightness < 0.69) return "red";
    return lightness > 0.68 ? (isPale && hue > 25 ? "white" : "pink") : chroma > 0.1 && hue < 30 ? "red" : "brown";
  }
  if (hue < 78) {
    if (chroma > 0.13 && lightness > 0.61) return hue > 74 && lightness > 0.8 ? "yellow" : "orange";
    if (lightness < 0.79) return "brown";
    return isPale ? "white" : chroma < 0.07 ? "brown" : hue < 55 ? "pink" : hue < 68 ? "orange" : "yellow";
  }
  if (hue < 108) {
    if (lightness > 0.72 && chroma > 0.09) return "yellow";
    if (isPale) return "white";
    if (lightness > 0.82) return "yellow";
    return hue > 100 && chroma > 0.045 ? "green" : "brown";
  }
  if (hue < 118 && lightness > 0.8 && chroma > 0.13) return "yellow";
  if (hue < 184) return isPale ? "white" : "green";
  if (hue < 285) {
    if (lightness > 0.88 && chroma < 0.045) return "white";
    return "blue";
  }
  if (chroma < 0.04) return lightness > 0.8 ? "white" : "grey";
  return lightness > 0.68 && hue > 312 ? "pink" : "purple";
}

/** Position in `COLOUR_NAMES`, from 1, of colours with 5 bits a channel: what is asked of every pixel of every picture. */
const TABLE = new Uint8Array(32 ** 3);

/** What `Labels.colour` holds for a pixel. @param red, green, blue sRGB, whole numbers 0..255. */
export function colourNumber(red: number, green: number, blue: number): number {
  const at = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
  if (TABLE[at] === 0) {
    const middle = (value: number) => (value & 0xf8) | 4;
    TABLE[at] = 1 + COLOUR_NAMES.indexOf(colourOf(middle(red), middle(green), middle(blue)));
  }
  return TABLE[at];
}
