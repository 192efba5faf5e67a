/**
 * Passes through a network: once over a picture as it is, which yields every unit's activation map and what is said of the classes; then,
 * with units silent, through what lies behind the first layer concerned only, fed with what was computed before (`engine/onnx/suffix.ts`).
 *
 * Sessions are opened at need, the one for whole passes and at most `MOST_SUFFIXES` others; each may hold all weights. Every pass blocks
 * the JavaScript thread while it runs, so callers take turns and take small steps.
 */
import type { Preprocessing } from "../../data/images/preprocess.js";
import { normalise } from "../../data/images/preprocess.js";
import { GraphBuilder } from "../../engine/onnx/build.js";
import { withGraph } from "../../engine/onnx/edit.js";
import { ROWS, type Suffix, suffixBehind } from "../../engine/onnx/suffix.js";
import { tap } from "../../engine/onnx/tap.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../../engine/runtime/session.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { canonicalMaps } from "../../exemplars/graphs.js";
import { unitsOf } from "../../exemplars/layout.js";
import { fixedBatch, imageInput } from "../../exemplars/subject.js";
import { layoutFor } from "../../studies/described-run.js";
import type { Network, NetworkLayer } from "./network.js";

/** Units to silence: their numbers, by the layer's place in the run. */
export type Silent = ReadonlyMap<number, readonly number[]>;

const MOST_SUFFIXES = 2;

export class Passes {
  readonly #network: Network;
  readonly #options: SessionOptions;
  readonly #input: string;
  /** Layers that matter to the classes, in their order. */
  readonly #silenceable: readonly NetworkLayer[];
  /** By how many of these layers come before it. */
  readonly #parts = new Map<number, Suffix>();
  readonly #suffixes = new Map<number, Session>();
  #whole: Promise<Session> | undefined;

  constructor(network: Network, { device, threads }: SessionOptions) {
    this.#network = network;
    this.#options = { ...(device && { device }), ...(threads && { threads }) };
    this.#input = imageInput(network.subject).name;
    this.#silenceable = network.layers.filter(({ matters }) => matters);
  }

  get #preprocessing(): Preprocessing {
    return this.#network.run.manifest.preprocessing!;
  }

  /**
   * One picture.
   * @param pixels uint8 [3, height, width].
   * @returns maps by the layer's place in the run, float32 [row, y, x]; what is said, float32 [class], of a classifier.
   */
  async see(pixels: Uint8Array): Promise<{ maps: Float32Array[]; said: Float32Array | undefined }> {
    const { run, classifier } = this.#network;
    const fetches = [...run.layers.keys()].map(mapsName);
    if (classifier) fetches.push(classifier.output);
    const found = await this.#run(pixels, fetches);
    const maps = run.layers.map(({ unitNumbers, height, width }, place) => {
      // a model of fixed batch makes as many as it must
      return floats(found[mapsName(place)]).slice(0, unitNumbers.length * height * width);
    });
    return { maps, said: classifier && floats(found[classifier.output]).slice(0, classifier.classes) };
  }

  /** How many of the layers that matter come before the first that has silent units; undefined where none has. */
  start(silent: Silent): number | undefined {
    const first = this.#silenceable.findIndex(({ place }) => (silent.get(place)?.length ?? 0) > 0);
    return first < 0 ? undefined : first;
  }

  /**
   * What a pass from `start` on begins with, and what is said with no unit silent.
   * @param pixels uint8 [picture, 3, height, width].
   */
  async begin(pixels: Uint8Array, start: number): Promise<{ border: Arrays; said: Float32Array }> {
    const { output } = this.#network.classifier!;
    const { border } = this.#part(start);
    const inner = [...border.values()].map(({ name }) => name).filter((name) => name !== this.#input);
    const found = await this.#run(pixels, [...new Set([...inner, output])]);
    const crossing = [...border].map(([name, info]): [string, NdArray] => [
      name,
      info.name === this.#input ? normalise(pixels, this.#preprocessing) : found[info.name],
    ]);
    return { border: Object.fromEntries(crossing), said: floats(found[output]) };
  }

  /**
   * What is said with units silent, float32 [picture, class].
   * @param border as `begin` gave it, for `pictures` pictures.
   */
  async silenced(border: Arrays, pictures: number, start: number, silent: Silent): Promise<Float32Array> {
    const { masks } = this.#part(start);
    const rows = BigInt64Array.from({ length: pictures }, (_, i) => BigInt(i));
    const feeds: Arrays = { ...border, [ROWS]: ndarray("int64", [pictures], rows) };
    for (const { place, layer } of this.#silenceable.slice(start)) {
      const mask = new Float32Array(pictures * layer.units).fill(1);
      for (const unit of silent.get(place) ?? [])
        for (let picture = 0; picture < pictures; picture++) mask[picture * layer.units + unit] = 0;
      feeds[masks.get(layer.name)!] = ndarray("float32", [pictures, layer.units], mask);
    }
    const session = await this.#suffix(start);
    return floats((await session.run(feeds))[this.#network.classifier!.output]);
  }

  async close(): Promise<void> {
    for (const session of this.#suffixes.values()) await session.close();
    this.#suffixes.clear();
    const whole = await this.#whole?.catch(() => undefined);
    this.#whole = undefined;
    await whole?.close();
  }

  async #run(pixels: Uint8Array, fetches: readonly string[]): Promise<Arrays> {
    const { classifier, subject } = this.#network;
    const session = await this.#open();
    const fixed = classifier ? undefined : fixedBatch(subject);
    const fed = fixed === undefined ? pixels : repeated(pixels, fixed);
    return session.run({ [this.#input]: normalise(fed, this.#preprocessing) }, fetches);
  }

  /** The network with everything that any pass may ask for as outputs; only what is asked for leaves the runtime. */
  #open(): Promise<Session> {
    if (this.#whole) return this.#whole;
    const { run, subject, classifier } = this.#network;
    const base = classifier?.model ?? subject.model;
    const output = base.proto.graph!.output.filter(({ name }) => name === classifier?.output);
    const starts = classifier ? [...this.#silenceable.keys()] : [];
    const crossing = starts.flatMap((start) => [...this.#part(start).border.values()]);
    const own = crossing.filter(({ name }) => name !== this.#input);
    const g = GraphBuilder.extending(tap(withGraph(base, { output }), own));
    for (const [place, layer] of run.layers.entries()) {
      const layout = layoutFor(layer);
      const shape = ["images", unitsOf(layout).length, layout.height, layout.width];
      g.output(canonicalMaps(g, layout, place), mapsName(place), "float32", shape);
    }
    const opened = openSession(g.build(), this.#options);
    this.#whole = opened;
    opened.catch(() => {
      this.#whole = undefined;
    });
    return opened;
  }

  #part(start: number): Suffix {
    const known = this.#parts.get(start);
    if (known) return known;
    const { model, infos, output } = this.#network.classifier!;
    const layers = this.#silenceable.slice(start).map(({ layer }) => layer);
    const part = suffixBehind(model, layers, infos, [output]);
    this.#parts.set(start, part);
    return part;
  }

  async #suffix(start: number): Promise<Session> {
    const known = this.#suffixes.get(start);
    this.#suffixes.delete(start);
    const session = known ?? (await openSession(this.#part(start).model, this.#options));
    this.#suffixes.set(start, session);
    const [oldest] = this.#suffixes.keys();
    if (this.#suffixes.size > MOST_SUFFIXES) {
      await this.#suffixes.get(oldest)!.close();
      this.#suffixes.delete(oldest);
    }
    return session;
  }
}

const mapsName = (place: number) => `milan.live.${place}`;

const floats = ({ data }: NdArray) => data as Float32Array;

/** A picture as often as a model of fixed batch demands. */
function repeated(pixels: Uint8Array, times: number): Uint8Array {
  const many = new Uint8Array(times * pixels.length);
  for (let i = 0; i < times; i++) many.set(pixels, i * pixels.length);
  return many;
}
