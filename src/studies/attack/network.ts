/** What a classifier makes of pictures that are in memory, whole and with a unit silent. */

import { normalise, type Preprocessing } from "../../data/images/preprocess.js";
import { withGraph } from "../../engine/onnx/edit.js";
import type { Layer } from "../../engine/onnx/layers.js";
import { ROWS, type Suffix, suffixBehind } from "../../engine/onnx/suffix.js";
import { toValueInfo } from "../../engine/onnx/values.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../../engine/runtime/session.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { imageInput } from "../../exemplars/subject.js";
import { answersOf, type Classifier } from "../ablation/classifier.js";

export interface NetworkOptions extends SessionOptions {
  readonly preprocessing: Preprocessing;
  /** Pictures run at once; default 32. */
  readonly batchSize?: number;
}

const BATCH_SIZE = 32;

/** The classifier, cut behind a layer where a unit's weights are wanted. Close it when done. */
export class Network {
  readonly #classifier: Classifier;
  readonly #options: NetworkOptions;
  readonly #input: string;
  #whole: Promise<Session> | undefined;
  readonly #cuts = new Map<string, Promise<Cut>>();

  constructor(classifier: Classifier, options: NetworkOptions) {
    this.#classifier = classifier;
    this.#options = options;
    this.#input = imageInput(classifier.subject).name;
  }

  /** The class the network takes each picture for; -1 where its logits are no numbers. @param pictures uint8 [3, y, x] each. */
  async answers(pictures: readonly Uint8Array[]): Promise<number[]> {
    this.#whole ??= this.#open([]);
    const session = await this.#whole;
    const found: number[] = [];
    for (const feeds of this.#feeds(pictures))
      found.push(...answersOf((await session.run(feeds))[this.#classifier.output]));
    return found;
  }

  /**
   * A unit's outgoing weight to each class, float64 [class], logits: how much less the network is for the class, beside the mean of the others, when
   * the unit is silent, in the mean over the pictures. Where a linear end follows an average of the unit's map, this is its weight (less the mean of the
   * others) times its mean activation.
   * @param pictures uint8 [3, y, x] each; those on which the unit is active.
   */
  async outgoing(layer: Layer, unit: number, pictures: readonly Uint8Array[]): Promise<Float64Array> {
    const { classes, output } = this.#classifier;
    const cut = await this.#cut(layer);
    const sums = new Float64Array(classes);
    for (const feeds of this.#feeds(pictures)) {
      const found = { ...(await cut.before.run(feeds)), ...feeds };
      const { shape, data } = found[output];
      const mask = new Float32Array(shape[0] * layer.units).fill(1);
      for (let row = 0; row < shape[0]; row++) mask[row * layer.units + unit] = 0;
      const silenced = await cut.behind.run({
        ...Object.fromEntries([...cut.suffix.border].map(([name, info]) => [name, found[info.name]])),
        [ROWS]: ndarray(
          "int64",
          [shape[0]],
          BigInt64Array.from({ length: shape[0] }, (_, row) => BigInt(row)),
        ),
        [cut.suffix.masks.get(layer.name)!]: ndarray("float32", [shape[0], layer.units], mask),
      });
      for (let i = 0; i < data.length; i++) sums[i % classes] += Number(data[i]) - Number(silenced[output].data[i]);
    }
    const changes = sums.map((sum) => sum / pictures.length);
    const all = changes.reduce((sum, change) => sum + change, 0);
    return changes.map((change) => change - (all - change) / (classes - 1));
  }

  async close(): Promise<void> {
    await (await this.#whole)?.close();
    for (const cut of this.#cuts.values()) {
      await (await cut).before.close();
      await (await cut).behind.close();
    }
  }

  #open(more: readonly { readonly name: string }[]): Promise<Session> {
    const { model, output, infos } = this.#classifier;
    const own = model.proto.graph!.output.filter(({ name }) => name === output);
    const others = more.map(({ name }) => toValueInfo(infos.get(name)!));
    return openSession(withGraph(model, { output: [...own, ...others] }), this.#session);
  }

  get #session(): SessionOptions {
    const { preprocessing: _, batchSize: __, ...session } = this.#options;
    return session;
  }

  #cut(layer: Layer): Promise<Cut> {
    const known = this.#cuts.get(layer.name);
    if (known) return known;
    const made = this.#makeCut(layer);
    this.#cuts.set(layer.name, made);
    return made;
  }

  async #makeCut(layer: Layer): Promise<Cut> {
    const { model, output, infos } = this.#classifier;
    const suffix = suffixBehind(model, [layer], infos, [output]);
    const crossing = [...suffix.border.values()].filter(({ name }) => name !== this.#input && name !== output);
    return { suffix, before: await this.#open(crossing), behind: await openSession(suffix.model, this.#session) };
  }

  *#feeds(pictures: readonly Uint8Array[]): Generator<Arrays> {
    const { preprocessing, batchSize = BATCH_SIZE } = this.#options;
    for (let first = 0; first < pictures.length; first += batchSize) {
      const some = pictures.slice(first, first + batchSize);
      const pixels = new Uint8Array(some.length * some[0].length);
      for (const [i, picture] of some.entries()) pixels.set(picture, i * picture.length);
      yield { [this.#input]: normalise(pixels, preprocessing) };
    }
  }
}

interface Cut {
  readonly suffix: Suffix;
  readonly before: Session;
  readonly behind: Session;
}
