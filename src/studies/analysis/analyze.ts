/**
 * Analysis of a network by its descriptions (paper, section 5; appendix D; Figures 4 and 13): which kinds of units matter to what it can do. Every
 * described unit is scored by what its description is like; units are ablated in the order of each score, and in random orders; and where the
 * units with high scores sit is counted by layer.
 *
 * Costs a pass of the network over the pictures for every step of every order.
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import type { Layer } from "../../engine/onnx/layers.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import type { Syntax } from "../../language/syntax/open.js";
import { type ClassPictures, openClassPictures } from "../ablation/class-pictures.js";
import { type AblatableUnit, openDescribedClassifier } from "../ablation/described-classifier.js";
import { CRITERIA, type Criterion, likenessTo, scoresOf, type WordVectors, wordsOf } from "./criteria.js";
import { type Curve, curvesOf, type Order, orderBy, randomOrder, sameLayersOrder } from "./curves.js";

export interface AnalyzeOptions extends SessionOptions {
  /** Class folders, or pictures with `labels`. */
  readonly images: string;
  readonly classes?: string | undefined;
  readonly labels?: string | undefined;
  /** The model's file, when it has moved since the run was made. */
  readonly model?: string | undefined;
  readonly syntax: Syntax;
  readonly vectors: WordVectors;
  /** Default: all seven. */
  readonly criteria?: readonly Criterion[];
  /** Further orders: units whose descriptions are like these words come first. */
  readonly similarTo?: readonly string[];
  /** Share of the units silenced at each step; default 0.02. */
  readonly step?: number;
  readonly until?: number;
  /** Random orders; default 5. */
  readonly trials?: number;
  /** Also as many random orders for each criterion that take as many units of each layer as it does; default not. */
  readonly sameLayers?: boolean;
  /** At most so many pictures, of each class as many as of any other where there are; default all. */
  readonly limit?: number | undefined;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly progress?: Progress;
}

/** A described unit with its scores. */
export interface AnalyzedUnit {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  readonly scores: Readonly<Record<string, number>>;
}

/** Where the tenth of the units with the highest scores sit. */
export interface LayerShare {
  readonly criterion: string;
  readonly layer: string;
  /** Of the layer's described units, and of all of them, those among the tenth. */
  readonly top: number;
  readonly units: number;
}

export interface Analysis {
  readonly model: string;
  readonly images: number;
  readonly classNames: readonly string[];
  readonly units: readonly AnalyzedUnit[];
  /** By criterion, then one for each random trial. */
  readonly curves: readonly Curve[];
  readonly random: readonly Curve[];
  /** By criterion: random orders that take as many units of each layer; empty unless asked for. */
  readonly sameLayers: Readonly<Record<string, readonly Curve[]>>;
  readonly layers: readonly LayerShare[];
}

/** Share of the units called high. */
const TOP = 0.1;

/**
 * Analyses a run.
 * Errors: `UserError` when it is no described run of a classifier, its model is gone or another one, the pictures' classes are not the model's,
 * or a word of `similarTo` has no vector.
 */
export async function analyze(folder: string, options: AnalyzeOptions): Promise<Analysis> {
  const { syntax, vectors, criteria = CRITERIA, similarTo = [], progress = silent, seed = 0 } = options;
  const strange = similarTo.find((word) => !vectors.has(word));
  if (strange !== undefined) {
    throw new UserError(`analysing: the word ${strange} has no vector; expected one that has, give other --vectors`);
  }
  const { run, classifier, units } = await openDescribedClassifier("analysing", folder, options.model);
  const { subject } = classifier;
  let pictures: ClassPictures | undefined;
  try {
    if (units.length < 2) {
      throw new UserError(
        `analysing ${folder}: ${units.length} described units; expected at least 2, make descriptions with milan describe`,
      );
    }
    pictures = await openClassPictures(options.images, {
      ...{ doing: "analysing", outputs: classifier.classes, model: subject.path },
      ...{ classes: options.classes, labels: options.labels },
    });
    if (options.limit !== undefined) pictures = limited(pictures, options.limit, seed);
    const scores = units.map(({ said }) => scoresOf(said.description, syntax, vectors));
    const like = similarTo.map((word) =>
      units.map(({ said }) => likenessTo(word, wordsOf(said.description), vectors) ?? -1),
    );
    const named: [string, number[]][] = [
      ...criteria.map((name): [string, number[]] => [name, scores.map((each) => each[name])]),
      ...similarTo.map((word, i): [string, number[]] => [`like ${word}`, like[i]]),
    ];
    const orders: Order[] = named.map(([name, list], i) => orderBy(name, list, seed + i));
    const trials = Array.from({ length: options.trials ?? 5 }, (_, i) =>
      randomOrder(`random ${i + 1}`, units.length, seed + 1000 + i),
    );
    const where = units.map(({ layer }) => layer);
    const matched = orders.map(({ name, units: order }, i) =>
      (options.sameLayers ? trials : []).map((_, trial) =>
        sameLayersOrder(`${name}, same layers ${trial + 1}`, order, where, seed + 2000 + 100 * i + trial),
      ),
    );
    const { step = 0.02, until = 1, device, threads, batchSize } = options;
    const curves = await curvesOf(classifier, pictures, units, [...orders, ...trials, ...matched.flat()], {
      ...{ step, until, progress, preprocessing: run.manifest.preprocessing! },
      ...(device && { device }),
      ...(threads && { threads }),
      ...(batchSize && { batchSize }),
    });
    return {
      ...{ model: subject.path, images: pictures.ids.length, classNames: pictures.names },
      units: units.map(({ said: { layer, unit, description } }, i) => ({
        ...{ layer, unit, description },
        scores: Object.fromEntries(named.map(([name, list]) => [name, list[i]])),
      })),
      curves: curves.slice(0, orders.length),
      random: curves.slice(orders.length, orders.length + trials.length),
      sameLayers: Object.fromEntries(
        orders.flatMap(({ name }, i) => {
          const first = orders.length + trials.length + matched.slice(0, i).flat().length;
          return matched[i].length > 0 ? [[name, curves.slice(first, first + matched[i].length)]] : [];
        }),
      ),
      layers: orders.flatMap(({ name, units: order }) => sharesOf(name, order, units)),
    };
  } finally {
    await pictures?.close();
    await run.close();
  }
}

/** As many pictures of each class, drawn at random, until there are so many in all. */
function limited(pictures: ClassPictures, limit: number, seed: number): ClassPictures {
  const byClass = new Map<number, number[]>();
  for (const i of new Random(seed).permutation(pictures.ids.length)) {
    const own = byClass.get(pictures.classes[i]);
    if (own) own.push(i);
    else byClass.set(pictures.classes[i], [i]);
  }
  const chosen: number[] = [];
  for (let round = 0; chosen.length < Math.min(limit, pictures.ids.length); round++) {
    for (const list of byClass.values()) if (round < list.length && chosen.length < limit) chosen.push(list[round]);
  }
  chosen.sort((a, b) => a - b);
  return {
    ...pictures,
    ids: Uint32Array.from(chosen, (i) => pictures.ids[i]),
    classes: Uint32Array.from(chosen, (i) => pictures.classes[i]),
  };
}

function sharesOf(criterion: string, order: Uint32Array, units: readonly AblatableUnit[]): LayerShare[] {
  const top = new Set(order.subarray(0, Math.ceil(TOP * order.length)));
  const layers = [...new Set(units.map(({ layer }) => layer))];
  return layers.map((layer: Layer) => {
    const own = units.flatMap((unit, i) => (unit.layer === layer ? [i] : []));
    return { criterion, layer: layer.name, top: own.filter((i) => top.has(i)).length, units: own.length };
  });
}
