/**
 * The pictures of a study: a unit's exemplars as annotators see them, darkened outside of the mask and without an outline, as the reference
 * implementation shows them (a quarter of the brightness). They are named by the unit's code and a rank; no path takes part.
 */
import sharp from "sharp";
import { UserError } from "../base/errors.js";
import type { ExemplarStore } from "../exemplars/store.js";
import type { Study, StudyUnit } from "./study.js";

const QUALITY = 90;
/** Files that are kept. */
const KEPT_BYTES = 1 << 26;
/** Pictures being made at once: more would only wait for each other, and hold their pixels meanwhile. */
const AT_ONCE = 6;

export type PictureFormat = "webp" | "jpeg";

export class Pictures {
  readonly #store: ExemplarStore;
  readonly #outside: number;
  readonly #kept = new Map<string, Buffer>();
  readonly #making = new Map<string, Promise<Buffer>>();
  readonly #waiting: (() => void)[] = [];
  #bytes = 0;
  #busy = 0;

  constructor(study: Study, store: ExemplarStore) {
    this.#store = store;
    this.#outside = study.settings.outside;
  }

  /** How many each unit has. */
  get count(): number {
    return this.#store.k;
  }

  /** An exemplar under its mask as WebP, kept for the next who asks. @param rank from 0, best first. */
  async get(unit: StudyUnit, rank: number): Promise<Buffer> {
    const name = `${unit.code}/${rank}`;
    const kept = this.#kept.get(name);
    if (kept) {
      this.#kept.delete(name); // used last
      this.#kept.set(name, kept);
      return kept;
    }
    let making = this.#making.get(name);
    if (!making) {
      making = this.#inTurn(() => this.make(unit, rank, "webp")).finally(() => this.#making.delete(name));
      this.#making.set(name, making);
      const file = await making;
      this.#keep(name, file);
      return file;
    }
    return making;
  }

  /** Makes a picture. @param rank from 0, best first. */
  async make(unit: StudyUnit, rank: number, format: PictureFormat): Promise<Buffer> {
    const { height, width, k, layers } = this.#store;
    const layer = layers.find(({ name }) => name === unit.layer);
    const image = layer?.images[unit.row * k + rank] ?? -1;
    if (!layer || rank >= k || image < 0) throw new UserError(`showing unit ${unit.unit}: it has no exemplar ${rank}`);
    const [planes, mask] = [await this.#store.image(image), await this.#store.mask(layer, unit.row, rank)];
    const picture = sharp(darkened(planes, mask, this.#outside), { raw: { width, height, channels: 3 } });
    return picture.toFormat(format, { quality: QUALITY }).toBuffer();
  }

  async #inTurn(make: () => Promise<Buffer>): Promise<Buffer> {
    if (this.#busy >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      return await make();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy--;
    }
  }

  #keep(name: string, file: Buffer): void {
    this.#kept.set(name, file);
    this.#bytes += file.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }
}

/**
 * A picture darkened outside of its mask.
 * @param planes uint8 [3, height, width], RGB. @param mask uint8 [height, width], 0 or 1. @param outside brightness there, 0 to 1.
 * @returns uint8 [height, width, 3].
 */
export function darkened(planes: Uint8Array, mask: Uint8Array, outside: number): Buffer {
  const area = mask.length;
  const pixels = Buffer.alloc(3 * area);
  for (let at = 0; at < area; at++) {
    const light = mask[at] === 1 ? 1 : outside;
    for (let channel = 0; channel < 3; channel++)
      pixels[3 * at + channel] = Math.round(planes[channel * area + at] * light);
  }
  return pixels;
}
