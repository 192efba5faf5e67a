/**
 * Lines and edges under the masks, measured in the pixels: what units of the first layers respond to, and what no label names. In the
 * masks of such a unit brightness changes along one direction, the same in all exemplars, and more than in the rest of the pictures.
 */
import type { TextureName } from "../../data/labels/labels.js";

export interface Edges {
  /** The direction they run in, named as stripes of that direction are. */
  readonly texture: TextureName;
  /** 0 (no direction) to 1 (all alike). */
  readonly coherence: number;
}

export interface MeasuredEdges extends Pick<Edges, "coherence"> {
  /** Between the direction across the lines and the horizontal, 0 (vertical lines) to 90 (horizontal ones). */
  readonly degrees: number;
  /** Gradients under the masks against those of whole pictures. */
  readonly strength: number;
}

/** Sums of products of the gradient's components. */
interface Tensor {
  xx: number;
  yy: number;
  xy: number;
  /** Of all pixels, whatever is masked. */
  all: number;
  count: number;
  pixels: number;
}

/** Less is no direction. */
const LEAST_COHERENCE = 0.5;
/** Gradients under the masks against those of whole pictures. */
const LEAST_STRENGTH = 1.3;

/** Adds up exemplars, then tells. */
export class EdgeMeter {
  readonly #sum: Tensor = { xx: 0, yy: 0, xy: 0, all: 0, count: 0, pixels: 0 };
  /** Each exemplar counts the same. */
  #images = 0;

  /** @param image uint8 [3, height, width], RGB. @param mask uint8 [height, width], 0 or 1. */
  add(image: Uint8Array, mask: Uint8Array, width: number): void {
    const area = mask.length;
    const grey = (at: number) => image[at] + image[area + at] + image[2 * area + at];
    const own: Tensor = { xx: 0, yy: 0, xy: 0, all: 0, count: 0, pixels: 0 };
    for (let at = width; at < area - width; at++) {
      if (at % width === 0 || at % width === width - 1) continue;
      const gx = grey(at + 1) - grey(at - 1);
      const gy = grey(at + width) - grey(at - width);
      const energy = gx * gx + gy * gy;
      own.all += energy;
      own.pixels++;
      if (mask[at] === 0) continue;
      own.xx += gx * gx;
      own.yy += gy * gy;
      own.xy += gx * gy;
      own.count++;
    }
    const energy = own.xx + own.yy;
    if (energy === 0 || own.count === 0) return;
    this.#images++;
    for (const axis of ["xx", "yy", "xy"] as const) this.#sum[axis] += own[axis] / energy;
    this.#sum.all += Math.log(energy / own.count / (own.all / own.pixels + 1e-9));
  }

  /** What was measured; undefined where no picture varied under its mask. */
  get measured(): MeasuredEdges | undefined {
    const { xx, yy, xy, all } = this.#sum;
    if (this.#images === 0) return undefined;
    const coherence = Math.hypot(xx - yy, 2 * xy) / (xx + yy);
    const degrees = Math.abs((0.5 * Math.atan2(2 * xy, xx - yy) * 180) / Math.PI);
    return { coherence, degrees, strength: Math.exp(all / this.#images) };
  }

  /** Undefined where the masks are not of one direction. */
  get edges(): Edges | undefined {
    const { measured } = this;
    if (!measured) return undefined;
    const { coherence, degrees, strength } = measured;
    if (coherence < LEAST_COHERENCE || strength < LEAST_STRENGTH) return undefined;
    const texture = degrees > 67.5 ? "horizontal stripes" : degrees < 22.5 ? "vertical stripes" : "diagonal stripes";
    return { texture, coherence };
  }
}
