/**
 * A run as it is served: what a list shows of every unit is in memory (about 1 KB a unit), pictures, maps and evidence are read when they are
 * looked at. What a run lacks is said in `cannot`, and no reason to refuse it.
 */
import { statSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../base/errors.js";
import { sha256 } from "../../base/hash.js";
import { blindMilannotations, openMilannotations } from "../../exemplars/milannotations.js";
import { blindExemplars, type ExemplarLayer, type ExemplarStore, runExemplars } from "../../exemplars/store.js";
import { type DescriptionLine, type DescriptionLines, openDescriptionLines } from "../../run/description-lines.js";
import type { Description, DescriptionsHeader, Doubt } from "../../run/descriptions.js";
import { displayName } from "../../run/layer-name.js";
import { isRun } from "../../run/manifest.js";
import { Run } from "../../run/run.js";
import { Descriptions, lambdaOf } from "../units.js";
import { Verdicts } from "./verdicts.js";

/** One unit of a run. */
export interface ServedUnit {
  /** Its place among the units of the run. */
  readonly at: number;
  /** Its layer, and that layer's place in the run. */
  readonly layer: ExemplarLayer;
  readonly layerPlace: number;
  /** Its row in the layer, and its number. */
  readonly row: number;
  readonly unit: number;
  /** Ranks that have an image; the columns of `Description.attention` are these. */
  readonly ranks: readonly number[];
  readonly described: DescriptionLine | undefined;
  readonly doubts: readonly Doubt[];
}

/** What is said of a unit; empty where nothing is. */
export const descriptionOf = ({ described }: Pick<ServedUnit, "described">): string => described?.description ?? "";

/** Why something cannot be had, in a sentence; null where it can. */
export interface Refusals {
  pictures: string | null;
  relevel: string | null;
  probe: string | null;
  ablate: string | null;
}

export interface ServedRun {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  /** Of its pictures and masks. */
  readonly version: string;
  readonly store: ExemplarStore;
  /** Undefined for exemplars without their run (MILANNOTATIONS). */
  readonly run: Run | undefined;
  readonly header: DescriptionsHeader | undefined;
  readonly lambda: number | null;
  /** Names to show, no two the same. */
  readonly layerNames: readonly string[];
  readonly units: readonly ServedUnit[];
  readonly verdicts: Verdicts;
  /** Routes that can do more change it. */
  readonly cannot: Refusals;
  /** Names of the model's classes, where somebody knows them. */
  classes: readonly string[] | null;
  /** The unit of a number in a layer, by its place. */
  unit(layerPlace: number, unit: number): ServedUnit | undefined;
  /** Whether a picture is an exemplar of any unit. */
  holds(image: number): boolean;
  /** What is said of a unit, with beam and attention. */
  evidence(unit: ServedUnit): Promise<Description | undefined>;
  close(): Promise<void>;
}

/** Opens a run or a MILANNOTATIONS folder. @param images where probe sets may be that are not where they were. */
export async function openServedRun(folder: string, id: string, images: readonly string[] = []): Promise<ServedRun> {
  const where = await realpath(folder).catch(() => folder);
  const { run, store, blind } = isRun(where) ? await openRun(where, images) : await openFolder(where, images);
  let lines: DescriptionLines | undefined;
  try {
    lines = await openDescriptionLines(where);
    const { header } = lines;
    const descriptions = new Descriptions(store, lines.lines);
    const units = unitsOf(store, descriptions);
    const places = store.layers.map((_, place) => new Map(ofLayer(units, place)));
    const shown = new Set(store.layers.flatMap(({ images }) => [...new Set(images)]));
    shown.delete(-1);
    const first = lines.lines.find(({ place }) => place !== null);
    const sample = first ? [await lines.whole(first)] : [];
    return {
      ...{
        id,
        name: basename(resolve(folder)),
        folder: where,
        version: await versionOf(where, store),
        store,
        run,
        header,
        units,
      },
      lambda: lambdaOf(sample, header),
      layerNames: distinctNames(store.layers),
      verdicts: new Verdicts(where),
      cannot: refusalsOf(run, blind),
      classes: null,
      unit: (layerPlace, unit) => places[layerPlace]?.get(unit),
      holds: (image) => shown.has(image),
      evidence: async ({ described }) => (described?.place ? await lines!.whole(described) : described),
      async close() {
        await lines!.close();
        await store.close();
      },
    };
  } catch (error) {
    await lines?.close();
    await store.close();
    throw error;
  }
}

interface Opened {
  readonly run: Run | undefined;
  readonly store: ExemplarStore;
  /** Why there are no pictures. */
  readonly blind: string | null;
}

async function openRun(folder: string, images: readonly string[]): Promise<Opened> {
  const run = await Run.open(folder);
  let why: UserError | undefined;
  for (const place of [undefined, ...images]) {
    try {
      return { run, store: await runExemplars(run, place), blind: null };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      why ??= error;
    }
  }
  return { run, store: blindExemplars(run, why!), blind: why!.message };
}

async function openFolder(folder: string, images: readonly string[]): Promise<Opened> {
  let why: UserError | undefined;
  for (const place of [...images, undefined]) {
    try {
      return { run: undefined, store: await openMilannotations(folder, place), blind: null };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      why = error;
    }
  }
  const store = await blindMilannotations(folder, why!);
  return { run: undefined, store, blind: why!.message };
}

function refusalsOf(run: Run | undefined, blind: string | null): Refusals {
  const alone = "these exemplars come without the model that they are of (MILANNOTATIONS)";
  const model = run ? "this server does not run models" : alone;
  const maps = run?.hasMaps() ? null : "the run's activation maps are not there";
  return {
    pictures: blind,
    relevel: run ? maps : "these exemplars come with masks at one level only (MILANNOTATIONS)",
    probe: model,
    ablate: model,
  };
}

function unitsOf(store: ExemplarStore, descriptions: Descriptions<DescriptionLine>): ServedUnit[] {
  const units: ServedUnit[] = [];
  for (const [layerPlace, layer] of store.layers.entries()) {
    const flaws = new Map(layer.flaws.map(({ unit, flaw }) => [unit, flaw]));
    const allRanks = Array.from({ length: store.k }, (_, rank) => rank);
    for (const [row, unit] of layer.units.entries()) {
      const described = descriptions.of(layerPlace, unit);
      const flaw = flaws.get(unit);
      const images = layer.images.subarray(row * store.k, (row + 1) * store.k);
      units.push({
        ...{ at: units.length, layer, layerPlace, row, unit, described },
        ranks: images.includes(-1) ? allRanks.filter((rank) => images[rank] >= 0) : allRanks,
        doubts: [...new Set([...(flaw ? [flaw] : []), ...(described?.doubts ?? [])])],
      });
    }
  }
  return units;
}

const ofLayer = (units: readonly ServedUnit[], place: number) =>
  units.filter(({ layerPlace }) => layerPlace === place).map((unit) => [unit.unit, unit] as const);

function distinctNames(layers: readonly ExemplarLayer[]): string[] {
  const names = layers.map(displayName);
  return layers.map(({ name }, place) =>
    names.filter((other) => other === names[place]).length > 1 ? name : names[place],
  );
}

/** Changes when pictures or masks do. */
async function versionOf(folder: string, { layers }: ExemplarStore): Promise<string> {
  const manifest = await readFile(join(folder, "run.json"), "utf8").catch(() => "");
  const arrays = manifest ? [] : layers.flatMap(({ name }) => [stamp(join(folder, name, "masks.npy"))]);
  return sha256(JSON.stringify([folder, manifest, arrays])).slice(0, 16);
}

function stamp(path: string): number[] {
  const { size, mtimeMs } = statSync(path);
  return [size, mtimeMs];
}
