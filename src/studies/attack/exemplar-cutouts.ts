/** Cut-outs without any labels: a unit's exemplars, cut out by its masks. Controls are those of other units, of the same layer where it has some. */
import { UserError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import type { ExemplarLayer, ExemplarStore } from "../../exemplars/store.js";
import type { AblatableUnit, DescribedUnit } from "../ablation/described-classifier.js";
import { cutOut } from "./cutout.js";
import type { Network } from "./network.js";
import type { Candidate, CutoutSource, FindClass } from "./source.js";

export class ExemplarCutouts implements CutoutSource {
  readonly #store: ExemplarStore;
  readonly #units: readonly DescribedUnit[];
  readonly #network: Network;
  readonly #find: FindClass;
  readonly #answers = new Map<number, number>();

  /** @param store stays open. @param units all that are described. */
  constructor(store: ExemplarStore, units: readonly DescribedUnit[], network: Network, find: FindClass) {
    this.#store = store;
    this.#units = units;
    this.#network = network;
    this.#find = find;
  }

  async of(unit: DescribedUnit): Promise<Candidate[]> {
    const ranks = Array.from({ length: this.#store.k }, (_, rank) => rank);
    return (await Promise.all(ranks.map((rank) => this.#cut(unit, rank)))).flatMap((found) => found ?? []);
  }

  async others(unit: DescribedUnit, count: number, random: Random): Promise<Candidate[]> {
    const others = this.#units.filter((other) => other.layer !== unit.layer || other.unit !== unit.unit);
    const beside = others.filter(({ layer }) => layer === unit.layer);
    const drawn = beside.length > 0 ? beside : others;
    const found: Candidate[] = [];
    for (const n of random.permutation(drawn.length * this.#store.k)) {
      if (found.length === count) break;
      const candidate = await this.#cut(drawn[Math.floor(n / this.#store.k)], n % this.#store.k);
      if (candidate) found.push(candidate);
    }
    return found;
  }

  /** Pictures on which a unit is active, above its level, the strongest first: uint8 [3, y, x] each. */
  async pictures(unit: AblatableUnit): Promise<Uint8Array[]> {
    const { layer, row } = this.#rowOf(unit);
    const { k } = this.#store;
    const ids = Array.from(layer.images.subarray(row * k, (row + 1) * k));
    const level = layer.levels?.[row] ?? Number.NaN;
    const active = ids.filter((id, rank) => id >= 0 && (layer.activations?.[row * k + rank] ?? 0) > level);
    return Promise.all(active.map((id) => this.#store.image(id)));
  }

  #rowOf({ layer: { name }, unit }: AblatableUnit): { layer: ExemplarLayer; row: number } {
    const layer = this.#store.layers.find((one) => one.name === name)!;
    const row = layer.units.indexOf(unit);
    if (row >= 0) return { layer, row };
    throw new UserError(
      `attacking ${this.#store.folder}: a description of unit ${unit} of ${name}, which was not dissected; expected units of the run, describe it again`,
    );
  }

  async #cut(unit: AblatableUnit, rank: number): Promise<Candidate | undefined> {
    const { layer, row } = this.#rowOf(unit);
    const id = layer.images[row * this.#store.k + rank];
    if (id < 0) return undefined;
    const pixels = await this.#store.image(id);
    const file = this.#store.imageName(id) ?? `picture ${id}`;
    const { height, width } = this.#store;
    const cutout = cutOut(pixels, await this.#store.mask(layer, row, rank), [height, width], file);
    if (cutout === undefined) return undefined;
    if (!this.#answers.has(id)) this.#answers.set(id, (await this.#network.answers([pixels]))[0]);
    const folders = file.split("/").slice(0, -1);
    return {
      ...cutout,
      classes: new Set([this.#answers.get(id)!, ...folders.flatMap((name) => this.#find(name) ?? [])]),
    };
  }
}
