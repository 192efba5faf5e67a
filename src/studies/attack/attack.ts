/**
 * Cut-and-paste attacks (paper, appendix; Figure 14). A unit whose description is of different things speaks for a class by all of them; so something
 * else that it is described by, pasted into a picture of yet another class, may make the network take that for the unit's class. Which class it is
 * comes from what the unit does to the logits; what is pasted, from its exemplars or from pictures with labels.
 *
 * Every picture is attacked twice: with a cut-out of what is described, and with one of anything else, at the same size in the same place. No cut-out
 * is of the class it is to be taken for (unless `ownClass`), and none is pasted into the picture it comes from. Pictures on the disk stay as they are.
 *
 * Costs a run of the network over the pictures until enough are recognised, two of every picture that is attacked, and one over each unit's exemplars.
 */
import type { Interval } from "../../base/bootstrap.js";
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { openImages } from "../../data/images/open.js";
import { subsetOf } from "../../data/images/subset.js";
import type { LabelSource } from "../../data/labels/labels.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { runExemplars } from "../../exemplars/store.js";
import { classFinder, openClassPictures } from "../ablation/class-pictures.js";
import { openDescribedClassifier } from "../ablation/described-classifier.js";
import { type AttackedUnit, Attacker, type SkippedUnit } from "./attack-unit.js";
import { type Choice, chooseUnits } from "./choose.js";
import type { Shape } from "./cutout.js";
import { ExemplarCutouts } from "./exemplar-cutouts.js";
import { LabelledCutouts } from "./labelled-cutouts.js";
import { Network } from "./network.js";
import { meanDifference, type Verdict, verdictOf } from "./paired.js";
import type { CutoutSource } from "./source.js";
import { findVictims } from "./victims.js";

export interface AttackOptions extends Choice, SessionOptions {
  /** Class folders, or pictures with `labels`: those that are attacked. */
  readonly images: string;
  readonly classes?: string | undefined;
  readonly labels?: string | undefined;
  /** The model's file, and the run's own pictures, when they have moved since the run was made. */
  readonly model?: string | undefined;
  readonly probe?: string | undefined;
  /** Pictures whose contents are known, to take cut-outs from; default: the units' exemplars, cut out by their masks. */
  readonly distractors?: { readonly images: string; readonly source: LabelSource } | undefined;
  /** Cut-outs of the class itself as well. */
  readonly ownClass?: boolean;
  /** Units attacked with; default 10. */
  readonly top?: number;
  /** Of the picture's area, what is pasted; default 0.1. Less where a cut-out would have to be enlarged more than twofold. */
  readonly size?: number;
  /** Pictures attacked for each unit; default 200. */
  readonly trials?: number;
  readonly batchSize?: number;
  readonly progress?: Progress;
}

export interface Attack {
  readonly model: string;
  readonly classNames: readonly string[];
  /** Size of the pictures as the network sees them. */
  readonly shape: Shape;
  /** Pictures looked at, and those recognised rightly. */
  readonly images: number;
  readonly recognised: number;
  readonly units: readonly AttackedUnit[];
  readonly skipped: readonly SkippedUnit[];
  /** Mean difference over the units. */
  readonly overall: Interval;
  readonly verdict: Verdict;
}

/** For each picture attacked, so many are wanted that are recognised, since some are of the unit's class. */
const SPARE = 2;

/**
 * Attacks the classifier of a run.
 * Errors: `UserError` when it is no described run of a classifier; its model or its own pictures are gone or others; the pictures' classes are not the
 * model's, or one only; no picture is recognised; a wanted unit is not described; or none of the units can be attacked with.
 */
export async function attack(folder: string, options: AttackOptions): Promise<Attack> {
  const { top = 10, trials = 200, size = 0.1, ownClass = false, seed, progress = silent } = options;
  const { device, threads, batchSize } = options;
  const { run, classifier, units } = await openDescribedClassifier("attacking", folder, options.model);
  const preprocessing = run.manifest.preprocessing!;
  const network = new Network(classifier, {
    preprocessing,
    ...(device && { device }),
    ...(threads && { threads }),
    ...(batchSize && { batchSize }),
  });
  const closing: (() => Promise<void>)[] = [() => network.close(), () => run.close()];
  try {
    const chosen = chooseUnits(run, units, options);
    const pictures = await openClassPictures(options.images, {
      ...{ doing: "attacking", outputs: classifier.classes, model: classifier.subject.path },
      ...{ classes: options.classes, labels: options.labels },
    });
    closing.unshift(() => pictures.close());
    const store = await runExemplars(run, options.probe);
    closing.unshift(() => store.close());
    const find = classFinder(pictures.names, classifier.classes);
    const exemplars = new ExemplarCutouts(store, units, network, find);
    let source: CutoutSource = exemplars;
    if (options.distractors) {
      const set = await openImages(options.distractors.images);
      closing.unshift(() => set.close());
      const { source: labels } = options.distractors;
      const known = labels.files ? subsetOf(set, labels.files, labels.title) : set;
      source = await LabelledCutouts.open(known, labels, { preprocessing, network, find, seed, progress });
    }
    const shape: Shape = [preprocessing.height, preprocessing.width];
    const { victims, images } = await findVictims(pictures, network, {
      ...{ wanted: SPARE * trials, preprocessing, seed, progress },
      ...(batchSize && { batchSize }),
    });
    const attacker = new Attacker({
      ...{ network, exemplars, source, victims, names: pictures.names, shape },
      ...{ seed, trials, size, ownClass },
    });
    const attacked: AttackedUnit[] = [];
    const skipped: SkippedUnit[] = [];
    progress.begin("attacking", Math.min(top, chosen.length), "unit");
    try {
      for (const unit of chosen) {
        if (attacked.length === top) break;
        const found = await attacker.attack(unit);
        if ("reason" in found) skipped.push(found);
        else attacked.push(found);
        progress.update(attacked.length);
      }
    } finally {
      progress.end();
    }
    if (attacked.length === 0) {
      const [{ layer, unit, description, reason }] = skipped;
      throw new UserError(
        `attacking ${folder}: none of ${skipped.length} units can be attacked with; the first, ${layer}:${unit} "${description}": ${reason}; choose others with --units, --layers or --words, or give other --images`,
      );
    }
    const overall = meanDifference(
      attacked.map(({ pairs }) => pairs),
      seed,
    );
    return {
      ...{ model: classifier.subject.path, classNames: pictures.names, shape, images, recognised: victims.length },
      ...{ units: attacked, skipped, overall, verdict: verdictOf(overall) },
    };
  } finally {
    for (const close of closing) await close();
  }
}
