/** Words and numbers in many typefaces: chosen, laid out along a line, painted letter by letter. */
import { type Art, GLYPH_BOX } from "./art.js";
import type { Canvas, Region } from "./canvas.js";
import { colourNamed, flat, type Rgb } from "./colours.js";
import type { Dice } from "./dice.js";
import { rectangle } from "./regions.js";

export interface Line {
  readonly text: string;
  readonly typeface: number;
  readonly ink: Rgb;
  /** Centre and largest extent, sides of the picture. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Radians. */
  readonly turn: number;
}

const WORDS =
  "OPEN SALE STOP CAFE BANK HOTEL TAXI BUS EXIT SHOP MENU FOOD BOOK NEWS FREE COLD HOT PARK ZOO STAR CITY FARM MILK BEER FISH PIZZA " +
  "Hello Welcome Market Music Garden School Coffee Bakery Books Summer Winter Sports Flowers Toys Tea Bread Fresh Today Home Sweet Lucky Happy " +
  "WET PAINT DANGER PUSH PULL NORTH SOUTH EAST WEST ABC XYZ GO WIN Go Yes No OK";

/** A word, or a number one time in four. */
function someText(dice: Dice): string {
  if (dice.chance(0.25)) return String(dice.whole(1, dice.pick([9, 99, 999, 2030])));
  const word = dice.pick(WORDS.split(" "));
  return dice.chance(0.15) ? word.toUpperCase() : word;
}

export function someLine(
  dice: Dice,
  typefaces: number,
  [x, y, width, height]: readonly [number, number, number, number],
  ink: Rgb | undefined,
  turn: number,
  text?: string,
): Line {
  const colour = dice.pick(["black", "white", "red", "blue", "yellow", "green", "orange", "purple"] as const);
  const chosen = text ?? someText(dice);
  return {
    text: chosen,
    typeface: dice.random.integer(typefaces),
    ink: ink ?? colourNamed(dice, colour),
    x,
    y,
    width,
    height,
    turn,
  };
}

/**
 * Paints a line as large as its rectangle allows. All of the block that the letters fill counts as lettering, the gaps between
 * them too, as people would point at it.
 */
export async function paintLine(canvas: Canvas, art: Art, line: Line, thing: number): Promise<void> {
  const glyphs = await Promise.all(Array.from(line.text, (character) => art.glyph(line.typeface, character)));
  const total = glyphs.reduce((sum, glyph) => sum + glyph.advance, 0);
  const em = Math.min(line.width / total, line.height / 0.8);
  const [c, s] = [Math.cos(line.turn), Math.sin(line.turn)];
  /** From (along, below the middle of the capitals), ems, to the picture. */
  const place = (along: number, below: number): [number, number] => [
    line.x + em * (c * along - s * below),
    line.y + em * (s * along + c * below),
  ];
  const block: Region = rectangle(line.x, line.y, em * (total + 0.1), em * 0.9, line.turn);
  canvas.claim(block, thing);
  let along = -total / 2;
  for (const { advance, sprite } of glyphs) {
    const [x, y] = place(along - GLYPH_BOX.left + GLYPH_BOX.width / 2, 0.36 - GLYPH_BOX.top + GLYPH_BOX.height / 2);
    const pose = { x, y, width: em * GLYPH_BOX.width, height: em * GLYPH_BOX.height, turn: line.turn, mirror: false };
    canvas.sprite(sprite, pose, flat(line.ink), thing);
    along += advance;
  }
}
