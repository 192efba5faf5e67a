/**
 * Predicts from pictures whose contents are known. A description selects things by its words: each thing counts by the share of
 * the description's known words that are true of it, so a red disc is all of "red discs", a blue disc half of it. A place scores
 * the best thing in it, times the part of the place that this covers; a picture the best thing that can be seen in it.
 *
 * Costs a header read and a raster of 112 x 112 points for each picture, kept as lists of covered points (2 bytes each).
 */
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import type { Progress } from "../../base/progress.js";
import { sidesOf } from "../../data/images/decode.js";
import { fitAxes } from "../../data/images/geometry.js";
import { readGreyMask } from "../../data/images/grey-mask.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { ConceptWords } from "./concept-words.js";
import { type Concept, type ConceptsFile, readConcepts } from "./concepts-file.js";
import type { HeldOut, Places, Prediction, Predictions, Predictor } from "./predictor.js";
import { coverage, paint, RASTER, type SampledMask, sampleMask, type Window } from "./raster.js";

/** Opens a concepts file as a predictor. Errors: `UserError` when it is damaged. */
export async function openConcepts(path: string): Promise<Predictor> {
  const file = await readConcepts(path);
  return {
    name: `known concepts (${path})`,
    check: (set) => checkListed(set, file, path),
    prepare: (heldOut, _descriptions, progress) => prepare(heldOut, file, progress),
    async close() {},
  };
}

function checkListed(set: ImageSet, { images }: ConceptsFile, path: string): void {
  const missing = set.entries.filter(({ file }) => !images.has(file));
  if (missing.length === 0) return;
  throw new UserError(
    `reading the concepts ${path}: ${missing.length} of ${set.entries.length} images of ${set.location} are not in it, such as ${missing[0].file}; expected each, with [] where nothing is known`,
  );
}

/** A thing that can be seen. */
interface Seen {
  /** The picture, a position in `HeldOut.ids`. */
  readonly image: number;
  /** Points of the raster it covers, rising. */
  readonly points: Uint16Array;
}

async function prepare(heldOut: HeldOut, file: ConceptsFile, progress: Progress): Promise<Predictions> {
  const { set, ids } = heldOut;
  const things: Seen[] = [];
  const names: (readonly string[])[] = [];
  progress.begin("concepts", ids.length, "image");
  for (let image = 0; image < ids.length; image++) {
    const concepts = file.images.get(set.entries[ids[image]].file)!;
    const covered = await rasterise(concepts, file, await windowOf(heldOut, ids[image]));
    for (const [i, points] of covered.entries()) {
      if (points.length === 0) continue;
      things.push({ image, points });
      names.push(concepts[i].names);
    }
    progress.update(image + 1);
  }
  progress.end();
  return new ConceptPredictions(things, new ConceptWords(names), ids.length);
}

/** Which part of a picture the network saw. */
async function windowOf({ set, view }: HeldOut, id: number): Promise<Window> {
  const picture = await set.read(id);
  const { width, height, fit } = view;
  return { ...fitAxes(await sidesOf(picture, set.entries[id].file), [width, height], fit), width, height };
}

/** The points each thing covers. */
async function rasterise(concepts: readonly Concept[], file: ConceptsFile, window: Window): Promise<Uint16Array[]> {
  const masks = new Map<string, SampledMask>();
  for (const region of concepts.flatMap(({ regions }) => regions ?? [])) {
    if (!("mask" in region) || masks.has(region.mask)) continue;
    masks.set(region.mask, sampleMask(await readGreyMask(join(file.folder, region.mask)), window));
  }
  const rasters = concepts.map(({ regions }) => {
    const raster = new Uint8Array(RASTER * RASTER);
    if (regions === undefined) raster.fill(1);
    for (const region of regions ?? []) paint(region, window, masks, raster);
    return raster;
  });
  if (file.opaque) {
    for (let point = 0; point < RASTER * RASTER; point++) {
      const top = rasters.findLastIndex((raster) => raster[point] === 1);
      for (let thing = 0; thing < top; thing++) rasters[thing][point] = 0;
    }
  }
  return rasters.map((raster) => Uint16Array.from(raster.keys()).filter((point) => raster[point] === 1));
}

/** Where the things of the world are, cell by cell of a layer's places. */
interface Cover {
  readonly thing: Uint32Array;
  readonly place: Uint32Array;
  /** Share of the place that the thing covers. */
  readonly share: Float32Array;
}

class ConceptPredictions implements Predictions {
  readonly #things: readonly Seen[];
  readonly #words: ConceptWords;
  readonly #images: number;
  readonly #covers = new WeakMap<Places, Cover>();

  constructor(things: readonly Seen[], words: ConceptWords, images: number) {
    this.#things = things;
    this.#words = words;
    this.#images = images;
  }

  meaning(description: string): string | undefined {
    const { known } = this.#words.read(description);
    return known.length === 0 ? undefined : known.join(" ");
  }

  unknownWords(description: string): readonly string[] {
    return this.#words.read(description).unknown;
  }

  predict(description: string, places: Places): Prediction {
    const { known } = this.#words.read(description);
    const share = this.#words.things.map((words) => known.filter((word) => words.has(word)).length / known.length);
    const images = new Float32Array(this.#images);
    for (const [i, { image }] of this.#things.entries()) images[image] = Math.max(images[image], share[i]);
    const scores = new Float32Array(places.images.length);
    const cover = this.#coverOf(places);
    for (let i = 0; i < cover.place.length; i++) {
      const score = share[cover.thing[i]] * cover.share[i];
      if (score > scores[cover.place[i]]) scores[cover.place[i]] = score;
    }
    return { images, places: scores };
  }

  #coverOf(places: Places): Cover {
    let cover = this.#covers.get(places);
    if (!cover) this.#covers.set(places, (cover = coverOf(this.#things, this.#images, places)));
    return cover;
  }
}

function coverOf(things: readonly Seen[], images: number, { grid, images: imageOf, cells }: Places): Cover {
  const firstPlace = new Uint32Array(images + 1);
  for (const image of imageOf) firstPlace[image + 1]++;
  for (let image = 0; image < images; image++) firstPlace[image + 1] += firstPlace[image];
  const found: { thing: number[]; place: number[]; share: number[] } = { thing: [], place: [], share: [] };
  const raster = new Uint8Array(RASTER * RASTER);
  for (const [thing, { image, points }] of things.entries()) {
    raster.fill(0);
    for (const point of points) raster[point] = 1;
    for (let place = firstPlace[image]; place < firstPlace[image + 1]; place++) {
      const share = coverage(raster, grid, cells[place]);
      if (share === 0) continue;
      found.thing.push(thing);
      found.place.push(place);
      found.share.push(share);
    }
  }
  return {
    thing: Uint32Array.from(found.thing),
    place: Uint32Array.from(found.place),
    share: Float32Array.from(found.share),
  };
}
