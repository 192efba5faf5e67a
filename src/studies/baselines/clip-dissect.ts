/**
 * CLIP-Dissect (Oikarinen and Weng, 2023): the concept, of a list of words, whose likeness to the images by an image-text model goes best with a unit's
 * mean activation in them. Needs no labels; knows whole images only, not regions.
 *
 * Costs one pass of the network, one run of the vision model an image, one of the text model a concept; memory 4 bytes for each image and unit, and for
 * each image and concept.
 */
import { stringify } from "csv-stringify/sync";
import { UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { batches } from "../../data/images/batches.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { openImages } from "../../data/images/open.js";
import { allImagenetNames } from "../../data/labels/kinds.js";
import { COLOUR_NAMES, TEXTURE_NAMES } from "../../data/labels/labels.js";
import { namesOfWorld } from "../../data/world/names.js";
import { GraphBuilder } from "../../engine/onnx/build.js";
import { withGraph } from "../../engine/onnx/edit.js";
import { openSession } from "../../engine/runtime/open.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { canonicalMaps } from "../../exemplars/graphs.js";
import { type LayerLayout, unitsOf } from "../../exemplars/layout.js";
import { imageProbe } from "../../exemplars/probe.js";
import { fixedBatch, imageInput } from "../../exemplars/subject.js";
import { ImageTextModel } from "../../image-text/image-text-model.js";
import type { Run } from "../../run/run.js";
import { layoutFor, openRun, openSubject } from "../described-run.js";
import { type SimilarityName, type SimilarityOptions, similarity } from "./similarities.js";

export interface ClipDissectOptions extends SessionOptions {
  /** The image-text model's folder: see `ImageTextModel`. */
  readonly imageText: string;
  /** Different words or phrases, at least two. */
  readonly concepts: readonly string[];
  /** How a concept is put to the text model, with `{}` for it; default "{}". */
  readonly template?: string;
  /** Default "soft-wpmi". */
  readonly similarity?: SimilarityName;
  readonly settings?: SimilarityOptions;
  /** The probe images; default those the run was made with. */
  readonly images?: string;
  readonly layers?: readonly string[];
  readonly model?: string;
  readonly batchSize?: number;
  readonly progress?: Progress;
}

export interface ClipDissected {
  readonly images: number;
  readonly units: readonly {
    readonly layer: string;
    readonly unit: number;
    /** The concepts that suit the unit best, best first, with their similarity; five at most. None for a unit whose activations are no numbers. */
    readonly concepts: readonly { readonly concept: string; readonly similarity: number }[];
  }[];
}

/** What units may be named after where no list is given: all names that labels know, colours and textures. */
export const defaultConcepts = (): string[] => [
  ...new Set([...allImagenetNames(), ...namesOfWorld(), ...COLOUR_NAMES, ...TEXTURE_NAMES]),
];

/** A list of concepts, one a line; empty lines and those that begin with # are left out. Errors: `UserError` when it cannot be read. */
export async function readConcepts(path: string): Promise<string[]> {
  const lines = (await readWhole("reading", path)).toString("utf8").split(/\r?\n/);
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#")))];
}

/** The table: layer, unit, description (the best concept), similarity, next (the following ones, separated by "; "). */
export function clipDissectTable({ units }: ClipDissected): string {
  const rows = units.map(({ layer, unit, concepts: [best, ...others] }) => [
    ...[layer, unit, best?.concept ?? "", best?.similarity.toFixed(4) ?? ""],
    others.map(({ concept }) => concept).join("; "),
  ]);
  return stringify([["layer", "unit", "description", "similarity", "next"], ...rows]);
}

const SHOWN = 5;
/** Bytes that the two matrices may take together. */
const MOST_BYTES = 2 ** 31;

/** Runs the method on a run. Errors: `UserError` for whatever cannot be used: the run, its model, the images, the image-text model, the concepts. */
export async function clipDissect(folder: string, options: ClipDissectOptions): Promise<ClipDissected> {
  const doing = "clip-dissect";
  const { concepts, progress = silent, template = "{}" } = options;
  if (new Set(concepts).size < 2) {
    throw new UserError(
      `${doing}: ${new Set(concepts).size} different concepts; expected at least 2, give a longer list`,
    );
  }
  const run = await openRun(doing, folder);
  try {
    if (run.manifest.probeKind !== "images") {
      throw new UserError(`${doing} ${folder}: it is of a generator; expected a run of a network that is fed pictures`);
    }
    const set = await openImages(options.images ?? run.manifest.probePath);
    const model = await ImageTextModel.open(options.imageText, options);
    try {
      const layouts = layoutsOf(run, options.layers);
      const units = layouts.flatMap((layout) => unitsOf(layout).map((unit) => ({ layer: layout.name, unit })));
      const bytes = 4 * set.entries.length * (units.length + concepts.length);
      if (bytes > MOST_BYTES) {
        throw new UserError(
          `${doing} ${folder}: ${set.entries.length} images, ${units.length} units and ${concepts.length} concepts need ${(bytes / 2 ** 30).toFixed(1)} GB; expected 2 at most, give fewer --layers, --images or concepts`,
        );
      }
      const { ids, activations } = await meanActivations(run, set, layouts, options);
      const likeness = await likenessOf(
        model,
        set,
        ids,
        concepts.map((concept) => template.replaceAll("{}", concept)),
        progress,
      );
      const { scores } = similarity(options.similarity ?? "soft-wpmi", likeness, activations, options.settings);
      return {
        images: ids.length,
        units: units.map((unit, i) => ({ ...unit, concepts: bestOf(scores.subarray(i * concepts.length), concepts) })),
      };
    } finally {
      await model.close();
      await set.close();
    }
  } finally {
    await run.close();
  }
}

function layoutsOf(run: Run, only: readonly string[] | undefined): LayerLayout[] {
  const layers = only?.map((name) => run.layer(name)) ?? run.layers;
  return layers.map((layer) => layoutFor(layer));
}

function bestOf(scores: Float64Array, concepts: readonly string[]) {
  const order = concepts.map((_, i) => i).filter((i) => !Number.isNaN(scores[i]));
  order.sort((a, b) => scores[b] - scores[a] || a - b);
  return order.slice(0, SHOWN).map((i) => ({ concept: concepts[i], similarity: scores[i] }));
}

/** Means over the maps, float32 [image, unit], of the images that can be read. */
async function meanActivations(
  run: Run,
  set: ImageSet,
  layouts: readonly LayerLayout[],
  options: ClipDissectOptions,
): Promise<{ ids: Uint32Array; activations: NdArray<"float32"> }> {
  const { progress = silent, batchSize = 8 } = options;
  const subject = await openSubject("clip-dissect", run, options.model);
  const g = GraphBuilder.extending(withGraph(subject.model, { output: [] }));
  const names = layouts.map((layout, i) => {
    const name = g.node("GlobalAveragePool", [canonicalMaps(g, layout, i)], {}, [`milan.means.${i}`]);
    g.output(name, name, "float32", ["images", unitsOf(layout).length, 1, 1]);
    return name;
  });
  const session = await openSession(g.build(), options);
  const fixed = fixedBatch(subject);
  const probe = imageProbe(set, run.manifest.preprocessing!, imageInput(subject).name, progress);
  const units = layouts.reduce((sum, layout) => sum + unitsOf(layout).length, 0);
  const [ids, rows]: [number[], Float32Array[]] = [[], []];
  progress.begin("activations", probe.size, "image");
  try {
    const order = Uint32Array.from({ length: probe.size }, (_, i) => i);
    const size = fixed ?? Math.min(batchSize, probe.size);
    for await (const batch of probe.batches(order, size, fixed !== undefined, () => {})) {
      const outputs = await session.run(batch.feeds);
      for (let i = 0; i < batch.ids.length; i++) {
        const row = new Float32Array(units);
        let at = 0;
        for (const [l, name] of names.entries()) {
          const width = unitsOf(layouts[l]).length;
          row.set((outputs[name].data as Float32Array).subarray(i * width, (i + 1) * width), at);
          at += width;
        }
        ids.push(batch.ids[i]);
        rows.push(row);
      }
      progress.update(ids.length);
    }
  } finally {
    progress.end();
    await session.close();
  }
  if (ids.length < 2) {
    throw new UserError(
      `clip-dissect on ${set.location}: ${ids.length} images can be read; expected at least 2, add some`,
    );
  }
  const activations = new Float32Array(ids.length * units);
  for (const [i, row] of rows.entries()) activations.set(row, i * units);
  return { ids: Uint32Array.from(ids), activations: ndarray("float32", [ids.length, units], activations) };
}

/** Cosines of images and texts, float32 [image, text]. */
async function likenessOf(
  model: ImageTextModel,
  set: ImageSet,
  ids: Uint32Array,
  texts: readonly string[],
  progress: Progress,
): Promise<NdArray<"float32">> {
  const vectors: Float32Array[] = [];
  progress.begin("concepts", texts.length, "text");
  for (const text of texts) {
    vectors.push(await model.embedText(text));
    progress.update(vectors.length);
  }
  progress.end();
  const likeness = new Float32Array(ids.length * texts.length);
  let done = 0;
  progress.begin("image embeddings", ids.length, "image");
  for await (const { input, count } of batches(set, ids, { batchSize: 8, preprocessing: model.preprocessing })) {
    const pixels = input.data.subarray(0, (input.data.length / input.shape[0]) * count);
    const { data, shape } = await model.embedImages(ndarray("float32", [count, ...input.shape.slice(1)], pixels));
    if (shape[1] !== vectors[0].length) {
      throw new UserError(
        `clip-dissect: images have ${shape[1]} features and texts ${vectors[0].length}; expected as many, check the image-text model`,
      );
    }
    for (let i = 0; i < count; i++) {
      const image = data.subarray(i * shape[1], (i + 1) * shape[1]);
      for (const [t, text] of vectors.entries()) {
        let sum = 0;
        for (let f = 0; f < text.length; f++) sum += image[f] * text[f];
        likeness[done * texts.length + t] = sum;
      }
      done++;
    }
    progress.update(done);
  }
  progress.end();
  return ndarray("float32", [ids.length, texts.length], likeness);
}
