/**
 * What a sweep knows so far: for every layer the top images, the tails and the sample. It is fed one batch of network
 * outputs after another, can be saved at any batch, and adds up with what other shards saw.
 */
import type { Arrays } from "../engine/runtime/session.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";
import type { Later } from "../engine/tensor/safetensors.js";
import type { UnitFlaw } from "../run/manifest.js";
import type { StatisticsNames } from "./graphs.js";
import { isDrawn, type LayerPlan } from "./plan.js";
import { Sample } from "./sample.js";
import { maskLevel, Tails, tailQuantile } from "./tail.js";
import { TopImages } from "./top.js";

/** Statistics of one layer. */
export class LayerStatistics {
  readonly plan: LayerPlan;
  readonly top: TopImages;
  readonly tails: Tails;
  readonly sample: Sample;
  /** uint8 [unit], 1 where some activation was not a number. */
  readonly broken: Uint8Array;

  constructor(plan: LayerPlan, k: number) {
    this.plan = plan;
    this.top = new TopImages(plan.rows, k);
    this.tails = new Tails(plan.rows, plan.capacity, plan.positions);
    this.sample = new Sample(plan.rows, plan.shown);
    this.broken = new Uint8Array(plan.rows);
  }

  /**
   * The inputs of the statistics graph for a batch of these images, apart from the images.
   * @param count images fed; those beyond `ids` do not count.
   * @param floors float32 [unit], default: those of the tails.
   */
  feeds(ids: ArrayLike<number>, count: number, names: StatisticsNames, floors = this.tails.floors()): Arrays {
    const positions = this.#positionsOf(ids);
    return {
      [names.floors]: this.#spread(floors, ids, count),
      [names.positions]: ndarray("int64", [positions.length], BigInt64Array.from(positions, BigInt)),
    };
  }

  /** float32 [1, unit, 1, 1], or [image, unit, 1, 1] where some images are not to be looked at: infinite for those. */
  #spread(floors: Float32Array, ids: ArrayLike<number>, count: number): NdArray {
    const { rows, every } = this.plan;
    if (every === 1) return ndarray("float32", [1, rows, 1, 1], floors);
    const all = new Float32Array(count * rows).fill(Number.POSITIVE_INFINITY);
    for (let image = 0; image < ids.length; image++) if (isDrawn(ids[image], every)) all.set(floors, image * rows);
    return ndarray("float32", [count, rows, 1, 1], all);
  }

  /** Adds a batch's outputs; only the first `ids.length` images of it count. */
  add(ids: ArrayLike<number>, outputs: Arrays, names: StatisticsNames): void {
    const [maxima, means] = [names.maxima, names.means].map((name) => outputs[name].data as Float32Array);
    const { rows } = this.plan;
    for (let image = 0; image < ids.length; image++) {
      const first = image * rows;
      for (let unit = 0; unit < rows; unit++) {
        if (Number.isNaN(means[first + unit])) this.broken[unit] = 1;
        else this.top.offer(unit, ids[image], maxima[first + unit]);
      }
    }
    const which = names.which === undefined ? undefined : (outputs[names.which].data as Int32Array);
    const drawn = Array.from(ids, (id) => isDrawn(id, this.plan.every));
    this.#addStrips(drawn, outputs[names.strips].data as Float32Array, which);
    this.#addSample(ids, outputs[names.sample].data as Float32Array);
  }

  /**
   * Adds strips [strip, x], neighbours of one map together; what is not among them is below the floors.
   * @param drawn of each image that counts, whether it goes into the levels.
   */
  #addStrips(drawn: readonly boolean[], strips: Float32Array, which: Int32Array | undefined): void {
    const { rows, mapRows, mapColumns, positions } = this.plan;
    const dropped = new Float64Array(rows).fill(drawn.filter(Boolean).length * positions);
    const count = which?.length ?? strips.length / mapColumns;
    const end = drawn.length * rows * mapRows; // strips from here on are of images that do not count
    for (let first = 0; first < count; ) {
      const strip = which === undefined ? first : which[first];
      if (strip >= end) break;
      const nextMap = strip - (strip % mapRows) + mapRows;
      let next = which === undefined ? first + mapRows : first + 1;
      if (which !== undefined) while (next < count && which[next] < nextMap) next++;
      const map = Math.floor(strip / mapRows);
      if (drawn[Math.floor(map / rows)]) {
        const unit = map % rows;
        this.tails.add(unit, strips, first * mapColumns, next * mapColumns);
        dropped[unit] -= (next - first) * mapColumns;
      }
      first = next;
    }
    for (let unit = 0; unit < rows; unit++) this.tails.skip(unit, dropped[unit]);
  }

  #addSample(ids: ArrayLike<number>, sample: Float32Array): void {
    const { rows, positions } = this.plan;
    const all = this.#positionsOf(ids);
    for (let image = 0; image < ids.length; image++) {
      for (const position of this.sample.positionsOf(ids[image], positions)) {
        this.sample.add(sample, image * rows * all.length, all.length, all.indexOf(position));
      }
    }
  }

  /** All positions sampled in a batch, ascending; at least one, so that no tensor is empty. */
  #positionsOf(ids: ArrayLike<number>): number[] {
    const taken = Array.from(ids, (id) => this.sample.positionsOf(id, this.plan.positions)).flat();
    return taken.length === 0 ? [0] : [...new Set(taken)].sort((a, b) => a - b);
  }

  /**
   * The arrays of the state, by name. Those that are large are made when they are written, and nothing may be added before.
   * @param width places of a unit's tail; default: as many as the whole sweep can need.
   */
  save(width = this.plan.capacity): Map<string, NdArray | Later> {
    const { rows } = this.plan;
    const { ids, activations } = this.top.save();
    const counts = Float64Array.from({ length: rows }, (_, unit) => this.tails.count(unit));
    const later = (shape: readonly number[], values: () => Float32Array): Later => ({
      ...{ dtype: "float32", shape },
      make: () => ndarray("float32", shape, values()),
    });
    return new Map<string, NdArray | Later>([
      ["ids", ndarray("int32", [rows, this.top.k], ids)],
      ["activations", ndarray("float32", [rows, this.top.k], activations)],
      ["counts", ndarray("float64", [rows], counts)],
      ["tail", later([rows, width], () => this.tails.save(width).values)],
      ["broken", ndarray("uint8", [rows], this.broken.slice())],
      ["sample", later([this.sample.taken, rows], () => this.sample.save())],
    ]);
  }

  /** Adds a saved state of the same plan. */
  merge(saved: ReadonlyMap<string, NdArray>): void {
    const data = <T>(name: string) => saved.get(name)?.data as T;
    this.top.merge({ ids: data("ids"), activations: data("activations") });
    this.tails.merge({ counts: data("counts"), values: data("tail") });
    this.sample.merge(data("sample"));
    for (const [unit, broken] of data<Uint8Array>("broken").entries()) this.broken[unit] |= broken;
  }

  /** float32 [unit], the level of every unit's masks at a quantile (`maskLevel`); NaN where it cannot be said. */
  levels(quantile: number): Float32Array {
    const { activations } = this.top.save();
    const sample = this.sample.save();
    const { rows } = this.plan;
    return Float32Array.from({ length: rows }, (_, unit) => {
      if (this.broken[unit]) return Number.NaN;
      const largest = this.tails.largest(unit);
      const level = tailQuantile(largest, this.tails.count(unit), quantile);
      return maskLevel(level, largest, !isConstant(sample, unit, rows, activations[unit * this.top.k]));
    });
  }

  /** Units that cannot be judged, by their numbers in the layer. */
  flaws(numbers: readonly number[]): UnitFlaw[] {
    const flaws: UnitFlaw[] = [];
    const { activations } = this.top.save();
    const sample = this.sample.save();
    for (const [row, unit] of numbers.entries()) {
      if (this.broken[row]) flaws.push({ unit, flaw: "nan" });
      else if (isConstant(sample, row, numbers.length, activations[row * this.top.k]))
        flaws.push({ unit, flaw: "constant" });
    }
    return flaws;
  }
}

/** Whether a unit's sampled activations all equal its largest one. */
function isConstant(sample: Float32Array, row: number, rows: number, best: number): boolean {
  for (let at = row; at < sample.length; at += rows) if (sample[at] !== best) return false;
  return true;
}
