/** What the studies behind the figures have in common. */
import type { Progress } from "../../base/progress.js";
import { FAST, FULL, type Scale } from "../reproduce.js";

export interface FigureOptions {
  /** Where everything is made, or gone on with. */
  readonly out: string;
  /** The shipped network alone instead of four, fewer pictures, shorter trainings. */
  readonly fast: boolean;
  /** `train/` and `val/` with class folders of photographs, for the figures that can be made on these, too. */
  readonly photographs?: string | undefined;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** What a study found, for people; the rest is in its files. */
export interface Shown {
  readonly figures: readonly string[];
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly string[][];
  readonly files: readonly string[];
}

/** Of the networks and pictures that figures share with the tables. */
export const scaleOf = ({ fast }: Pick<FigureOptions, "fast">): Scale => (fast ? FAST : FULL);
