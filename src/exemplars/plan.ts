/**
 * How much of each layer a sweep looks at, so that memory and time stay bounded whatever the probe set's size.
 *
 * Maxima, and so the exemplars, always come from every position of every image. Levels come from all activations as long as
 * a unit has at most sixteen million of them (1,000 images of 112 x 112 positions) and the tails fit in memory; beyond, from
 * rows of every map, one drawn at random from each of equally high strips, anew for each batch (and from drawn columns where
 * one row is more than enough); and where one position of every image is still too much, from one image of each of equally
 * long stretches. Drawn rows are no luxury to be had early: with one million activations a unit, the rank of
 * SqueezeNet's levels over 1,000 photographs was off by 0.0008 (root mean square), and by 0.006 for a unit that fires along
 * the border. Drawn images are better than their number tells, since neighbours in a map are alike and images are not.
 */

import type { LayerLayout } from "./layout.js";
import { scramble } from "./sample.js";
import { ROOM, tailCapacity } from "./tail.js";

/** Activations a unit's level is taken from, at most (roughly). */
const MOST_ACTIVATIONS = 16_000_000;

/** And at least, whatever the memory: the rank of a level is then still within about 0.002 (two standard errors). */
const LEAST_ACTIVATIONS = 16_000;

/** Memory for the tails of all layers. */
const TAILS_BYTES = 1 << 30;

/** What a sweep does with one layer. */
export interface LayerPlan {
  readonly layout: LayerLayout;
  /** Number of dissected units. */
  readonly rows: number;
  /** Rows and columns of each image's map that go into the levels. */
  readonly mapRows: number;
  readonly mapColumns: number;
  /** Their product. */
  readonly positions: number;
  /** One image in so many goes into the levels: see `isDrawn`. */
  readonly every: number;
  /** Activations of each unit in the whole sweep, drawn or not: positions times images. */
  readonly shown: number;
  /** How many of the largest are kept. */
  readonly capacity: number;
}

/** Plans a sweep of `images` images. */
export function planSweep(layouts: readonly LayerLayout[], images: number, quantile: number): LayerPlan[] {
  const plan = (most: number) =>
    layouts.map((layout): LayerPlan => {
      const { height, width } = layout;
      const wanted = Math.max(1, most / images);
      const mapRows = Math.min(height, Math.ceil(wanted / width));
      const mapColumns = wanted < width / 2 ? Math.ceil(wanted) : width;
      const positions = mapRows * mapColumns;
      const every = Math.max(1, Math.ceil(images / most));
      const capacity = tailCapacity(positions * Math.ceil(images / every), quantile);
      const rows = layout.subset?.length ?? layout.units;
      return { layout, rows, mapRows, mapColumns, positions, every, shown: positions * images, capacity };
    });
  const bytes = (plans: readonly LayerPlan[]) =>
    plans.reduce((sum, { rows, capacity }) => sum + rows * capacity * 4 * ROOM, 0);
  let most = MOST_ACTIVATIONS;
  while (bytes(plan(most)) > TAILS_BYTES && most > 2 * LEAST_ACTIVATIONS) most /= 2;
  return plan(most);
}

/** Whether an image goes into the levels: one of each stretch of `every`, by its id alone, so that shards agree. */
export function isDrawn(image: number, every: number): boolean {
  const stretch = Math.floor(image / every);
  return image - stretch * every === scramble(stretch) % every;
}
