/**
 * Pictures, masks and heat maps of units as image files. Made when they are asked for, a few at a time, and kept up to a number of bytes: pictures
 * small, as pixels, since a picture is an exemplar of many units, and files as they were sent.
 */
import pLimit from "p-limit";
import sharp from "sharp";
import { ByteCache } from "../../base/byte-cache.js";
import { UserError } from "../../base/errors.js";
import { interleaved } from "../../data/images/interleaved.js";
import { maskOf } from "../../exemplars/masks.js";
import { maskShrinker, type Size } from "../mask-bits.js";
import { Spreads, unitLevel } from "../served/levels.js";
import type { ServedRun, ServedUnit } from "../served/served-run.js";
import { heatOf } from "./heat.js";

/** An image file. */
export interface ImageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: "image/webp" | "image/png";
}

const FILES_BYTES = 1 << 26;
const THUMBS_BYTES = 1 << 26;
/** Pieces of work at once: more would only wait for each other, and hold their pixels meanwhile. */
const AT_ONCE = 6;
const QUALITY = 82;

export interface StripLook {
  /** Side of a picture in pixels; the longer one, where they are not square. */
  readonly size: number;
  /** Most pictures. */
  readonly count: number;
  /** How dark it is outside of the mask, 0 to 1. */
  readonly shade: number;
  /** Of the masks; undefined: the run's. */
  readonly quantile: number | undefined;
}

export class Gallery {
  readonly spreads = new Spreads();
  readonly #files = new ByteCache<ImageFile>(FILES_BYTES, ({ bytes }) => bytes.length);
  readonly #thumbs = new ByteCache<Uint8Array>(THUMBS_BYTES, ({ length }) => length);
  readonly #atOnce = pLimit(AT_ONCE);

  /** A picture by its number, as it was shown to the network. @param size its longer side, at most that which it has. */
  picture(run: ServedRun, image: number, size: number, signal?: AbortSignal): Promise<ImageFile> {
    return this.#file(`${keyOf(run)}/picture/${image}/${size}`, signal, async () => {
      const [height, width] = fitted(run, size);
      return webp(await this.#pixels(run, image, [height, width]), width, height);
    });
  }

  /**
   * The exemplars of a unit, best first, side by side, dark outside of their masks. One without a picture shows its mask alone, one without a
   * mask, since the run has lost its maps, its picture.
   */
  strip(run: ServedRun, unit: ServedUnit, look: StripLook, signal?: AbortSignal): Promise<ImageFile> {
    const { size, count, shade, quantile } = look;
    const name = `strip/${unit.at}/${size}/${count}/${shade}/${quantile ?? ""}`;
    return this.#file(`${keyOf(run)}/${name}`, signal, async () => {
      const shape = fitted(run, size);
      const [height, width] = shape;
      const ranks = unit.ranks.slice(0, count);
      if (ranks.length === 0) throw new UserError("this unit has no exemplars");
      const whole = new Uint8Array(3 * height * width * ranks.length);
      const level = await this.#level(run, unit, quantile);
      for (const [place, rank] of ranks.entries()) {
        const image = unit.layer.images[unit.row * run.store.k + rank];
        const pixels = run.cannot.pictures === null ? await this.#pixels(run, image, shape) : undefined;
        const mask = await orWhole(maskAt(run, unit, rank, level, shape), height * width);
        for (let i = 0; i < mask.length; i++) {
          const [y, x] = [Math.floor(i / width), i % width];
          const at = 3 * (y * width * ranks.length + place * width + x);
          const light = mask[i] === 1 ? 1 : 1 - shade;
          for (let channel = 0; channel < 3; channel++) {
            whole[at + channel] = (pixels ? pixels[3 * i + channel] : GREY) * light;
          }
        }
      }
      return webp(whole, width * ranks.length, height);
    });
  }

  /** The masks of all exemplars, white on black, one below the other. @param quantile of their level; undefined: the run's. */
  masks(run: ServedRun, unit: ServedUnit, quantile?: number, signal?: AbortSignal): Promise<ImageFile> {
    return this.#file(`${keyOf(run)}/masks/${unit.at}/${quantile ?? ""}`, signal, async () => {
      const { height, width } = run.store;
      const level = await this.#level(run, unit, quantile);
      const sheet = new Uint8Array(height * width * unit.ranks.length);
      for (const [place, rank] of unit.ranks.entries()) {
        const mask = await maskAt(run, unit, rank, level, [height, width]);
        for (let i = 0; i < mask.length; i++) sheet[place * mask.length + i] = mask[i] === 1 ? 255 : 0;
      }
      return png(sheet, width, height * unit.ranks.length);
    });
  }

  /** The activations of all exemplars, from 0 (black) to the unit's largest (white), one below the other. */
  heat(run: ServedRun, unit: ServedUnit, signal?: AbortSignal): Promise<ImageFile> {
    return this.#file(`${keyOf(run)}/heat/${unit.at}`, signal, async () => {
      if (!run.run || run.cannot.relevel !== null) throw new UserError(`no heat maps: ${run.cannot.relevel}`);
      const { height, width } = run.store;
      const layer = run.run.layers[unit.layerPlace];
      const most = layer.activations[unit.row * run.store.k];
      const sheet = new Uint8Array(height * width * unit.ranks.length);
      for (const [place, rank] of unit.ranks.entries()) {
        const map = await run.run.map(layer, unit.row, rank);
        sheet.set(heatOf(map, [layer.height, layer.width], [height, width], most), place * height * width);
      }
      return png(sheet, width, height * unit.ranks.length);
    });
  }

  #level(run: ServedRun, unit: ServedUnit, quantile: number | undefined): Promise<number> {
    const own = unit.layer.levels?.[unit.row] ?? Number.NaN;
    return quantile === undefined ? Promise.resolve(own) : unitLevel(this.spreads, run, unit, quantile);
  }

  /** A picture as pixels, uint8 [height, width, 3]. */
  #pixels(run: ServedRun, image: number, [height, width]: Size): Promise<Uint8Array> {
    return this.#thumbs.through(`${keyOf(run)}/${image}/${width}`, async () => {
      const whole = interleaved(await run.store.image(image), run.store.width, run.store.height);
      const fits = width === run.store.width;
      return (fits ? whole : whole.resize(width, height, { fit: "fill" })).raw().toBuffer();
    });
  }

  #file(key: string, signal: AbortSignal | undefined, make: () => Promise<ImageFile>): Promise<ImageFile> {
    const kept = this.#files.get(key);
    if (kept) return Promise.resolve(kept);
    return this.#atOnce(() => {
      signal?.throwIfAborted(); // nobody waits for it any more
      return this.#files.through(key, make);
    });
  }
}

/** A mask, or one of everything where there is none. */
const orWhole = (mask: Promise<Uint8Array>, area: number): Promise<Uint8Array> =>
  mask.catch((error) => {
    if (error instanceof UserError) return new Uint8Array(area).fill(1);
    throw error;
  });

/** What stands for a picture that cannot be had. */
const GREY = 190;

const keyOf = ({ id, version }: ServedRun) => `${id}/${version}`;

/** Height and width in proportion, the longer being `size` or what there is. */
function fitted({ store: { height, width } }: ServedRun, size: number): Size {
  const scale = Math.min(1, size / Math.max(height, width));
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/**
 * The mask of an exemplar at a size, uint8 [height, width].
 * @param level the run's own, or another, which only activation maps allow.
 */
async function maskAt(served: ServedRun, unit: ServedUnit, rank: number, level: number, shape: Size) {
  const { run, store } = served;
  const { layer, row, layerPlace } = unit;
  if (run && served.cannot.relevel === null) {
    const { height, width } = run.layers[layerPlace];
    const map = await run.map(run.layers[layerPlace], row, rank);
    return maskOf(map, [height, width], level, new Uint8Array(shape[0] * shape[1]), shape);
  }
  const mask = await store.mask(layer, row, rank);
  return shape[0] === store.height && shape[1] === store.width
    ? mask
    : maskShrinker([store.height, store.width], shape)(mask);
}

async function webp(pixels: Uint8Array, width: number, height: number): Promise<ImageFile> {
  const drawn = sharp(pixels, { raw: { width, height, channels: 3 } }).webp({ quality: QUALITY, effort: 2 });
  return { bytes: new Uint8Array(await drawn.toBuffer()), type: "image/webp" };
}

/** @param pixels uint8 [height, width], grey. */
async function png(pixels: Uint8Array, width: number, height: number): Promise<ImageFile> {
  const drawn = sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png({ compressionLevel: 4 });
  return { bytes: new Uint8Array(await drawn.toBuffer()), type: "image/png" };
}
