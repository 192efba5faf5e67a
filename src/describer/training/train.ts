/**
 * Training a describer (paper, section 3.2; appendix B): from annotated exemplars to p(d | E) and p(d), judged on units that
 * neither of them has seen.
 *
 * 1. Units are split; all annotations of a unit are on one side, for both models.
 * 2. The vocabulary is that of the training side. Words seen once there become `<unk>`, so that it is learned what an unknown
 *    word is like.
 * 3. The encoder looks at every image once; features are kept on disk.
 * 4. The language model learns, until its held-out loss has not fallen for four epochs.
 * 5. The captioner learns, until the ROUGE-L of held-out descriptions has not risen for four epochs.
 * 6. What the exemplars look like is written down in short, for a warning when others are shown.
 *
 * What is kept beside the describer, in `OUT.training/`: features, a checkpoint of each training, and how it went. One seed gives
 * one file; a training that was interrupted and resumed gives the same.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../../base/errors.js";
import { checkWritable } from "../../base/files.js";
import { sha256 } from "../../base/hash.js";
import { withLock } from "../../base/lock.js";
import { type Progress, silent } from "../../base/progress.js";
import { removeLeftovers } from "../../base/temporary.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { isComplete } from "../../engine/train/checkpoint.js";
import type { FitResult } from "../../engine/train/fit-options.js";
import { Vocabulary } from "../../language/vocabulary.js";
import { type AnnotatedSet, checkAlike } from "../annotated-set.js";
import type { DescriberConfig, SearchConfig } from "../config.js";
import { type DescriberFiles, expectReplaceable, saveDescriber } from "../directory.js";
import { ImageEncoder } from "../features.js";
import { cardOf } from "./card.js";
import { type CorpusUnit, corpusOf, featuresOf } from "./corpus.js";
import type { EncoderSource } from "./encoder-source.js";
import { type Example, toExample } from "./examples.js";
import { familiarise } from "./familiarise.js";
import { checkpointOf, trainCaptioner } from "./train-captioner.js";
import { trainLanguageModel } from "./train-language-model.js";

export interface TrainOptions {
  /** The describer directory to write. */
  readonly out: string;
  /** Where features are kept; default `OUT.training/features`. */
  readonly cache?: string | undefined;
  /** Share of the units held out; default 0.1. */
  readonly holdOut?: number;
  readonly seed?: number;
  /** Most epochs of each training; default 100. */
  readonly epochs?: number;
  /** Default 4. */
  readonly patience?: number;
  /** Annotations a step of the captioner; default 64. The language model takes twice as many. */
  readonly batch?: number;
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Default 0.5. */
  readonly dropout?: number;
  /** Of the captioner's weights, the share of their moving average that a step keeps; default 0, no average. */
  readonly average?: number;
  /** Whether the captioner is shown exemplars drawn anew, with replacement, each time; default no. */
  readonly redraw?: boolean;
  /** Most tokens learned and generated, `<stop>` included; default 15. */
  readonly length?: number;
  /** Words that appear so many times or fewer in the training annotations are unknown; default 1. */
  readonly rare?: number;
  readonly sizes?: Partial<DescriberSizes>;
  /** Go on from the checkpoints of the same training. */
  readonly resume?: boolean;
  /** Least time between checkpoints; default two minutes. */
  readonly saveEveryMs?: number | undefined;
  readonly session?: SessionOptions | undefined;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Default 128, 512, as hidden but no larger than a feature vector, 2. */
export interface DescriberSizes {
  readonly embedding: number;
  readonly hidden: number;
  readonly attention: number;
  readonly languageModelLayers: number;
}

export interface TrainedDescriber {
  readonly out: string;
  readonly vocabulary: number;
  readonly trainingUnits: number;
  readonly heldOutUnits: number;
  /** Units left out because some of their exemplars have no image. */
  readonly incompleteUnits: number;
  readonly annotations: number;
  readonly captioner: FitResult;
  readonly languageModel: FitResult;
  /** ROUGE-L of greedy descriptions, of the best captioner on held-out units, 0..1. */
  readonly rouge: number;
  /** Of the best language model, per token. */
  readonly perplexity: number;
}

/** How the paper searches. */
const SEARCH: Omit<SearchConfig, "length"> = { search: "rerank", lambda: 0.2, beam: 50 };

/**
 * Trains a describer and writes it.
 * Errors: `UserError` for sets that do not fit together, too few units, files that cannot be written, a checkpoint or features
 * of another training, a loss that is not finite.
 */
export async function trainDescriber(
  sets: readonly AnnotatedSet[],
  source: EncoderSource,
  options: TrainOptions,
): Promise<TrainedDescriber> {
  const { out } = options;
  const work = `${out.replace(/[/\\]+$/, "")}.training`;
  await expectReplaceable(out);
  await checkWritable(dirname(resolve(out)));
  await checkWritable(work);
  return withLock(work, `training ${out}`, () => trainIn(work, sets, source, options));
}

async function trainIn(
  work: string,
  sets: readonly AnnotatedSet[],
  source: EncoderSource,
  options: TrainOptions,
): Promise<TrainedDescriber> {
  const { out, holdOut = 0.1, seed = 0, length = 15, rare = 1, session, progress = silent } = options;
  const stems = { languageModel: join(work, "language-model"), captioner: join(work, "captioner") };
  await checkCheckpoints(options.resume ?? false, stems);
  checkAlike(sets);
  const corpus = corpusOf(sets, { holdOut, seed });
  const training = corpus.units.filter(({ isHeldOut }) => !isHeldOut);
  const heldOut = corpus.units.filter(({ isHeldOut }) => isHeldOut);
  const vocabulary = Vocabulary.of(
    training.flatMap(({ texts }) => texts),
    rare,
  );
  if (vocabulary.words.length === 0) {
    throw new UserError(
      `training: no word appears more than ${rare} times in the annotations; expected some, lower --rare`,
    );
  }
  const examplesOf = (units: readonly CorpusUnit[]): Example[] =>
    units.flatMap(({ index, texts }) => texts.map((words) => toExample(index, words, vocabulary, length)));
  const examples = examplesOf(training);

  const encoder = await ImageEncoder.open(source.model, session);
  const features = await featuresOf(sets, corpus, encoder, {
    folder: options.cache ?? join(work, "features"),
    encoder: source.sha256,
    progress,
  }).finally(() => encoder.close());
  try {
    const sizes = { embedding: 128, hidden: 512, languageModelLayers: 2, ...options.sizes };
    const attention = options.sizes?.attention ?? Math.min(sizes.hidden, features.featureSize);
    const learning = {
      ...{ vocabulary, length, seed, session, progress, now: options.now },
      ...{ epochs: options.epochs ?? 100, patience: options.patience ?? 4 },
      ...{ learningRate: options.learningRate ?? 1e-3, dropout: options.dropout ?? 0.5 },
      ...{ embedding: sizes.embedding, hidden: sizes.hidden, resume: options.resume ?? false },
      saveEveryMs: options.saveEveryMs,
      identity: {
        encoder: source.sha256,
        annotations: sha256(JSON.stringify(corpus.units.map(({ texts, isHeldOut }) => [texts, isHeldOut]))),
        exemplars: sets.map(({ pictures }) => pictures),
        vocabulary: sha256(JSON.stringify(vocabulary.words)),
      },
    };
    const ways = { average: options.average ?? 0, redraw: options.redraw ?? false };
    const batch = options.batch ?? 64;
    removeLeftovers(work);
    // those of an earlier training would be in the way when this one is killed and resumed
    if (!learning.resume) for (const stem of Object.values(stems)) await rm(checkpointOf(stem), { force: true });
    const languageModel = await trainLanguageModel({
      ...{ ...learning, examples, heldOut: examplesOf(heldOut), layers: sizes.languageModelLayers },
      ...{ batch: 2 * batch, stem: stems.languageModel },
    });
    const captioner = await trainCaptioner({
      ...{ ...learning, examples, features, attention, batch, stem: stems.captioner },
      ...ways,
      // a checkpoint is only there once the language model has been learned
      resume: learning.resume && existsSync(checkpointOf(stems.captioner)),
      heldOut: heldOut.map(({ index, texts }) => ({ unit: index, references: texts.map((words) => words.join(" ")) })),
    });
    const config: DescriberConfig = {
      source: null,
      training: {
        ...{ seed, holdOut },
        sets: corpus.counts.map(({ set, units, annotations }) => ({
          ...{ name: set.name, exemplars: set.digest, units, annotations },
        })),
      },
      encoder: source.config,
      captioner: {
        featureSize: features.featureSize,
        embeddingSize: sizes.embedding,
        hiddenSize: sizes.hidden,
        attentionSize: attention,
      },
      languageModel: {
        embeddingSize: sizes.embedding,
        hiddenSize: sizes.hidden,
        layers: sizes.languageModelLayers,
      },
      search: { ...SEARCH, length },
    };
    const places = (units: readonly CorpusUnit[]) => units.map(({ index }) => index);
    const files: DescriberFiles = {
      ...{ config, vocabulary, encoder: source.model },
      familiarity: await familiarise(features, places(training), places(heldOut), seed),
      captioner: captioner.values,
      languageModel: languageModel.values,
    };
    const { resume: _, saveEveryMs: __, ...said } = learning; // a resumed training gives the same file
    const card = await cardOf(files, {
      ...{ corpus, training, heldOut, features, stems, session, seed, progress },
      examples: { training: examples, heldOut: examplesOf(heldOut) },
      settings: { ...said, ...ways, batch, rare, length },
      encoder: source.sha256,
    });
    await saveDescriber({ ...files, card }, out);
    return {
      ...{ out, vocabulary: vocabulary.size, trainingUnits: training.length, heldOutUnits: heldOut.length },
      incompleteUnits: corpus.incomplete,
      annotations: corpus.units.reduce((sum, { texts }) => sum + texts.length, 0),
      ...{ captioner: captioner.training, languageModel: languageModel.training },
      rouge: captioner.training.best?.value ?? Number.NaN,
      perplexity: Math.exp(languageModel.training.best?.value ?? Number.NaN),
    };
  } finally {
    await features.close();
  }
}

/** Refuses before any work to resume from nothing, or to write over a training that is under way. */
async function checkCheckpoints(resume: boolean, stems: { captioner: string; languageModel: string }): Promise<void> {
  const [first, second] = [stems.languageModel, stems.captioner].map(checkpointOf);
  if (resume && !existsSync(first)) {
    throw new UserError(`resuming ${first}: no such file; expected a checkpoint; leave out --resume`);
  }
  for (const path of resume ? [] : [first, second]) {
    if (!existsSync(path) || (await isComplete(path))) continue;
    throw new UserError(
      `training: ${path} holds an unfinished training; expected no such file, go on with it (--resume) or delete it`,
    );
  }
}
