/**
 * The card of a describer (`card.md`): on what it was trained, how that went, and what its held-out figures are worth. It holds
 * nothing that differs between two runs of the same training, so that equal describers have equal cards.
 */
import { Random } from "../../base/random.js";
import { VERSION } from "../../base/version.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { type MetricsRecord, readMetrics } from "../../engine/train/metrics-log.js";
import { countOf } from "../../engine/train/parameters.js";
import { bleu } from "../../language/bleu.js";
import { kneserNey, perplexityOf, unigrams } from "../../language/ngrams.js";
import { rouge } from "../../language/rouge.js";
import { Captioner } from "../captioner.js";
import { describeFeatures, speakingFirst } from "../describe-features.js";
import type { DescriberFiles } from "../directory.js";
import { type JudgedUnit, type Judgement, judge } from "../evaluation/judge.js";
import { formatJudgements } from "../evaluation/report.js";
import { LanguageModel } from "../language-model.js";
import { sampleTokens } from "../search/sample.js";
import type { Corpus, CorpusUnit } from "./corpus.js";
import type { Example } from "./examples.js";
import { type Features, gather } from "./feature-file.js";

export interface CardOptions {
  readonly corpus: Corpus;
  readonly training: readonly CorpusUnit[];
  readonly heldOut: readonly CorpusUnit[];
  readonly examples: { readonly training: readonly Example[]; readonly heldOut: readonly Example[] };
  readonly features: Features;
  /** Of the files of the two trainings. */
  readonly stems: { readonly captioner: string; readonly languageModel: string };
  readonly settings: Readonly<Record<string, unknown>>;
  /** Identity of the encoder. */
  readonly encoder: string;
  readonly seed: number;
  readonly session?: SessionOptions | undefined;
}

/** Held-out units that are described for the card: enough for an interval of a point or two, in seconds. */
const MOST_JUDGED = 400;
const SAMPLES = 12;

/** Writes the card of a describer that has just been trained. */
export async function cardOf(files: DescriberFiles, options: CardOptions): Promise<string> {
  const { corpus, training, heldOut, stems, settings } = options;
  const { config, vocabulary, captioner, languageModel } = files;
  const captionerLog = await epochsOf(`${stems.captioner}.metrics.jsonl`);
  const modelLog = await epochsOf(`${stems.languageModel}.metrics.jsonl`);
  const words = await wordsSection(files, options);
  const judged = await judgedUnits(files, options);
  const judgements = await judge(judged, [bleu({ effectiveOrder: "references" }), rouge("L")], {
    random: new Random(options.seed),
    candidates: 100,
  });
  const simulated = corpus.counts.filter(({ set }) => set.simulated).map(({ set }) => set.name);
  const every = Math.max(1, Math.floor(judged.length / SAMPLES));
  const annotations = (units: readonly CorpusUnit[]) => units.reduce((sum, { texts }) => sum + texts.length, 0);
  const sets = corpus.counts.map(({ set, units, annotations: n }) => `| ${set.name} | ${units} | ${n} |`);
  const { encoder } = config;
  return `${[
    "# Describer",
    "",
    `Trained by \`milan train\` of Milan ${VERSION}. Figures are of held-out units: none of their annotations was learned from, by the captioner or the language model. They chose the best epoch, though, so the figures flatter a little: units of another network say more.`,
    "",
    "## Data",
    "",
    "| set | units | annotations |",
    "|---|---|---|",
    ...sets,
    "",
    ...(simulated.length > 0
      ? [
          `**The annotations of ${simulated.length === corpus.counts.length ? "all these sets" : simulated.join(", ")} are simulated: a program wrote them, no person did.** How well the describer agrees with them says nothing about people.`,
          "",
        ]
      : []),
    `${training.length} units with ${annotations(training)} annotations to learn from, ${heldOut.length} with ${annotations(heldOut)} held out` +
      `${corpus.incomplete > 0 ? `; ${corpus.incomplete} units with missing exemplars left out` : ""}. ${vocabulary.words.length} words, ` +
      `${share(unknown(options, vocabulary.unk))} of the held-out ones unknown; ${share(cutShare(options, vocabulary.stop))} of the annotations are longer than ${settings.length} tokens and were cut.`,
    "",
    "## Model",
    "",
    `Encoder: ${encoder.kind} of ${encoder.network}${encoder.layers ? `, layers ${encoder.layers.join(", ")}` : ""}, masks by ${encoder.pooling}; ${config.captioner.featureSize} features an exemplar.`,
    `Captioner: ${counted(countOf(captioner))} parameters, attention of ${config.captioner.attentionSize}. Language model: ${counted(countOf(languageModel!))}, ${config.languageModel?.layers} layers, twice as many annotations a step.`,
    `Identity of the encoder: ${options.encoder}. Of the exemplars: ${corpus.counts.map(({ set }) => set.digest).join(", ")}.`,
    `Settings: ${Object.entries(settings)
      .filter(([, value]) => typeof value === "number" || typeof value === "boolean")
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}.`,
    "",
    "## Scores",
    "",
    ...formatJudgements(judgements),
    "",
    ...verdictOf(judgements),
    "",
    "## Held-out units",
    "",
    ...judged
      .filter((_, i) => i % every === 0)
      .slice(0, SAMPLES)
      .map(({ layer, unit, description, references }) => {
        const said = references.map((text) => `"${text}"`).join(", ");
        return `- ${layer} ${unit}: **${description || "(nothing)"}**; annotated: ${said}`;
      }),
    "",
    "## Language model",
    "",
    ...words,
    "",
    "## Curves",
    "",
    "| epoch | language model: training loss | held-out loss | captioner: training loss | held-out ROUGE-L (greedy) |",
    "|---|---|---|---|---|",
    ...Array.from({ length: Math.max(captionerLog.length, modelLog.length) }, (_, i) => {
      const cell = (value: number | undefined) => (value === undefined ? "" : value.toFixed(3));
      const [model, caption] = [modelLog[i], captionerLog[i]];
      return `| ${i + 1} | ${cell(model?.loss)} | ${cell(model?.metrics.heldOutLoss)} | ${cell(caption?.loss)} | ${cell(caption?.metrics.heldOutRouge)} |`;
    }),
  ].join("\n")}\n`;
}

const share = (value: number) => `${(100 * value).toFixed(1)} %`;
const counted = (n: number) => (n < 1e6 ? `${Math.round(n / 1000)} thousand` : `${(n / 1e6).toFixed(1)} million`);

async function epochsOf(path: string): Promise<MetricsRecord[]> {
  return (await readMetrics(path)).filter(({ kind }) => kind === "epoch");
}

/** Share of the held-out words that are not in the vocabulary. */
function unknown({ examples }: CardOptions, unk: number): number {
  const tokens = examples.heldOut.flatMap((example) => example.tokens);
  return tokens.filter((token) => token === unk).length / Math.max(1, tokens.length);
}

/** Share of the annotations that have no end within the greatest length. */
function cutShare({ examples }: CardOptions, stop: number): number {
  const all = [...examples.training, ...examples.heldOut];
  return all.filter(({ tokens }) => tokens.at(-1) !== stop).length / all.length;
}

/** Descriptions of held-out units as `milan describe` makes them. */
async function judgedUnits(files: DescriberFiles, { heldOut, features, session }: CardOptions): Promise<JudgedUnit[]> {
  const { vocabulary, config } = files;
  const some = heldOut.slice(0, MOST_JUDGED);
  const captioner = await Captioner.open(files.captioner, session);
  const languageModel = await LanguageModel.open(files.languageModel!, session);
  try {
    const decoder = { captioner, languageModel, start: vocabulary.start, stop: vocabulary.stop };
    const units: JudgedUnit[] = [];
    for (let first = 0; first < some.length; first += 64) {
      const group = some.slice(first, first + 64);
      const inputs = await gather(
        features,
        group.map(({ index }) => index),
      );
      const found = await describeFeatures(decoder, inputs, config.search);
      for (const [i, { layer, unit, texts }] of group.entries()) {
        const [best] = speakingFirst(found[i].beam, vocabulary.stop);
        const description = vocabulary.reconstruct(best?.tokens ?? []);
        units.push({ layer, unit, description, references: texts.map((words) => words.join(" ")) });
      }
    }
    return units;
  } finally {
    await captioner.close();
    await languageModel.close();
  }
}

/** Perplexity beside what needs no network, and what the model says when nobody asks. */
async function wordsSection(files: DescriberFiles, { examples, stems, seed, session }: CardOptions): Promise<string[]> {
  const { vocabulary } = files;
  const sequences = (list: readonly Example[]) => list.map(({ tokens }) => tokens);
  const [known, held] = [sequences(examples.training), sequences(examples.heldOut)];
  const options = { vocabulary: vocabulary.size };
  const best = Math.min(...(await epochsOf(`${stems.languageModel}.metrics.jsonl`)).map((r) => r.metrics.heldOutLoss));
  const trigram = perplexityOf(kneserNey(known, options), held);
  const unigram = perplexityOf(unigrams(known, options), held);
  const model = await LanguageModel.open(files.languageModel!, session);
  const samples = await sampleTokens(model, SAMPLES, new Random(seed), {
    ...{ start: vocabulary.start, stop: vocabulary.stop, length: files.config.search.length },
  }).finally(() => model.close());
  return [
    `Perplexity per token on held-out annotations, the end of an annotation counted as one: ${Math.exp(best).toFixed(1)}; trigrams (modified Kneser-Ney) ${trigram.toFixed(1)}, single words ${unigram.toFixed(1)}.` +
      (Math.exp(best) < trigram ? "" : " **It is no better than trigrams: there is too little text to learn from.**"),
    "",
    `Drawn from it: ${samples.map((tokens) => `"${vocabulary.wordsOf(tokens).join(" ")}"`).join(", ")}.`,
  ];
}

/** One sentence a reader must not miss. */
function verdictOf(judgements: readonly Judgement[]): string[] {
  const all = judgements.filter(({ layer }) => layer === "");
  const weak = all.filter(({ beatsConstant, beatsShuffled }) => Math.min(beatsConstant, beatsShuffled) < 0.975);
  if (weak.length === 0) return ["Better than both controls by every metric (in at least 97.5 % of 1,000 resamples)."];
  return [
    `**Not safely better than its controls by ${weak.map(({ metric }) => metric).join(", ")}: do not trust what this describer says.**`,
  ];
}
