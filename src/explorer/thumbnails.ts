/**
 * The pictures of the page. Every picture is on it once, however many exemplars it is: by its number in a run, by its bytes in
 * a MILANNOTATIONS folder, where each exemplar has its own copy.
 */
import sharp from "sharp";
import { sha256 } from "../base/hash.js";
import type { Progress } from "../base/progress.js";
import type { ExemplarStore } from "../exemplars/store.js";
import type { Size } from "./mask-bits.js";

/** A picture of the page: its name in the probe set, if it has one, and a WebP file in base 64. */
export interface Thumbnail {
  readonly name: string | undefined;
  readonly webp: string;
}

const QUALITY = 75;
/** Pictures under way at once: decoding waits for the disk and runs on other threads. */
const AHEAD = 8;

/**
 * Makes thumbnails, each distinct one once.
 * @param ids numbers of images; each is recorded in `places`.
 * @param places filled with the place of every image among the thumbnails.
 */
export async function* thumbnails(
  store: ExemplarStore,
  ids: ReadonlySet<number>,
  size: Size,
  places: Map<number, number>,
  progress: Progress,
): AsyncGenerator<Thumbnail> {
  const known = new Map<string, number>();
  let done = 0;
  progress.begin("images", ids.size, "image");
  for await (const { id, webp } of ahead(ids, (id) => encode(store, id, size))) {
    const identity = sha256(webp);
    const place = known.get(identity) ?? known.size;
    places.set(id, place);
    progress.update(++done);
    if (known.has(identity)) continue;
    known.set(identity, place);
    yield { name: store.imageName(id), webp: webp.toString("base64") };
  }
  progress.end();
}

async function encode(store: ExemplarStore, id: number, [toHeight, toWidth]: Size) {
  const { height, width } = store;
  const planes = await store.image(id);
  const area = height * width;
  const pixels = new Uint8Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) pixels[3 * i + channel] = planes[channel * area + i];
  }
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } }).resize(toWidth, toHeight, { fit: "fill" });
  return { id, webp: await picture.webp({ quality: QUALITY }).toBuffer() };
}

/** The results of `work` in the order of the items, a few of which are under way at any time. */
async function* ahead<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const waiting: Promise<R>[] = [];
  for (const item of items) {
    const result = work(item);
    result.catch(() => {}); // reported when its turn comes, or not at all if one before it failed
    waiting.push(result);
    if (waiting.length === AHEAD) yield await waiting.shift()!;
  }
  while (waiting.length > 0) yield await waiting.shift()!;
}
