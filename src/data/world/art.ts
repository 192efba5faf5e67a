/**
 * The gathered drawings and letters as sprites: rasterised once (sharp) at a fixed size, then composited by our own sampling, so that it is
 * exactly known which pixel shows what. The file is 1.4 MB, unpacked 5.5 MB; opening takes 50 ms, a drawing some 3 ms when first used.
 */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import sharp from "sharp";
import { animalEyesOf, faceOf, type Part, skinOf, wheelsOf } from "./parts.js";
import { TONES } from "./people.js";
import { Sprite } from "./sprite.js";

/** Side of a rasterised drawing, pixels: twice what the largest object takes in a picture of 64. */
const SIDE = 128;

/** Somebody without hair, whose tones differ in skin only. */
const HAIRLESS = "baby";

/** Which parts to look for in a drawing. */
export type PartsOf = "none" | "wheels" | "eyes" | "face of a head" | "face of a figure";

/** Neighbouring tones are too much alike to tell skin by their difference. */
const far = (one: string, other: string) => Math.abs(TONES.indexOf(one as Tone) - TONES.indexOf(other as Tone)) > 1;
type Tone = (typeof TONES)[number];

interface Typeface {
  readonly name: string;
  /** Per character: advance in thousandths of an em, and the outline as SVG path data with the baseline at 0. */
  readonly glyphs: Readonly<Record<string, readonly [advance: number, path: string]>>;
}

interface ArtFile {
  /** name -> style -> [viewBox, SVG elements] */
  readonly icons: Readonly<Record<string, Readonly<Record<string, readonly [box: string, body: string]>>>>;
  readonly typefaces: readonly Typeface[];
}

/** A character as a sprite that spans one advance by one em and a half, the baseline one em from the top. */
export interface Glyph {
  /** ems */
  readonly advance: number;
  readonly sprite: Sprite;
}

/** Above and below the baseline, and to both sides, ems: some letters reach far out. */
export const GLYPH_BOX = { left: 0.3, top: 1.05, width: 1.8, height: 1.45 } as const;

export class Art {
  readonly #file: ArtFile;
  readonly #sprites = new Map<string, Promise<Sprite>>();
  readonly #parts = new Map<string, Promise<readonly Part[]>>();
  readonly #glyphs = new Map<string, Promise<Glyph>>();

  private constructor(file: ArtFile) {
    this.#file = file;
  }

  static async open(): Promise<Art> {
    const packed = await readFile(new URL("./art.json.gz", import.meta.url));
    return new Art(JSON.parse((await promisify(gunzip)(packed)).toString("utf8")) as ArtFile);
  }

  /** The styles in which there is a drawing of this name. */
  stylesOf(icon: string): readonly string[] {
    return Object.keys(this.#file.icons[icon] ?? {});
  }

  get typefaceCount(): number {
    return this.#file.typefaces.length;
  }

  /** A drawing, without empty margins. */
  sprite(icon: string, style: string): Promise<Sprite> {
    return remember(this.#sprites, `${style}:${icon}`, async () => {
      return (await this.#frame(icon, style)).trimmed();
    });
  }

  /** Masks of the parts of a drawing, in its frame. */
  parts(icon: string, style: string, look: PartsOf): Promise<readonly Part[]> {
    return remember(this.#parts, `${style}:${icon}`, async () => {
      if (look === "none") return [];
      if (look === "wheels") return wheelsOf(await this.sprite(icon, style));
      if (look === "eyes") return animalEyesOf(await this.sprite(icon, style));
      const [name, tone] = icon.split("/");
      const other = TONES.find((one) => one !== tone && far(one, tone) && this.#has(`${name}/${one}`, style));
      if (other === undefined) return [];
      const [bare, otherBare] = [tone, other].map((one) => this.#frame(`${HAIRLESS}/${one}`, style));
      const skin = skinOf(await bare, await otherBare);
      const drawn = await this.#frame(icon, style);
      return faceOf(drawn, await this.#frame(`${name}/${other}`, style), skin, look === "face of a figure");
    });
  }

  #has(icon: string, style: string): boolean {
    return this.#file.icons[icon]?.[style] !== undefined;
  }

  /** A drawing with its margins: tones of one drawing lie upon each other. */
  #frame(icon: string, style: string): Promise<Sprite> {
    return this.#rasterise(...this.#file.icons[icon][style]);
  }

  /**
   * A text as outlines: SVG elements, thousandths of an em, from the left end of the baseline at 0, 0. Characters that the typeface does not have
   * are left out.
   * @param typeface from 0 to `typefaceCount`.
   */
  outline(typeface: number, text: string): { readonly body: string; readonly advance: number } {
    const { glyphs } = this.#file.typefaces[typeface];
    let advance = 0;
    let body = "";
    for (const character of text) {
      const glyph = glyphs[character];
      if (!glyph && character !== " ") continue;
      if (glyph) body += `<path transform="translate(${advance} 0)" d="${glyph[1]}"/>`;
      advance += glyph ? glyph[0] : 300;
    }
    return { body, advance };
  }

  /** A character in white. @param typeface from 0 to `typefaceCount`. */
  glyph(typeface: number, character: string): Promise<Glyph> {
    return remember(this.#glyphs, `${typeface}:${character}`, async () => {
      const [advance, path] = this.#file.typefaces[typeface].glyphs[character];
      const { left, top, width, height } = GLYPH_BOX;
      const box = [-left, -top, width, height].map((ems) => 1000 * ems).join(" ");
      return { advance: advance / 1000, sprite: await this.#rasterise(box, `<path fill="#fff" d="${path}"/>`) };
    });
  }

  async #rasterise(box: string, body: string): Promise<Sprite> {
    const [, , width, height] = box.split(" ").map(Number);
    const scale = SIDE / Math.max(width, height);
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${w}" height="${h}" ` +
      `viewBox="${box}" preserveAspectRatio="none">${body}</svg>`;
    const { data, info } = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return Sprite.fromStraight(data, info.width, info.height);
  }
}

function remember<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = known.get(key);
  if (made === undefined) known.set(key, (made = make()));
  return made;
}
