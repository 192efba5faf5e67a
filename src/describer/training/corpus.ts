/**
 * What is learned from, lined up: the units of all sets behind one another, some of them held out, and their features, kept on disk
 * (paper, appendix B).
 */
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import type { Progress } from "../../base/progress.js";
import { splitUnits } from "../../data/annotations/split.js";
import { tokenize } from "../../language/tokens.js";
import { type AnnotatedSet, whole } from "../annotated-set.js";
import type { ImageEncoder } from "../features.js";
import { type Features, openFeatures } from "./feature-file.js";

/** A unit of any of the sets. */
export interface CorpusUnit {
  /** Its place among all units, in the order of the sets. */
  readonly index: number;
  readonly set: AnnotatedSet;
  readonly layer: string;
  readonly unit: number;
  /** Its annotations as tokens. */
  readonly texts: readonly (readonly string[])[];
  readonly isHeldOut: boolean;
}

/** All units that are learned from or held out. */
export interface Corpus {
  readonly units: readonly CorpusUnit[];
  readonly counts: readonly { readonly set: AnnotatedSet; readonly units: number; readonly annotations: number }[];
  readonly incomplete: number;
}

/** Lines up the units of all sets and holds some of them out: the same ones of a set, whatever is trained on beside it. */
export function corpusOf(
  sets: readonly AnnotatedSet[],
  { holdOut, seed }: { readonly holdOut: number; readonly seed: number },
): Corpus {
  const units: CorpusUnit[] = [];
  let incomplete = 0;
  const counts = sets.map((set) => {
    const complete = whole(set);
    incomplete += set.units.length - complete.length;
    const described = complete
      .map((unit) => ({ ...unit, texts: unit.summaries.map(tokenize).filter(({ length }) => length > 0) }))
      .filter(({ texts }) => texts.length > 0);
    const isHeldOut = splitUnits(
      described.map(({ layer, unit }) => ({ layer: layer.name, unit })),
      holdOut,
      seed,
    );
    for (const [i, { layer, unit, texts }] of described.entries()) {
      units.push({ index: units.length, set, layer: layer.name, unit, texts, isHeldOut: isHeldOut[i] });
    }
    return { set, units: described.length, annotations: described.reduce((sum, { texts }) => sum + texts.length, 0) };
  });
  const held = units.filter((unit) => unit.isHeldOut).length;
  if (held < 2 || units.length - held < 2) {
    throw new UserError(
      `training: ${units.length} annotated units, ${held} of them held out; expected at least 2 to learn from and 2 held out, annotate more units or change --hold-out`,
    );
  }
  return { units, counts, incomplete };
}

/** The features of all sets behind one another. */
export async function featuresOf(
  sets: readonly AnnotatedSet[],
  { units }: Corpus,
  encoder: ImageEncoder,
  { folder, encoder: sha, progress }: { folder: string; encoder: string; progress: Progress },
): Promise<Features> {
  const opened: { features: Features; first: number }[] = [];
  const close = async () => {
    for (const { features } of opened) await features.close();
  };
  try {
    for (const set of sets) {
      const own = units.filter((unit) => unit.set === set);
      const rows = new Map(set.units.map((unit) => [`${unit.layer.name} ${unit.unit}`, unit]));
      const features = await openFeatures({
        ...{ store: set.store, encoder, progress },
        folder: join(folder, set.pictures.slice(0, 16)),
        units: own.map(({ layer, unit }) => rows.get(`${layer} ${unit}`)!),
        identity: { encoder: sha, exemplars: set.pictures },
        cacheBytes: 2 ** 30 / sets.length,
      });
      opened.push({ features, first: own[0]?.index ?? units.length });
    }
    const { exemplars, featureSize } = opened[0].features;
    const of = (index: number) => opened.findLast(({ first }) => first <= index)!;
    return { exemplars, featureSize, read: (index) => of(index).features.read(index - of(index).first), close };
  } catch (error) {
    await close();
    throw error;
  }
}
