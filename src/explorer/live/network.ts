/**
 * The network of a run, opened for visitors: what it is, what it can be asked, and why not. Opening reads the file once, checks that it is the
 * one the run was made with, and learns its shapes; sessions are opened when a picture is to be seen (`passes.ts`).
 */
import { basename } from "node:path";
import { messageOf, UserError } from "../../base/errors.js";
import { indexGraph, inputsOf } from "../../engine/onnx/graph.js";
import type { Layer } from "../../engine/onnx/layers.js";
import { metadataOf } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import type { Subject } from "../../exemplars/subject.js";
import type { Run } from "../../run/run.js";
import { classNamesOf } from "../../studies/ablation/class-pictures.js";
import { type Classifier, classifierOf } from "../../studies/ablation/classifier.js";
import { openSubject } from "../../studies/described-run.js";
import { type Saying, sayingOf } from "./shares.js";

export interface NetworkOptions extends SessionOptions {
  /** Where models may be that have moved since their runs were made: the first that is the run's is taken. */
  readonly models?: readonly string[];
  /**
   * Files with names of a model's outputs, a line each: the first that has as many. Otherwise those in `MODEL.labels.txt` beside the model, or
   * what a model that Milan trained says itself.
   */
  readonly classes?: readonly string[];
}

/** A layer of the run in the network. */
export interface NetworkLayer {
  /** Its place in the run. */
  readonly place: number;
  readonly layer: Layer;
  /** Whether what the network says of the classes depends on it. */
  readonly matters: boolean;
}

export interface Network {
  readonly run: Run;
  readonly subject: Subject;
  /** Undefined where the network is none. */
  readonly classifier: Classifier | undefined;
  /** Why no class probabilities can be had, in a sentence; null for a classifier. */
  readonly notClassifier: string | null;
  readonly saying: Saying;
  /** Names of the classes, where known. */
  readonly classes: readonly string[] | null;
  /** Layers of the run, those that are computed first first. */
  readonly layers: readonly NetworkLayer[];
}

/** Why a run's network cannot be shown pictures, as far as can be told without opening it; null where nothing is in the way. */
export function cannotSee({ manifest }: Run): string | null {
  if (manifest.probeKind === "latents" || manifest.preprocessing === null) {
    return `${basename(manifest.modelPath)} is a generator: it makes pictures and cannot be shown any`;
  }
  return null;
}

/** Opens it. Errors: `UserError` when it is gone, another one, or a generator. */
export async function openNetwork(run: Run, options: NetworkOptions): Promise<Network> {
  const cannot = cannotSee(run);
  if (cannot !== null) throw new UserError(`running the network of ${run.folder}: ${cannot}`);
  const subject = await findSubject(run, options.models ?? []);
  const found = await classifierOf("asking", subject).catch((error: unknown) => {
    if (error instanceof UserError) return messageOf(error).replaceAll(subject.path, basename(subject.path));
    throw error;
  });
  const classifier = typeof found === "string" ? undefined : found;
  return {
    ...{ run, subject, classifier, classes: classifier ? await namesFor(classifier, options.classes ?? []) : null },
    notClassifier: typeof found === "string" ? found : null,
    saying: classifier ? sayingOf(classifier.model, classifier.output) : "logits",
    layers: layersIn(run, subject, classifier),
  };
}

/** The run's model, where it was or in one of the other places. Errors: why not where it was. */
async function findSubject(run: Run, places: readonly string[]): Promise<Subject> {
  let why: UserError | undefined;
  for (const place of [undefined, ...places]) {
    try {
      return await openSubject("running the network of", run, place);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      why ??= error;
    }
  }
  throw why;
}

async function namesFor({ subject, classes: outputs }: Classifier, files: readonly string[]) {
  const { path, model } = subject;
  for (const classes of [...files, undefined]) {
    try {
      const found = await classNamesOf({ doing: "naming classes", outputs, model: path, classes });
      if (found) return found;
    } catch (error) {
      if (!(error instanceof UserError)) throw error; // that of another model
    }
  }
  return namesInside(model, outputs);
}

/** Names that a model bears in its metadata, as those that Milan trained do: `classes`, a JSON list. */
function namesInside(model: OnnxModel, outputs: number): string[] | null {
  try {
    const found: unknown = JSON.parse(metadataOf(model).classes ?? "null");
    const fits = Array.isArray(found) && found.length === outputs && found.every((name) => typeof name === "string");
    return fits ? found : null;
  } catch {
    return null; // somebody else's entry of that name
  }
}

function layersIn(run: Run, subject: Subject, classifier: Classifier | undefined): NetworkLayer[] {
  const { producer, order } = indexGraph(subject.model);
  const known = new Map(subject.layers.map((layer) => [layer.name, layer]));
  const needed = new Set(classifier ? [classifier.output] : []);
  for (const name of needed) {
    const node = producer.get(name);
    if (node) for (const input of inputsOf(node)) needed.add(input); // grows while we walk it
  }
  const found = run.layers.map(({ name }, place) => {
    const layer = known.get(name);
    if (layer) return { place, layer, matters: needed.has(name) };
    throw new UserError(`running the network of ${run.folder}: it has no layer ${name}; dissect it again`);
  });
  const position = ({ layer }: NetworkLayer) => order.get(producer.get(layer.name)!)!;
  return found.sort((a, b) => position(a) - position(b));
}

/** What a network's classes are called, by number. */
export const nameIn =
  ({ classes }: Network) =>
  (number: number) =>
    classes?.[number] ?? `class ${number}`;
