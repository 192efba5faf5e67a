/**
 * A witness for photographs that nobody has labelled: the pixels themselves. A describer may say "blue objects" of masks in which nothing is blue, or "diagonal
 * lines" where there are none, and its probabilities do not show it. Colours, light and dark, lines of a direction and places can be measured under
 * the masks as they are for the annotators; a candidate whose visible part is not there is contradicted. What things are, pixels do not say: then
 * nothing is contradicted.
 *
 * Costs what decoding the exemplars costs, and some milliseconds a picture.
 */
import { interleaved } from "../../data/images/interleaved.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import { type Vocabulary, vocabularyOf } from "../../data/labels/lexicon.js";
import { measureColour } from "../../data/labels/measure.js";
import type { Query } from "../../data/labels/query.js";
import { namesOfWorld } from "../../data/world/names.js";
import type { Testimony, Witness } from "../../describer/witness.js";
import type { ExemplarStore } from "../../exemplars/store.js";
import { readDescription } from "../../studies/grading/read.js";
import { EdgeMeter, type MeasuredEdges } from "../annotators/edges.js";
import { Yardstick } from "../annotators/fit.js";
import { Gallery, type View } from "../annotators/views.js";
import { visible } from "./visible.js";

/** Of the masks, at least so much must be as claimed, and more than is so elsewhere. */
const LEAST_PRECISION = 0.2;
/** Less evenness of direction under the masks is no line of any direction. The annotators want twice that before they speak of lines. */
const LEAST_COHERENCE = 0.25;
/** Directions, as `MeasuredEdges.degrees`, that may still be called so. */
const DEGREES = { vertical: [0, 35], horizontal: [55, 90], diagonal: [10, 80] } as const;
/** Pictures that say what is so elsewhere. */
const SAMPLE = 150;

/** Opens a witness for a store, which stays open for as long as it is asked. */
export async function openPixelWitness(store: ExemplarStore): Promise<Witness> {
  const gallery = new Gallery({ ...store, imageName: String }, pixelsOf(store));
  const yardstick = new Yardstick(await gallery.sample(SAMPLE, 0));
  const vocabulary = vocabularyOf({ names: namesOfWorld() });
  return {
    title: "pixels",
    async testify(layer, row, descriptions) {
      const claims = descriptions.map((text) => claimOf(text, vocabulary));
      if (claims.every((claim) => claim === undefined)) return descriptions.map(() => SILENT);
      const views = await gallery.views(layer, row);
      if (views.length === 0) return descriptions.map(() => SILENT);
      // the pictures are decoded again for that
      const lines = claims.some((claim) => claim && speaksOfLines(claim)) ? await linesUnder(store, views) : undefined;
      return claims.map((claim): Testimony => {
        if (!claim) return SILENT;
        const share = shareOf(claim, views, yardstick);
        return { contradicted: !holds(claim, views, yardstick, lines), ...(share !== undefined && { share }) };
      });
    },
  };
}

/** Of what cannot be seen. */
const SILENT: Testimony = { contradicted: false };

/** The visible part of what a description claims. */
function claimOf(text: string, vocabulary: Vocabulary): Query | undefined {
  const { query } = readDescription(text, vocabulary);
  return query && visible(query);
}

function speaksOfLines(claim: Query): boolean {
  return claim.is === "texture" || ((claim.is === "and" || claim.is === "or") && claim.of.some(speaksOfLines));
}

/** Share of the masks of which a claim is true, the mean over exemplars; of lines, which are there or not, none is known. */
function shareOf(claim: Query, views: readonly View[], yardstick: Yardstick): number | undefined {
  if (claim.is === "and") {
    const shares = claim.of.flatMap((part) => shareOf(part, views, yardstick) ?? []);
    return shares.length === 0 ? undefined : Math.min(...shares);
  }
  return speaksOfLines(claim) ? undefined : yardstick.fit(claim, views).precision;
}

function holds(claim: Query, views: readonly View[], yardstick: Yardstick, lines: MeasuredEdges | undefined): boolean {
  if (claim.is === "and") return claim.of.every((part) => holds(part, views, yardstick, lines));
  if (claim.is === "or" && claim.of.some((part) => holds(part, views, yardstick, lines))) return true;
  if (claim.is === "texture") {
    if (!lines || lines.coherence < LEAST_COHERENCE) return false;
    const [least, most] = DEGREES[claim.name.split(" ")[0] as keyof typeof DEGREES];
    return lines.degrees >= least && lines.degrees <= most;
  }
  const { precision, base } = yardstick.fit(claim, views);
  return precision >= LEAST_PRECISION && precision > base;
}

/** Lines and edges under the masks. */
async function linesUnder(store: ExemplarStore, views: readonly View[]): Promise<MeasuredEdges | undefined> {
  const meter = new EdgeMeter();
  for (const { image, whole } of views) meter.add(await store.image(image), whole, store.width);
  return meter.measured;
}

/** Colours of a store's pictures, by their numbers. */
function pixelsOf(store: ExemplarStore): LabelSource {
  return {
    title: `pixels of ${store.folder}`,
    names: new Set(),
    async labels(number: string, size: number): Promise<Labels> {
      const pixels = await squareOf(await store.image(Number(number)), store, size);
      const nothing = new Uint8Array(size * size);
      return { size, scene: [], things: [], thing: nothing, colour: measureColour(pixels, size), texture: nothing };
    },
  };
}

/** @param image uint8 [3, height, width]. @returns uint8 [3, size, size]: as masks are made smaller, so that both cover each other. */
async function squareOf(image: Uint8Array, { width, height }: ExemplarStore, size: number): Promise<Uint8Array> {
  const rgb = await interleaved(image, width, height)
    .resize(size, size, { fit: "fill", kernel: "cubic" })
    .raw()
    .toBuffer();
  return Uint8Array.from(
    { length: 3 * size * size },
    (_, i) => rgb[3 * (i % (size * size)) + Math.floor(i / (size * size))],
  );
}
