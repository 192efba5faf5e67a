/**
 * What turns a description into an expectation: which held-out pictures the unit should fire on, and where in them. Whatever can
 * say that judges descriptions; there are two, an image-text model (`image-text.ts`) and a world whose contents are known
 * (`concept-predictor.ts`). Scores only rank pictures and places, so their scale is the predictor's own.
 */
import type { Progress } from "../../base/progress.js";
import type { View } from "../../data/images/decode.js";
import type { ImageSet } from "../../data/images/imageset.js";

/** The held-out pictures that the network was shown. */
export interface HeldOut {
  readonly set: ImageSet;
  /** Dataset ids of those that could be read. A picture's position in this list is its number from here on. */
  readonly ids: Uint32Array;
  /** What the network saw of each. Places are parts of this view. */
  readonly view: View;
}

/** The places at which the units of a layer are compared with predictions: cells of the layer's grid, in some pictures. */
export interface Places {
  /** Rows and columns of the layer's grid over the view. */
  readonly grid: readonly [number, number];
  /** [place]: the picture, a position in `HeldOut.ids`; ascending. */
  readonly images: Uint32Array;
  /** [place]: the cell, y * columns + x. */
  readonly cells: Uint32Array;
}

/** Where a description should hold. Higher is more so. */
export interface Prediction {
  /** float32 [picture]. */
  readonly images: Float32Array;
  /** float32 [place]. */
  readonly places: Float32Array;
}

/** A predictor that has seen the pictures and read the descriptions. */
export interface Predictions {
  /** What a description means to the predictor: two with the same meaning have the same predictions. Undefined: nothing. */
  meaning(description: string): string | undefined;
  /** Words of a description that mean nothing to the predictor; function words are not counted. */
  unknownWords(description: string): readonly string[];
  /** The prediction of a description that means something. */
  predict(description: string, places: Places): Prediction;
}

export interface Predictor {
  /** As it is printed. */
  readonly name: string;
  /** Refuses, before any long work, a set that it cannot say anything about. Errors: `UserError`. */
  check(set: ImageSet): void;
  /** Looks at every picture and reads every description, each once. */
  prepare(heldOut: HeldOut, descriptions: readonly string[], progress: Progress): Promise<Predictions>;
  close(): Promise<void>;
}
