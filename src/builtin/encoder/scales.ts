/**
 * The scales of the features of sight: mean and standard deviation over quarters of pictures, which are about as large as what
 * masks cover. Measured once, written into the network.
 */
import type { OnnxModel } from "../../engine/onnx/model.js";
import { openSession } from "../../engine/runtime/open.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { SIGHT_LAYERS, type SightLayer } from "./sight.js";

/** float32 [unit] each. A layer without an entry stays as it is. */
export type Scales = ReadonlyMap<SightLayer, { readonly mean: Float32Array; readonly deviation: Float32Array }>;

/** A feature that varies less than this share of the median one is not made large: it would be noise. */
const LEAST = 0.05;

/**
 * Measures scales. Places are not measured: they do not depend on pictures.
 * @param model `sightModel` without scales.
 * @param pictures float32 [n, 3, 128, 128], ImageNet-normalised, in batches.
 */
export async function measureScales(model: OnnxModel, pictures: AsyncIterable<NdArray<"float32">>): Promise<Scales> {
  const names = SIGHT_LAYERS.filter((name) => name !== "place");
  const sums = new Map<SightLayer, Sums>();
  const session = await openSession(model);
  try {
    for await (const images of pictures) {
      const found = await session.run({ images }, names);
      for (const name of names) {
        const { data, shape } = found[name];
        const own = sums.get(name) ?? new Sums(shape[1]);
        sums.set(name, own);
        addQuarters(own, data as Float32Array, shape);
      }
    }
  } finally {
    await session.close();
  }
  return new Map([...sums].map(([name, own]) => [name, own.scale()]));
}

class Sums {
  #count = 0;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;

  constructor(units: number) {
    this.#sum = new Float64Array(units);
    this.#squares = new Float64Array(units);
  }

  add(values: Float64Array): void {
    this.#count += 1;
    for (const [unit, value] of values.entries()) {
      this.#sum[unit] += value;
      this.#squares[unit] += value ** 2;
    }
  }

  scale() {
    const mean = this.#sum.map((sum) => sum / this.#count);
    const deviation = mean.map((m, unit) => Math.sqrt(Math.max(0, this.#squares[unit] / this.#count - m ** 2)));
    const median = deviation.slice().sort()[deviation.length >> 1];
    const least = Math.max(1e-6, LEAST * median);
    return { mean: Float32Array.from(mean), deviation: Float32Array.from(deviation, (d) => Math.max(least, d)) };
  }
}

/** The means of the quarters of each picture; of maps of one cell, that cell. */
function addQuarters(sums: Sums, data: Float32Array, [count, units, height, width]: readonly number[]): void {
  const parts = height === 1 ? 1 : 2;
  const [tall, wide] = [height / parts, width / parts];
  for (let picture = 0; picture < count; picture++) {
    for (let part = 0; part < parts ** 2; part++) {
      const [top, left] = [Math.floor(part / parts) * tall, (part % parts) * wide];
      const means = new Float64Array(units);
      for (let unit = 0; unit < units; unit++) {
        const from = (picture * units + unit) * height * width;
        let sum = 0;
        for (let y = top; y < top + tall; y++)
          for (let x = left; x < left + wide; x++) sum += data[from + y * width + x];
        means[unit] = sum / (tall * wide);
      }
      sums.add(means);
    }
  }
}
