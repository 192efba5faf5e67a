/**
 * A run as one web page that opens from disk and needs no network: descriptions with their evidence over masked exemplars,
 * to be searched and doubted.
 *
 * It costs about 1.3 ms a mask and 10 ms a picture, and on the page some 5 KB a distinct picture and 4 KB a unit. The page is
 * written as it is made: memory does not grow with the pictures or the masks.
 *
 * Names and descriptions may come from anywhere. They are data that the page only ever shows as text, and its security policy
 * forbids whatever else they might attempt.
 */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "../base/errors.js";
import { writeAtomically } from "../base/files.js";
import { type Progress, silent } from "../base/progress.js";
import { VERSION } from "../base/version.js";
import type { ExemplarStore } from "../exemplars/store.js";
import type { Description, DescriptionsHeader } from "../run/descriptions.js";
import { displayName } from "../run/layer-name.js";
import { isRun, readManifest } from "../run/manifest.js";
import { DOUBT_WORDS } from "./doubt-words.js";
import { maskShrinker, pack, packMasks, type Size } from "./mask-bits.js";
import { dataBlock, inertJson, pageAround } from "./page.js";
import { thumbnails } from "./thumbnails.js";
import { Descriptions, evidenceOf, lambdaOf, listed, type PageUnit, pageUnits } from "./units.js";

export interface HtmlOptions {
  /** Heading of the page; default: the name of the run. */
  readonly title?: string;
  /** Longer side of the pictures, in pixels; default 144. Pictures are never enlarged. */
  readonly imageSize?: number;
  /** Most exemplars of a unit; default all. */
  readonly exemplars?: number;
  /** Whether units without a description are left out; default no. */
  readonly onlyDescribed?: boolean;
  /** How the descriptions were made, where that is known. */
  readonly made?: DescriptionsHeader | undefined;
  readonly progress?: Progress;
}

/**
 * Writes the page, whole or not at all.
 * @param descriptions of any of the store's units; none shows the dissection alone. Several of one unit are joined.
 * Errors: `UserError` for an option out of range, an image of the probe set that cannot be read, a path that cannot be written.
 */
export async function exportHtml(
  store: ExemplarStore,
  descriptions: readonly Description[],
  path: string,
  options: HtmlOptions = {},
): Promise<void> {
  const { imageSize = 144, exemplars = store.k, progress = silent } = options;
  for (const [name, value] of Object.entries({ imageSize, exemplars })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new UserError(`exporting ${path}: ${name} ${value}; expected a whole number above 0`);
  }
  const byUnit = new Descriptions(store, descriptions);
  if (byUnit.strangers > 0) {
    progress.warn(
      `${byUnit.strangers} of ${descriptions.length} descriptions are of units that ${store.folder} does not have; they are left out`,
    );
  }
  const scale = Math.min(1, imageSize / Math.max(store.height, store.width));
  const size: Size = [Math.max(1, Math.round(store.height * scale)), Math.max(1, Math.round(store.width * scale))];
  const all = pageUnits(store, byUnit, exemplars);
  const units = options.onlyDescribed ? all.filter(({ described }) => described) : all;
  const facts = {
    title: options.title ?? basename(store.folder),
    facts: await runFacts(store, options),
    layers: layerNames(store),
    described: byUnit.size,
    doubts: DOUBT_WORDS,
    lambda: lambdaOf(descriptions, options.made),
    height: size[0],
    width: size[1],
  };
  await writeAtomically(path, (file) => writeFile(file, page(store, units, facts, size, progress)));
}

/** The page from top to bottom. */
async function* page(
  store: ExemplarStore,
  units: readonly PageUnit[],
  facts: { readonly title: string },
  size: Size,
  progress: Progress,
): AsyncGenerator<string> {
  const { before, after } = await pageAround(facts.title);
  const places = new Map<number, number>();
  const ids = new Set(
    units.flatMap(({ layer, row, ranks }) => ranks.map((rank) => layer.images[row * store.k + rank])),
  );
  yield before;
  yield* dataBlock("facts", [inertJson(facts)]);
  yield* dataBlock("images", each(thumbnails(store, ids, size, places, progress), inertJson));
  yield* dataBlock(
    "units",
    each(units, (unit) => inertJson(listed(unit, store.k, places))),
  );
  yield* dataBlock(
    "evidence",
    each(units, (unit) => pack(JSON.stringify(evidenceOf(unit)))),
  );
  yield* dataBlock("masks", maskLines(store, units, size, progress));
  yield after;
}

async function* maskLines(
  store: ExemplarStore,
  units: readonly PageUnit[],
  size: Size,
  progress: Progress,
): AsyncGenerator<string> {
  const shrink = maskShrinker([store.height, store.width], size);
  progress.begin("masks", units.length, "unit");
  for (const [done, { layer, row, ranks }] of units.entries()) {
    const masks: Uint8Array[] = [];
    for (const rank of ranks) masks.push(shrink(await store.mask(layer, row, rank)));
    yield packMasks(masks);
    progress.update(done + 1);
  }
  progress.end();
}

/** Names to show and to put into addresses, so no two may be the same. */
function layerNames({ layers }: ExemplarStore): { name: string; tensor: string }[] {
  const names = layers.map(displayName);
  return layers.map(({ name: tensor }, place) => ({
    name: names.filter((name) => name === names[place]).length > 1 ? tensor : names[place],
    tensor,
  }));
}

/** What the results are results of, as label and text. Names of files are given without the folders they lie in. */
async function runFacts({ folder, k }: ExemplarStore, { made }: HtmlOptions): Promise<[string, string][]> {
  const facts: [string, string][] = [];
  if (isRun(folder)) {
    const run = await readManifest(folder);
    const used = run.probeSize - run.skipped.length;
    facts.push(["model", basename(run.modelPath)]);
    facts.push(["probe set", `${basename(run.probePath)}, ${used.toLocaleString("en")} ${run.probeKind}`]);
    facts.push(["exemplars", `${k} a unit, masked above the ${run.quantile} quantile`]);
  } else {
    facts.push(["exemplars", `${k} a unit`]);
  }
  if (made) facts.push(["describer", basename(made.describer)]);
  facts.push(["made by", `Milan ${VERSION}`]);
  return facts;
}

async function* each<T>(items: AsyncIterable<T> | Iterable<T>, make: (item: T) => string): AsyncGenerator<string> {
  for await (const item of items) yield make(item);
}
