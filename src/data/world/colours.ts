/** Colours to paint with: by name, near another colour, and as matrices that dye a drawing. sRGB, 0..255. */
import type { ColourName } from "../labels/labels.js";
import type { Dice } from "./dice.js";

export type Rgb = readonly [red: number, green: number, blue: number];

/** Hue in degrees (may pass 360), saturation and value in per cent: from, to. Well inside what the name means. */
const RANGES: Readonly<Record<ColourName, readonly (readonly [number, number, number, number, number, number])[]>> = {
  black: [[0, 360, 0, 20, 3, 12]],
  white: [[0, 360, 0, 5, 93, 100]],
  grey: [[0, 360, 0, 8, 35, 72]],
  red: [[352, 366, 75, 100, 60, 95]],
  green: [[95, 145, 45, 95, 35, 80]],
  blue: [[205, 235, 55, 95, 45, 95]],
  yellow: [[48, 58, 65, 100, 85, 100]],
  orange: [[22, 36, 80, 100, 88, 100]],
  brown: [[18, 32, 50, 75, 30, 58]],
  pink: [[325, 350, 25, 60, 88, 100]],
  purple: [[268, 295, 40, 85, 40, 80]],
};

export function colourNamed(dice: Dice, name: ColourName): Rgb {
  const [h0, h1, s0, s1, v0, v1] = dice.pick(RANGES[name]);
  return fromHsv(dice.range(h0, h1), dice.range(s0, s1) / 100, dice.range(v0, v1) / 100);
}

/** @param hue degrees. @param saturation @param value 0..1. */
export function fromHsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number) => {
    const k = (n + hue / 60) % 6;
    return 255 * value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

export function fromHex(hex: string): Rgb {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** A colour not far from another: lighter or darker, and of slightly other hue. @param amount 0.1 is little, 0.3 much. */
export function near(dice: Dice, colour: Rgb, amount: number): Rgb {
  const gain = 1 + amount * dice.normal() * 0.6;
  return colour.map((value) => clamp(value * gain + 60 * amount * dice.normal())) as unknown as Rgb;
}

const clamp = (value: number) => Math.min(Math.max(value, 0), 255);

/** Nine numbers, row by row, that dye a drawing's colours. */
export type Dye = Float32Array;

/** Turns hues by `degrees`, keeping brightness; then saturation and brightness are multiplied. */
export function dye(degrees: number, saturation: number, gain: number): Dye {
  const [c, s] = [saturation * Math.cos((degrees * Math.PI) / 180), saturation * Math.sin((degrees * Math.PI) / 180)];
  const [r, g, b] = [0.299, 0.587, 0.114];
  const rows = [
    ...[r + (1 - r) * c + 0.168 * s, g - g * c + 0.33 * s, b - b * c - 0.497 * s],
    ...[r - r * c - 0.328 * s, g + (1 - g) * c + 0.035 * s, b - b * c + 0.292 * s],
    ...[r - r * c + 1.25 * s, g - g * c - 1.05 * s, b + (1 - b) * c - 0.203 * s],
  ];
  return Float32Array.from(rows, (value) => value * gain);
}

/** Makes white this colour. */
export const flat = ([r, g, b]: Rgb): Dye => Float32Array.of(r / 255, 0, 0, 0, g / 255, 0, 0, 0, b / 255);
