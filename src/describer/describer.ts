/**
 * A describer ready to work: encoder, captioner p(d | E), language model p(d) and vocabulary, opened from a describer
 * directory or a checkpoint of the reference implementation.
 */
import { UserError } from "../base/errors.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import type { Vocabulary } from "../language/vocabulary.js";
import { Captioner } from "./captioner.js";
import type { SearchConfig, TrainingRecord } from "./config.js";
import type { Decoder } from "./describe-features.js";
import { openDescriberFiles } from "./directory.js";
import type { Familiarity } from "./familiarity.js";
import { ImageEncoder } from "./features.js";
import { LanguageModel } from "./language-model.js";

/** An open describer. Close it when done. */
export interface Describer {
  readonly path: string;
  /** SHA-256 of the checkpoint it was made from, if any. */
  readonly sha256: string | null;
  /** What it learned from, if it was trained here. */
  readonly training: TrainingRecord | undefined;
  /** What it has seen, if that is known. */
  readonly familiarity?: Familiarity | undefined;
  readonly encoder: ImageEncoder;
  readonly decoder: Decoder;
  readonly vocabulary: Vocabulary;
  /** How it searches unless told otherwise. */
  readonly search: SearchConfig;
  close(): Promise<void>;
}

/** Opens a describer. Errors: `UserError` when the path holds none, or one without its encoder. */
export async function loadDescriber(path: string, options: SessionOptions = {}): Promise<Describer> {
  const files = await openDescriberFiles(path);
  const { config, vocabulary } = files;
  if (!files.encoder) {
    throw new UserError(
      `opening ${path}: it holds no encoder weights, so it cannot look at images; expected a whole describer, get the full checkpoint`,
    );
  }
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (const part of opened) await part.close();
  };
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    const encoder = keep(await ImageEncoder.open(files.encoder, options));
    const captioner = keep(await Captioner.open(files.captioner, options));
    const languageModel = files.languageModel
      ? keep(await LanguageModel.open(files.languageModel, options))
      : undefined;
    return {
      path,
      sha256: config.source?.sha256 ?? null,
      training: config.training,
      familiarity: files.familiarity,
      encoder,
      decoder: { captioner, languageModel, start: vocabulary.start, stop: vocabulary.stop },
      vocabulary,
      search: config.search,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
