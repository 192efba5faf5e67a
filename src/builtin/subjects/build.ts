/**
 * Trains one of the subjects, or goes on with it, and leaves what ships: `NAME.onnx` and `NAME.json`, which says how it was made and how
 * good it is; for a GAN `NAME.png`, a contact sheet, and `NAME.latents/`, what it is dissected with. A killed build goes on from `NAME.checkpoint.safetensors`.
 */
import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { nearest, UserError } from "../../base/errors.js";
import { writeFileAtomically } from "../../base/files.js";
import { type Progress, silent } from "../../base/progress.js";
import { trainClassifier } from "../../studies/train-classifier.js";
import { writeCloseUps } from "./close-ups.js";
import { recognition } from "./gan-recognition.js";
import { writeLatents } from "./latents.js";
import { smallAlexnet, smallResnet } from "./networks.js";
import { filesBeside } from "./pictures.js";
import { SUBJECTS, type Subject } from "./subjects.js";
import { trainDino } from "./train-dino.js";
import { trainGan } from "./train-gan.js";

export interface BuildOptions {
  /** At most so many training pictures of each class: for a first try. */
  readonly limitPerClass?: number | undefined;
  /** Instead of the subject's own, such as fewer epochs. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** Pictures of each class that a generator is dissected with. */
const LATENTS_PER_CLASS = 100;

/** How a subject was made, and how good it is: `NAME.json`. */
export interface SubjectFacts {
  readonly name: string;
  readonly network: Subject["network"];
  readonly data: string;
  /** Identifies the pictures it was trained on. */
  readonly fingerprint: string;
  readonly classes: readonly string[];
  readonly trainingImages: number;
  readonly layers: readonly string[];
  readonly seed: number;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Accuracy and the like, with what chance would give. */
  readonly figures: Readonly<Record<string, number>>;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** The subject of this name. Errors: `UserError` naming the nearest when there is none. */
export function subjectOf(name: string): Subject {
  const found = SUBJECTS.find((subject) => subject.name === name);
  if (found) return found;
  const names = SUBJECTS.map((subject) => subject.name);
  throw new UserError(
    `building subjects: no subject ${name}; expected one of ${names.join(", ")}; the nearest is ${nearest(name, names, 1)[0]}`,
  );
}

/** Side of the pictures that subjects are trained on, pixels. */
const PICTURE_SIZE = 64;

/**
 * What a subject is trained on, made where it is missing.
 * @param pictures `train/` and `val/` with class folders of its data set, as `milan world` writes them at 64 pixels.
 * @returns that folder, or beside it the one with close-ups.
 */
export async function picturesFor(subject: Subject, pictures: string, progress: Progress = silent): Promise<string> {
  if (!subject.seesCloseUps) return pictures;
  const out = `${pictures}-close`;
  for (const part of ["train", "val"]) {
    await writeCloseUps(join(pictures, part), join(out, part), PICTURE_SIZE, progress);
  }
  return out;
}

/**
 * Builds a subject.
 * @param pictures class folders, of `picturesFor`.
 * @param folder where to write.
 */
export async function buildSubject(
  subject: Subject,
  pictures: string,
  folder: string,
  options: BuildOptions,
): Promise<SubjectFacts> {
  await mkdir(folder, { recursive: true });
  const out = join(folder, `${subject.name}.onnx`);
  const made = await train({ ...subject, settings: { ...subject.settings, ...options.settings } } as Subject, {
    ...{ pictures, out, folder, limitPerClass: options.limitPerClass },
    ...{ progress: options.progress ?? silent, now: options.now },
  });
  const { name, network, data, layers, seed, settings } = subject;
  const { training, ...found } = made;
  const facts: SubjectFacts = {
    ...{ name, network, data, layers, seed, settings: { ...settings, ...options.settings } },
    ...found,
    ...{ epochs: training.epochs, steps: training.steps, seconds: Math.round(training.seconds) },
    bytes: (await stat(out)).size,
  };
  await writeFileAtomically(filesBeside(out).facts, `${JSON.stringify(facts, null, 2)}\n`);
  return facts;
}

/** Writes what a generator is dissected with, `NAME.latents/` beside its model; the same at any time. */
export async function writeSubjectLatents(subject: Subject, classes: number, model: string): Promise<void> {
  if (subject.network !== "gan") return;
  const { latent: length } = subject.settings;
  const { seed } = subject;
  await writeLatents(filesBeside(model).latents, { count: LATENTS_PER_CLASS * classes, length, classes, seed });
}

interface Work {
  readonly pictures: string;
  readonly out: string;
  readonly folder: string;
  readonly limitPerClass: number | undefined;
  readonly progress: Progress;
  readonly now: () => number;
}

async function train(subject: Subject, { pictures, folder, ...work }: Work) {
  const { seed } = subject;
  if (subject.network === "gan") {
    const { classes, fingerprint, trainingImages, training, model } = await trainGan(pictures, {
      ...{ ...subject.settings, ...work, seed },
    });
    await writeSubjectLatents(subject, classes.length, work.out);
    const judge = join(folder, `${subject.name.replace(/^gan/, "resnet")}.onnx`);
    const recognised = existsSync(judge) ? { recognised: await recognition(model, judge, { seed }) } : {};
    return { classes, fingerprint, trainingImages, training, figures: { ...recognised, chance: 1 / classes.length } };
  }
  if (subject.network === "dino") {
    const trained = await trainDino(pictures, { ...subject.settings, ...work, seed });
    const { classes, fingerprint, trainingImages, training, neighbourAccuracy, pixelAccuracy, validationImages } =
      trained;
    const { answerEntropy, meanEntropy } = training.metrics;
    const figures = { neighbourAccuracy, pixelAccuracy, validationImages, answerEntropy, meanEntropy };
    return { classes, fingerprint, trainingImages, training, figures: { ...figures, chance: 1 / classes.length } };
  }
  const network = subject.network === "alexnet" ? smallAlexnet : smallResnet;
  const resume = existsSync(filesBeside(work.out).checkpoint);
  const trained = await trainClassifier(pictures, { ...subject.settings, ...work, network, seed, resume });
  const { classes, fingerprint, trainingImages, validationImages, accuracy, majority, training } = trained;
  return { classes, fingerprint, trainingImages, training, figures: { accuracy, chance: majority, validationImages } };
}
