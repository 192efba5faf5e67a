/**
 * `config.json` of a describer directory: what the model is made of, how its encoder sees images, and how it searches unless
 * told otherwise. Whatever is read from it is checked; the sizes are checked against the weights as well (`layout.ts`).
 */
import { UserError } from "../base/errors.js";
import { ENCODER_KINDS, type EncoderConfig } from "./encoder.js";
import { Field } from "./fields.js";
import { POOLINGS } from "./mask-pooling.js";

const FORMAT = "milan-describer";
const VERSION = 1;

/** Ways to search for a description; `describe-features.ts` says what each does. */
const SEARCHES = ["rerank", "beam", "greedy", "mi"] as const;

/** Sizes of the captioner p(d | E). */
export interface CaptionerConfig {
  readonly featureSize: number;
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly attentionSize: number;
}

/** Sizes of the language model p(d). */
export interface LanguageModelConfig {
  readonly embeddingSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
}

/** How to search when the caller does not say. */
export interface SearchConfig {
  readonly search: (typeof SEARCHES)[number];
  /** Weight of the language model. */
  readonly lambda: number;
  readonly beam: number;
  /** Most tokens of a description, the final `<stop>` included. */
  readonly length: number;
}

/** What a describer learned from, so that it is never judged on that unawares. */
export interface TrainingRecord {
  readonly seed: number;
  /** Share of each set's units that was held out. */
  readonly holdOut: number;
  readonly sets: readonly {
    readonly name: string;
    /** Digest of its exemplars. */
    readonly exemplars: string;
    readonly units: number;
    readonly annotations: number;
  }[];
}

/** The numbers of `Familiarity` that are no arrays. */
export interface FamiliarityConfig {
  readonly directions: number;
  readonly kinds: number;
  readonly rest: number;
  readonly restScatter: number;
  readonly exemplars: number;
  readonly quantiles: readonly number[];
  readonly limit: number;
}

export interface DescriberConfig {
  /** The file it was converted from; null if it was trained here. */
  readonly source: { readonly file: string; readonly sha256: string } | null;
  /** Absent if it was not trained here. */
  readonly training?: TrainingRecord;
  /** Absent if what it learned from is not known. */
  readonly familiarity?: FamiliarityConfig;
  readonly encoder: EncoderConfig;
  readonly captioner: CaptionerConfig;
  readonly languageModel: LanguageModelConfig | null;
  readonly search: SearchConfig;
}

const MAX_SIZE = 1 << 16;

/** Checks the parsed JSON of a `config.json`. Errors: `UserError` naming the entry that is wrong. */
export function parseConfig(json: unknown, path: string): DescriberConfig {
  const root = new Field(json, "", (problem) => {
    throw new UserError(`reading ${path}: ${problem}, convert or train the describer again`);
  });
  root.get("format").choice([FORMAT]);
  root.get("version").integer(VERSION, VERSION);
  const [source, encoder, captioner, languageModel, search] = [
    root.get("source"),
    root.get("encoder"),
    root.get("captioner"),
    root.get("languageModel"),
    root.get("search"),
  ];
  const size = (field: Field, name: string) => field.get(name).integer(1, MAX_SIZE);
  const training = root.get("training");
  const familiarity = root.get("familiarity");
  return {
    ...(!training.isNone && { training: trainingRecord(training) }),
    ...(!familiarity.isNone && {
      familiarity: {
        directions: size(familiarity, "directions"),
        kinds: size(familiarity, "kinds"),
        rest: familiarity.get("rest").number(Number.MIN_VALUE, Number.MAX_VALUE),
        restScatter: familiarity.get("restScatter").number(0, Number.MAX_VALUE),
        exemplars: familiarity.get("exemplars").integer(1, Number.MAX_SAFE_INTEGER),
        quantiles: familiarity.get("quantiles").numbers(3),
        limit: familiarity.get("limit").number(0, Number.MAX_VALUE),
      },
    }),
    source: source.isNone ? null : { file: source.get("file").text(), sha256: source.get("sha256").text() },
    encoder: {
      kind: encoder.get("kind").choice(ENCODER_KINDS),
      network: encoder.get("network").text(),
      ...(!encoder.get("layers").isNone && { layers: encoder.get("layers").texts() }),
      pooling: encoder.get("pooling").choice(POOLINGS),
      mean: encoder.get("mean").numbers(3),
      std: encoder.get("std").numbers(3),
    },
    captioner: {
      featureSize: size(captioner, "featureSize"),
      embeddingSize: size(captioner, "embeddingSize"),
      hiddenSize: size(captioner, "hiddenSize"),
      attentionSize: size(captioner, "attentionSize"),
    },
    languageModel: languageModel.isNone
      ? null
      : {
          embeddingSize: size(languageModel, "embeddingSize"),
          hiddenSize: size(languageModel, "hiddenSize"),
          layers: languageModel.get("layers").integer(1, 64),
        },
    search: {
      search: search.get("search").choice(SEARCHES),
      lambda: search.get("lambda").number(-1000, 1000),
      beam: search.get("beam").integer(1, 10_000),
      length: search.get("length").integer(1, 1000),
    },
  };
}

function trainingRecord(field: Field): TrainingRecord {
  const count = (of: Field, name: string) => of.get(name).integer(0, Number.MAX_SAFE_INTEGER);
  return {
    seed: field.get("seed").integer(0, 2 ** 32 - 1),
    holdOut: field.get("holdOut").number(0, 1),
    sets: field.get("sets").list((set) => ({
      name: set.get("name").text(),
      exemplars: set.get("exemplars").text(),
      units: count(set, "units"),
      annotations: count(set, "annotations"),
    })),
  };
}

/** The text of a `config.json`. */
export function formatConfig(config: DescriberConfig): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...config }, null, 2)}\n`;
}

/** Whether parsed JSON claims to be a `config.json` of a describer, of whatever version. */
export function isDescriberConfig(json: unknown): boolean {
  return typeof json === "object" && json !== null && (json as { format?: unknown }).format === FORMAT;
}
