/** The pictures that a subject learns from, opened once and kept in memory as bytes. */
import type { Progress } from "../../base/progress.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import { openClassifierData } from "../../studies/train-classifier-data.js";
import { openPixels, type PixelSource } from "../../studies/train-classifier-pixels.js";

export interface SubjectPictures {
  readonly classes: readonly string[];
  readonly training: PixelSource;
  readonly validation: PixelSource;
  /** What the data are. */
  readonly fingerprint: string;
}

export interface PicturesOptions {
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  readonly limitPerClass?: number | undefined;
  readonly progress: Progress;
}

const CACHE_BYTES = 2 ** 30;

/** Reads class folders as `milan train-classifier` does, with the same pictures held out for the same seed. */
export async function openPictures(path: string, options: PicturesOptions): Promise<SubjectPictures> {
  const { preprocessing, seed, limitPerClass, progress } = options;
  const data = await openClassifierData(path, { seed, limitPerClass });
  try {
    const pixels = { preprocessing, cacheBytes: CACHE_BYTES, progress };
    const { classes, fingerprint } = data;
    const training = await openPixels(data.training, pixels);
    return { classes, fingerprint, training, validation: await openPixels(data.validation, pixels) };
  } finally {
    await data.close();
  }
}

/** The files that a training leaves beside its model, `NAME.onnx`. */
export function filesBeside(out: string) {
  const stem = out.replace(/\.onnx$/i, "");
  return {
    model: out,
    log: `${stem}.metrics.jsonl`,
    checkpoint: `${stem}.checkpoint.safetensors`,
    eyes: `${stem}.eyes.safetensors`,
    decoder: `${stem}.decoder.safetensors`,
    sheet: `${stem}.png`,
    facts: `${stem}.json`,
    latents: `${stem}.latents`,
  };
}
