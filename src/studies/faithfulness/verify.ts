/**
 * Faithfulness without annotators: does a unit's description say when and where the unit fires, on pictures that had no part in
 * making it? Nobody's opinion enters, only the network itself and a predictor that takes descriptions at their word. Goes beyond
 * the paper, whose scores compare descriptions with what people wrote (section 4, appendix B).
 *
 * Costs one pass of the network over the held-out pictures, the predictor's own pass, and what `judge-layer.ts` says.
 */
import { existsSync } from "node:fs";
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import type { ImageSet } from "../../data/images/imageset.js";
import { openImages } from "../../data/images/open.js";
import type { Layer } from "../../engine/onnx/layers.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import type { LayerLayout } from "../../exemplars/layout.js";
import { imageProbe } from "../../exemplars/probe.js";
import { fixedBatch, imageInput, openModel, type Subject } from "../../exemplars/subject.js";
import { readDescriptions } from "../../run/descriptions.js";
import { isRun } from "../../run/manifest.js";
import { Run, type RunLayer } from "../../run/run.js";
import { type LayerTruth, watchUnits } from "./held-out.js";
import { type Claim, type JudgedLayer, judgeLayer } from "./judge-layer.js";
import { checkNoOverlap } from "./overlap.js";
import type { Predictor } from "./predictor.js";

export interface VerifyOptions extends SessionOptions {
  /** The held-out pictures: a folder, archive or array that the run was not made with. */
  readonly images: string;
  /** Only these layers; default: all that have descriptions. */
  readonly layers?: readonly string[];
  /** The model's file, when it has moved since the run was made. */
  readonly model?: string;
  /** Images run at once; default 8, or what the model demands. */
  readonly batchSize?: number;
  /** Of the places and controls drawn; default 0. */
  readonly seed?: number;
  readonly progress?: Progress;
}

/** What was found. */
export interface Verification {
  readonly predictor: string;
  /** Held-out pictures that could be read. */
  readonly images: number;
  readonly layers: readonly (JudgedLayer & { readonly layer: string })[];
}

/** The descriptions of one layer. */
interface Described {
  readonly layer: RunLayer;
  readonly claims: readonly Claim[];
}

/**
 * Judges the descriptions of a run on held-out pictures.
 * @param folder a run with descriptions. @param predictor stays open.
 * Errors: `UserError` when it is no run of a network over pictures, has no descriptions, its model is gone or another one, or the
 * pictures are those it was made with.
 */
export async function verifyRun(folder: string, predictor: Predictor, options: VerifyOptions): Promise<Verification> {
  if (!isRun(folder)) {
    throw new UserError(
      `verifying ${folder}: it holds no run.json, and exemplars without their model cannot be verified; expected a run made by \`milan dissect\``,
    );
  }
  const run = await Run.open(folder);
  try {
    return await verifyOpen(run, predictor, options);
  } finally {
    await run.close();
  }
}

async function verifyOpen(run: Run, predictor: Predictor, options: VerifyOptions): Promise<Verification> {
  const { seed = 0, progress = silent } = options;
  const described = await claimsOf(run, options.layers);
  const set = await openHeldOut(run, options.images);
  try {
    await checkNoOverlap(set, run.manifest.probePath);
    predictor.check(set);
    const subject = await openSubject(run, options.model);
    const view = run.manifest.preprocessing!;
    const probe = imageProbe(set, view, imageInput(subject).name, progress);
    const fixed = fixedBatch(subject);
    const truth = await watchUnits(subject.model, probe, described.map(layoutFor), {
      batchSize: fixed ?? Math.min(options.batchSize ?? 8, probe.size),
      fixed: fixed !== undefined,
      session: options,
      ...{ seed, progress },
    });
    if (truth.ids.length < 2) {
      throw new UserError(
        `verifying on ${set.location}: ${truth.ids.length} images can be read; expected at least 2, add some`,
      );
    }
    const texts = [...new Set(described.flatMap(({ claims }) => claims.map(({ description }) => description)))];
    const spoken = texts.filter((text) => text.trim() !== "");
    const predictions = await predictor.prepare({ set, ids: truth.ids, view }, spoken, progress);
    const claims = described.reduce((sum, layer) => sum + layer.claims.length, 0);
    let done = 0;
    progress.begin("judging", claims, "description");
    const layers = described.map(({ layer, claims }, i) => {
      const random = new Random(seed + 7919 * i);
      const onJudged = (some: number) => progress.update(done + some);
      const found = truth.layers[i];
      const judged = judgeLayer(found, levelsOf(layer, found), claims, predictions, random, onJudged);
      done += claims.length;
      return { ...judged, layer: layer.name };
    });
    progress.end();
    return { predictor: predictor.name, images: truth.ids.length, layers };
  } finally {
    await set.close();
  }
}

/** Descriptions by layer, in the order of the run. */
async function claimsOf(run: Run, only: readonly string[] | undefined): Promise<Described[]> {
  const descriptions = await readDescriptions(run.folder);
  if (descriptions.length === 0) {
    throw new UserError(
      `verifying ${run.folder}: it has no descriptions; expected some, make them with milan describe`,
    );
  }
  const chosen = only?.map((name) => run.layer(name));
  const claims = new Map<RunLayer, Claim[]>();
  for (const { layer: name, unit, description } of descriptions) {
    const layer = run.layer(name);
    if (chosen && !chosen.includes(layer)) continue;
    if (!layer.unitNumbers.includes(unit)) {
      throw new UserError(
        `verifying ${run.folder}: a description of unit ${unit} of ${name}, which was not dissected; expected units of the run, describe it again`,
      );
    }
    const list = claims.get(layer);
    if (list) list.push({ unit, description });
    else claims.set(layer, [{ unit, description }]);
  }
  const found = run.layers.filter((layer) => claims.has(layer));
  if (found.length === 0) {
    throw new UserError(
      `verifying ${run.folder}: no description is of ${only?.join(", ")}; expected some, describe these layers first`,
    );
  }
  return found.map((layer) => ({ layer, claims: claims.get(layer)! }));
}

async function openHeldOut({ folder, manifest }: Run, path: string): Promise<ImageSet> {
  if (manifest.probeKind !== "images") {
    throw new UserError(`verifying ${folder}: it is of a generator; expected a run of a network that is fed pictures`);
  }
  const set = await openImages(path);
  if (set.fingerprint !== manifest.probeFingerprint) return set;
  await set.close();
  throw new UserError(
    `verifying ${folder}: ${path} is the probe set that the run was made with; expected images it has not seen, give others with --images`,
  );
}

async function openSubject({ folder, manifest }: Run, moved: string | undefined): Promise<Subject> {
  const path = moved ?? manifest.modelPath;
  if (!existsSync(path)) {
    throw new UserError(`verifying ${folder}: the model ${path} is not there; say where it is now with --model`);
  }
  const { height, width } = manifest.preprocessing!;
  const subject = await openModel(path, { size: [height, width] });
  if (subject.sha256 === manifest.modelSha256) return subject;
  throw new UserError(
    `verifying ${folder}: ${path} is not the model the run was made with; point --model at that one, or dissect again`,
  );
}

/** The layer as it was dissected, with the described units only. */
function layoutFor({ layer, claims }: Described): LayerLayout {
  const { name, kind, units, height, width, prefix } = layer;
  const described = new Set(claims.map(({ unit }) => unit));
  const subset = layer.unitNumbers.filter((unit) => described.has(unit));
  return {
    ...{ name, kind, units, height, width, prefix, dtype: layer.dtype as Layer["dtype"] },
    ...(subset.length < units && { subset }),
  };
}

const levelsOf = (layer: RunLayer, truth: LayerTruth): Float32Array =>
  Float32Array.from(truth.units, (unit) => layer.levels[layer.unitNumbers.indexOf(unit)]);
