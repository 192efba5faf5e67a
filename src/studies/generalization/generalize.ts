/**
 * Generalisation (paper, section 4.1): describers are trained on the annotated units of some networks and judged on units of others, or on
 * held-out ones of the same, by p(d|E) alone and by pointwise mutual information, beside what NetDissect and Compositional Explanations
 * say of the same units. Judged by likeness to annotations, with its controls, and where pictures with labels are given by grades.
 *
 * Every describer, and everything that was judged of it, is kept in a folder of its own, so that a killed study goes on where it stopped.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Interval } from "../../base/bootstrap.js";
import { UserError } from "../../base/errors.js";
import { writeFileAtomically } from "../../base/files.js";
import { sha256 } from "../../base/hash.js";
import { withLock } from "../../base/lock.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { removeLeftovers } from "../../base/temporary.js";
import type { LabelSource } from "../../data/labels/labels.js";
import { type AnnotatedSet, openAnnotatedSets } from "../../describer/annotated-set.js";
import { describe } from "../../describer/describe.js";
import { loadDescriber } from "../../describer/describer.js";
import { learnedFrom } from "../../describer/evaluation/evaluate.js";
import { type Judgement, judge } from "../../describer/evaluation/judge.js";
import type { EncoderSource } from "../../describer/training/encoder-source.js";
import { type TrainOptions, trainDescriber } from "../../describer/training/train.js";
import type { TextMetric } from "../../language/metric.js";
import type { Candidate } from "../../run/descriptions.js";
import { queryOf } from "../baselines/compexp.js";
import { type Explanations, explainRun } from "../baselines/explain-run.js";
import { wordsOf } from "../baselines/report.js";
import type { LayerClaim } from "../described-run.js";
import { type Grades, gradeClaims } from "../grading/grade.js";
import { sameOrNew } from "../settings-file.js";
import { lead, type ScoredUnit } from "./order.js";
import { type Experiment, experimentsOf, type Protocol, trainingKey } from "./protocol.js";

/** Pictures, and what knows their contents. */
export interface LabelledPictures {
  readonly images: string;
  readonly source: LabelSource;
}

/** Labelled pictures for a run. */
export interface Labelled {
  /** Those it was made with: the baselines look at them, as in their papers. */
  readonly probe: LabelledPictures;
  /** Others: everything is graded on them. */
  readonly heldOut: LabelledPictures;
}

export interface GeneralizeOptions {
  /** The study's folder. */
  readonly out: string;
  readonly encoder: EncoderSource;
  readonly protocols: readonly Protocol[];
  /** One describer of each training set for each; default [0]. They draw the split, the first weights and the order. */
  readonly seeds?: readonly number[];
  readonly metrics: readonly TextMetric[];
  /** Which outcomes are wanted; default all of the protocols. */
  readonly judges?: (pair: Pick<Outcome, "protocol" | "train" | "test">) => boolean;
  /** Of a run's folder, for grades and for the baselines; undefined where there are none. */
  readonly labelled?: (folder: string) => Promise<Labelled | undefined>;
  /** Longest formulas of the second baseline; default 3. */
  readonly length?: number;
  readonly training?: Pick<
    TrainOptions,
    "epochs" | "patience" | "batch" | "learningRate" | "dropout" | "length" | "sizes" | "holdOut" | "session"
  >;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** In the order of the paper's Table 2, the best first. */
export const METHODS = ["pmi", "p(d|E)", "netdissect", "compexp"] as const;
export type Method = (typeof METHODS)[number];

/** What one method says of units of one network, and how good it is. */
export interface Outcome {
  readonly experiment: string;
  readonly protocol: Protocol;
  readonly train: readonly string[];
  readonly test: string;
  readonly seed: number;
  readonly method: Method;
  readonly units: readonly ScoredUnit[];
  /** By metric, all layers together. */
  readonly judgements: readonly Judgement[];
  /** Where there are labelled pictures. */
  readonly grades?: Pick<Grades, "grade" | "shuffled" | "constant" | "reachable" | "iou" | "bestIou" | "understood">;
  /** How far it is ahead of the method that comes after it in the paper's order, by metric, on the same units. */
  readonly ahead?: { readonly of: Method; readonly by: Readonly<Record<string, Interval>> };
}

const TRAINING: Partial<TrainOptions> = { patience: 10, holdOut: 0.1 };

/** What decides the outcomes of a study, beside its runs and seeds: a study is not gone on with under other settings. */
async function checkSettings({ out, encoder, metrics, length = 3, training = {} }: GeneralizeOptions): Promise<void> {
  const { session: _, ...learning } = { ...TRAINING, ...training };
  const settings = {
    format: 2,
    encoder: encoder.sha256,
    metrics: metrics.map(({ name }) => name),
    length,
    training: learning,
  };
  await sameOrNew(join(out, "study.json"), settings, "generalizing");
}

/**
 * Runs the study.
 * @param folders runs with `annotations.csv`.
 * Errors: `UserError` for whatever is no annotated run, or a name that two of them share.
 */
export async function generalize(folders: readonly string[], options: GeneralizeOptions): Promise<Outcome[]> {
  const { progress = silent, seeds = [0], protocols, judges = () => true } = options;
  const sets = await openAnnotatedSets(folders, { partial: true, progress });
  try {
    const names = sets.map(({ store }) => basename(store.folder));
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new UserError(`generalizing: two runs are called ${twice}; expected different names, rename one`);
    }
    const experiments = experimentsOf(protocols, names);
    if (experiments.length === 0) {
      throw new UserError(
        `generalizing: ${sets.length} run is too few for ${protocols.join(", ")}; expected at least 2, give more, or the protocol within`,
      );
    }
    return await withLock(options.out, `generalizing into ${options.out}`, async () => {
      await checkSettings(options);
      removeLeftovers(options.out);
      const study = new Study(sets, names, options);
      const outcomes: Outcome[] = [];
      for (const seed of seeds) {
        for (const experiment of experiments) {
          const train = experiment.train.map((i) => names[i]);
          const wanted = experiment.test.filter((i) =>
            judges({ protocol: experiment.protocol, train, test: names[i] }),
          );
          for (const test of wanted) outcomes.push(...(await study.judged(experiment, test, seed)));
        }
      }
      return outcomes;
    });
  } finally {
    for (const { store } of sets) await store.close();
  }
}

class Study {
  readonly #sets: readonly AnnotatedSet[];
  readonly #names: readonly string[];
  readonly #options: GeneralizeOptions;

  constructor(sets: readonly AnnotatedSet[], names: readonly string[], options: GeneralizeOptions) {
    this.#sets = sets;
    this.#names = names;
    this.#options = options;
  }

  /** What all methods say of one network in one experiment. */
  async judged(experiment: Experiment, test: number, seed: number): Promise<Outcome[]> {
    const name = this.#names[test];
    const file = join(this.#options.out, "outcomes", `${slug(experiment.name)} on ${slug(name)}, seed ${seed}.json`);
    if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as Outcome[];
    const folder = await this.#describer(experiment, seed);
    const set = this.#sets[test];
    const references = new Map<string, readonly string[]>();
    const said = new Map<Method, LayerClaim[]>();
    const describer = await loadDescriber(folder, this.#options.training?.session ?? {});
    try {
      const isLearned = learnedFrom(set, describer.training);
      for (const [i, { layer, unit, summaries }] of set.units.entries()) {
        if (!isLearned[i]) references.set(keyOf(layer.name, unit), summaries);
      }
      if (references.size < 2) {
        throw new UserError(
          `generalizing on ${name}: ${references.size} units to judge; expected at least 2, dissect more or hold out more`,
        );
      }
      const only = (layer: string, unit: number) => references.has(keyOf(layer, unit));
      const [pmi, likelihood]: LayerClaim[][] = [[], []];
      const ways = { search: "rerank", only, progress: this.#options.progress ?? silent } as const;
      for await (const { layer, unit, description, beam } of describe(set.store, describer, ways)) {
        pmi.push({ layer, unit, description });
        // one beam has the candidates of both
        likelihood.push({ layer, unit, description: likeliest(beam)?.description ?? "" });
      }
      said.set("pmi", pmi).set("p(d|E)", likelihood);
    } finally {
      await describer.close();
    }
    const labelled = await this.#options.labelled?.(set.store.folder);
    if (labelled) {
      const explained = await this.#explained(set, labelled);
      for (const method of ["netdissect", "compexp"] as const) {
        said.set(
          method,
          explained[method].filter(({ layer, unit }) => references.has(keyOf(layer, unit))),
        );
      }
    }
    const outcomes = await this.#outcomes(said, references, set, labelled, {
      ...{ experiment: experiment.name, protocol: experiment.protocol, test: name, seed },
      train: experiment.train.map((i) => this.#names[i]),
    });
    await writeFileAtomically(file, `${JSON.stringify(outcomes)}\n`);
    return outcomes;
  }

  async #outcomes(
    said: ReadonlyMap<Method, readonly LayerClaim[]>,
    references: ReadonlyMap<string, readonly string[]>,
    { store }: AnnotatedSet,
    labelled: Labelled | undefined,
    facts: Pick<Outcome, "experiment" | "protocol" | "train" | "test" | "seed">,
  ): Promise<Outcome[]> {
    const { metrics, progress = silent } = this.#options;
    const methods = [...said];
    const grades = labelled
      ? await gradeClaims(
          store.folder,
          methods.map(([, claims]) => claims),
          labelled.heldOut.source,
          { images: labelled.heldOut.images, progress },
        )
      : [];
    const scored = methods.map(([, claims], i) => {
      const rows = grades[i]?.layers.flatMap((layer) => layer.rows) ?? [];
      const byUnit = new Map(rows.map(({ layer, unit, grade }) => [keyOf(layer, unit), grade]));
      return claims.map(({ layer, unit, description }): ScoredUnit => {
        const [key, grade] = [keyOf(layer, unit), byUnit.get(keyOf(layer, unit))];
        const told = { layer, unit, description, references: references.get(key)! };
        return grade === undefined ? told : { ...told, grade: Number.isNaN(grade) ? null : grade };
      });
    });
    const found: Outcome[] = [];
    for (const [i, [method]] of methods.entries()) {
      const units = scored[i];
      const judgements = (await judge(units, metrics, { random: new Random(facts.seed) })).filter(
        ({ layer }) => layer === "",
      );
      const grade = grades[i] && { grades: summaryOf(grades[i]) };
      const next = methods[i + 1]?.[0];
      const ahead = next && {
        ahead: { of: next, by: await lead(units, scored[i + 1], metrics, new Random(facts.seed)) },
      };
      found.push({ ...facts, method, units, judgements, ...grade, ...ahead });
    }
    return found;
  }

  /** The describer of a training set, trained unless it is there. */
  async #describer(experiment: Experiment, seed: number): Promise<string> {
    const { out, encoder, training, progress = silent, now } = this.#options;
    const key = trainingKey(experiment, this.#names);
    const short = key.length > 100 ? `${key.slice(0, 80)}-${sha256(key).slice(0, 8)}` : key;
    const folder = join(out, "describers", `${slug(short)}, seed ${seed}`);
    if (existsSync(join(folder, "card.md"))) return folder;
    const resume = existsSync(join(`${folder}.training`, "language-model.checkpoint.safetensors"));
    await trainDescriber(
      experiment.train.map((i) => this.#sets[i]),
      encoder,
      { ...TRAINING, ...training, out: folder, cache: join(out, "features"), seed, resume, progress, now },
    );
    return folder;
  }

  /** What the two baselines say of all units of a set. */
  async #explained({ store }: AnnotatedSet, { probe }: Labelled): Promise<Record<Baseline, LayerClaim[]>> {
    const file = join(this.#options.out, "baselines", `${slug(basename(store.folder))}.json`);
    if (existsSync(file)) return JSON.parse(await readFile(file, "utf8"));
    const { length = 3, progress = silent } = this.#options;
    const explained = await explainRun(store.folder, probe.source, { images: probe.images, length, progress });
    const claims = { netdissect: labelsOf(explained), compexp: formulasOf(explained) };
    await writeFileAtomically(file, `${JSON.stringify(claims)}\n`);
    return claims;
  }
}

/** By p(d|E) alone; of candidates that say something, where there are any. */
function likeliest(beam: readonly Candidate[]): Candidate | undefined {
  const speaking = beam.filter(({ description }) => description !== "");
  return (speaking.length > 0 ? speaking : [...beam]).sort((a, b) => b.logp - a.logp)[0];
}

const summaryOf = ({ grade, shuffled, constant, reachable, iou, bestIou, understood }: Grades) => ({
  ...{ grade, shuffled, constant, reachable, iou, bestIou, understood },
});

type Baseline = "compexp" | "netdissect";

const labelsOf = ({ units, atoms }: Explanations): LayerClaim[] =>
  units.map(({ layer, unit, concept }) => {
    if (concept === undefined) return { layer, unit, description: "" };
    return { layer, unit, description: wordsOf({ concept }, atoms), query: atoms[concept] };
  });

const formulasOf = ({ units, atoms }: Explanations): LayerClaim[] =>
  units.map(({ layer, unit, formula }) => {
    if (formula === undefined) return { layer, unit, description: "" };
    return { layer, unit, description: wordsOf(formula, atoms), query: queryOf(formula, atoms) };
  });

const keyOf = (layer: string, unit: number) => `${unit} ${layer}`;
const slug = (text: string) => text.replace(/[^\w+ -]+/g, "-");
