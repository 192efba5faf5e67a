/**
 * How much of each layer a sweep looks at, so that memory and time stay bounded whatever the probe set's size.
 *
 * Maxima, and so the exemplars, always come from every position of every image. Levels come from all activations as long as
 * a unit has at most a million of them; beyond that, from positions drawn at random in equal strata of every image's map,
 * anew for each batch. A million activations fix the rank of the 0.99 level to a standard error of 0.0001; strata of maps,
 * which are smooth, do better.
 */

import type { LayerLayout } from "./layout.js";
import { tailCapacity } from "./tail.js";

/** Activations a unit's level is taken from, at most (roughly: at least one position of every image is taken). */
const MOST_ACTIVATIONS = 1_000_000;

/** Memory for the tails of all layers. */
const TAILS_BYTES = 1 << 30;

/** Quantiles from this far below the run's own can be asked for later without a new sweep. */
const TAIL_RESERVE = 1.25;

/** What a sweep does with one layer. */
export interface LayerPlan {
  readonly layout: LayerLayout;
  /** Number of dissected units. */
  readonly rows: number;
  /** Positions of each image's map that go into the levels. */
  readonly positions: number;
  /** Activations of each unit in the whole sweep. */
  readonly total: number;
  /** How many of the largest are kept. */
  readonly capacity: number;
}

/** Plans a sweep of `images` images. */
export function planSweep(layouts: readonly LayerLayout[], images: number, quantile: number): LayerPlan[] {
  const plan = (most: number) =>
    layouts.map((layout): LayerPlan => {
      const area = layout.height * layout.width;
      const positions = Math.min(area, Math.max(1, Math.ceil(most / images)));
      const total = positions * images;
      const capacity = tailCapacity(total, 1 - (1 - quantile) * TAIL_RESERVE);
      return { layout, rows: layout.subset?.length ?? layout.units, positions, total, capacity };
    });
  const bytes = (plans: readonly LayerPlan[]) =>
    plans.reduce((sum, { rows, capacity }) => sum + rows * capacity * 6, 0);
  let most = MOST_ACTIVATIONS;
  while (bytes(plan(most)) > TAILS_BYTES && most > images) most /= 2;
  return plan(most);
}
