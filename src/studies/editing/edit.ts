/**
 * Editing (paper, section 7; Figures 8 and 15): units that are described as responding to what a network should not look at are silenced, those first
 * that it needs least on pictures without that, as long as it stays as good on them. No label of the thing itself is needed: only descriptions,
 * and the validation pictures that one has anyway.
 *
 * Costs two sweeps of the validation pictures (`ablation/sweep.ts`), one for each unit alone and one for units together, and one of the test pictures. Fine-tuning
 * afterwards is optional (`fine-tune-edit.ts`).
 */
import type { Interval } from "../../base/bootstrap.js";
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { pairedDifference } from "../../base/proportion.js";
import { Random } from "../../base/random.js";
import { metadataOf, withMetadata } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { type ClassPictures, openClassPictures } from "../ablation/class-pictures.js";
import type { Classifier } from "../ablation/classifier.js";
import {
  type AblatableUnit,
  type DescribedUnit,
  openDescribedClassifier,
  setOf,
} from "../ablation/described-classifier.js";
import { accuracyOf, type SweepOptions, sweep } from "../ablation/sweep.js";
import { matches, type Wanted, wantedOf } from "../audit/match.js";
import { openMeanings } from "../audit/meaning.js";
import { readReviews, verdictOn } from "../audit/reviews.js";
import type { FineTuneOptions } from "./fine-tune.js";
import { checkFineTuning, type FineTuning, fineTuneEdit } from "./fine-tune-edit.js";
import { silence } from "./silence.js";

/** What the units to silence are described by is said as for audits. */
export interface EditOptions extends SessionOptions, Omit<Wanted, "near"> {
  /** Class folders: pictures by which it is decided how far to go. */
  readonly validation: string;
  /** Class folders on which the outcome is measured, such as pictures with what misleads; nothing is decided by them. */
  readonly test?: string | undefined;
  readonly classes?: string | undefined;
  readonly model?: string | undefined;
  /** Validation accuracy that may be lost; default 0. */
  readonly tolerance?: number;
  /** Sets of units taken at random, as many as candidates, that are treated alike; default 5. */
  readonly trials?: number;
  /** Trains the last layers afterwards. */
  readonly fineTune?: FineTuneSettings | undefined;
  readonly seed?: number;
  readonly batchSize?: number;
  readonly progress?: Progress;
}

export interface FineTuneSettings extends Pick<FineTuneOptions, "layers" | "epochs" | "learningRate"> {
  /** Class folders to learn from. */
  readonly pictures: string;
}

/** A unit in the order in which units are silenced. */
export interface RankedUnit {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  /** Validation accuracy when it alone is silent, less that of the whole network: the higher, the less it is needed. */
  readonly effect: number;
}

/** Accuracy with none, the first, the first two, ... units silenced. */
export interface EditCurve {
  /** "candidates", "all units", "random 1", ... */
  readonly name: string;
  readonly units: readonly RankedUnit[];
  readonly validation: readonly number[];
  /** Empty without test pictures. */
  readonly test: readonly number[];
  /** Accuracy less that of the whole network on the same pictures, -1 to 1, with its interval by pairs; [0] is no difference. */
  readonly change: { readonly validation: readonly Interval[]; readonly test: readonly Interval[] };
  /** Units silenced at the end: the most that keep validation accuracy. */
  readonly stop: number;
}

export interface Edit {
  readonly model: string;
  readonly edited: OnnxModel;
  readonly candidates: EditCurve;
  /** Controls: all described units in the order of their effects, and units taken at random. */
  readonly allUnits: EditCurve;
  readonly random: readonly EditCurve[];
  readonly images: { readonly validation: number; readonly test: number };
  readonly fineTuning?: FineTuning | undefined;
}

/**
 * Edits the classifier of a run.
 * Errors: `UserError` when no description matches, all described units do, the pictures' classes are not the model's or of one class only, the run is none
 * of a classifier, or its last layers cannot be fine-tuned.
 */
export async function edit(folder: string, options: EditOptions): Promise<Edit> {
  const { words, kinds, synonyms, validation, test, trials = 5, seed = 0 } = options;
  const wanted = { words, ...(kinds && { kinds }), ...(synonyms && { synonyms }) };
  const meanings = await openMeanings("editing", [wanted]);
  const { run, classifier, units } = await openDescribedClassifier("editing", folder, options.model);
  const { subject } = classifier;
  const opened: ClassPictures[] = [];
  try {
    const reviews = await readReviews(folder);
    const isMeant = units.map(
      ({ said }) =>
        matches(said.description, wanted, meanings).length > 0 && verdictOn(reviews, said)?.verdict !== "no",
    );
    const chosen = units.filter((_, i) => isMeant[i]);
    if (chosen.length === 0 || chosen.length === units.length) {
      throw new UserError(
        `editing ${folder}: ${chosen.length === 0 ? "no" : "every"} description of ${units.length} speaks of ${wantedOf(wanted)}; expected some, try other --words (milan audit lists what they find)`,
      );
    }
    const open = async (path: string) => {
      const common = { doing: "editing", outputs: classifier.classes, model: subject.path, classes: options.classes };
      opened.push(await openClassPictures(path, common));
      return opened[opened.length - 1];
    };
    const sets = { validation: await open(validation), test: test === undefined ? undefined : await open(test) };
    const { fineTune } = options;
    const training = fineTune && (await open(fineTune.pictures));
    if (training) await checkFineTuning(classifier, { ...sets, training }, fineTune.layers);
    const preprocessing = run.manifest.preprocessing!;
    const editor = new Editor(classifier, sets.validation, sets.test, { ...options, preprocessing });
    const ranked = await editor.ranked(units);
    const effects = new Map(ranked.map((unit) => [unit.key, unit]));
    const inOrder = (some: readonly DescribedUnit[]) =>
      some.map((unit) => effects.get(keyOf(unit))!).sort((a, b) => b.effect - a.effect);
    const random = new Random(seed);
    const draws = Array.from({ length: trials }, () =>
      Array.from(random.permutation(units.length).subarray(0, chosen.length), (i) => units[i]),
    );
    const curves = await editor.curves([
      ["candidates", inOrder(chosen)],
      ["all units", inOrder(units).slice(0, chosen.length)],
      ...draws.map((some, i): [string, Ranked[]] => [`random ${i + 1}`, inOrder(some)]),
    ]);
    const [candidates, allUnits, ...others] = curves;
    const silenced = inOrder(chosen).slice(0, candidates.stop);
    const edited = silencedFor(subject.model, silenced, wanted);
    const edit: Edit = {
      ...{ model: subject.path, edited, candidates, allUnits, random: others },
      images: { validation: sets.validation.ids.length, test: sets.test?.ids.length ?? 0 },
    };
    if (!training) return edit;
    const { model, fineTuning } = await fineTuneEdit(
      classifier,
      edited,
      { ...sets, training },
      {
        ...{ seed, layers: fineTune.layers, epochs: fineTune.epochs, learningRate: fineTune.learningRate },
        ...editor.running,
      },
    );
    return { ...edit, edited: withFineTuning(model, fineTuning), fineTuning };
  } finally {
    for (const pictures of opened) await pictures.close();
    await run.close();
  }
}

type Ranked = DescribedUnit & { readonly key: string; readonly effect: number };

const keyOf = ({ layer, unit }: AblatableUnit) => `${unit} ${layer.name}`;

type EditorOptions = EditOptions & { readonly preprocessing: Parameters<typeof sweep>[3]["preprocessing"] };

class Editor {
  readonly #classifier: Classifier;
  readonly #validation: ClassPictures;
  readonly #test: ClassPictures | undefined;
  readonly #options: EditorOptions;

  constructor(
    classifier: Classifier,
    validation: ClassPictures,
    test: ClassPictures | undefined,
    options: EditorOptions,
  ) {
    this.#classifier = classifier;
    this.#validation = validation;
    this.#test = test;
    this.#options = options;
  }

  /** How pictures are run. */
  get running(): SweepOptions {
    const { preprocessing, device, threads, batchSize, progress = silent } = this.#options;
    return {
      ...{ preprocessing, progress },
      ...(device && { device }),
      ...(threads && { threads }),
      ...(batchSize && { batchSize }),
    };
  }

  /** Units with what happens when each alone is silent. */
  async ranked(units: readonly DescribedUnit[]): Promise<Ranked[]> {
    const { whole, each } = await this.#accuracies(
      this.#validation,
      units.map((unit) => [unit]),
    );
    return units.map((unit, i) => ({ ...unit, key: keyOf(unit), effect: each[i] - whole }));
  }

  /** Accuracies while units are silenced in the order given. */
  async curves(orders: readonly (readonly [string, readonly Ranked[]])[]): Promise<EditCurve[]> {
    const { tolerance = 0 } = this.#options;
    const sets = orders.flatMap(([, units]) => units.map((_, n) => units.slice(0, n + 1)));
    const validation = await this.#accuracies(this.#validation, sets);
    const test = this.#test && (await this.#accuracies(this.#test, sets));
    let first = 0;
    return orders.map(([name, units]) => {
      const [from, to] = [first, first + units.length];
      const own = (all: Accuracies) => [all.whole, ...all.each.slice(from, to)];
      const changeOf = (all: Accuracies) => [NO_CHANGE, ...all.changes.slice(from, to)];
      const curve = own(validation);
      const change = { validation: changeOf(validation), test: test ? changeOf(test) : [] };
      first = to;
      // counts of right answers over the same pictures: equal accuracies are equal to the last bit
      const stop = curve.findLastIndex((accuracy) => accuracy >= validation.whole - tolerance);
      const told = units.map(({ layer, unit, said, effect }) => ({
        layer: layer.name,
        unit,
        description: said.description,
        effect,
      }));
      return { name, units: told, validation: curve, test: test ? own(test) : [], change, stop };
    });
  }

  async #accuracies(pictures: ClassPictures, sets: readonly (readonly DescribedUnit[])[]): Promise<Accuracies> {
    const found = await sweep(this.#classifier, pictures, sets.map(setOf), this.running);
    const all = found.images.reduce((sum, count) => sum + count, 0);
    return {
      whole: accuracyOf(found.whole, found.images),
      each: found.sets.map((right) => accuracyOf(right, found.images)),
      changes: found.sets.map((_, set) =>
        pairedDifference({ pictures: all, first: found.gained[set], second: found.lost[set] }),
      ),
    };
  }
}

/** Of sets of silent units: accuracy, and how much it is above that of the whole network. */
interface Accuracies {
  readonly whole: number;
  readonly each: readonly number[];
  readonly changes: readonly Interval[];
}

const NO_CHANGE: Interval = { value: 0, low: 0, high: 0 };

/** The model with units silenced, and in its metadata what they were chosen by. */
const silencedFor = (model: OnnxModel, units: readonly DescribedUnit[], wanted: Wanted): OnnxModel =>
  silence(
    model,
    units.map(({ layer, unit, said }) => ({ layer, unit, told: said })),
    wanted,
  );

/** The metadata say what was trained, and what that did. */
const withFineTuning = (model: OnnxModel, { pictures, weights, edited: { epoch } }: FineTuning): OnnxModel => {
  const told = JSON.parse(metadataOf(model)["milan.edit"]);
  return withMetadata(model, { "milan.edit": JSON.stringify({ ...told, fineTuned: { weights, pictures, epoch } }) });
};
