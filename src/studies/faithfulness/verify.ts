/**
 * Faithfulness without annotators: does a unit's description say when and where the unit fires, on pictures that had no part in
 * making it? Nobody's opinion enters, only the network itself and a predictor that takes descriptions at their word. Goes beyond
 * the paper, whose scores compare descriptions with what people wrote (section 4, appendix B).
 *
 * Costs one pass of the network over the held-out pictures, the predictor's own pass, and what `judge-layer.ts` says.
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import type { SessionOptions } from "../../engine/runtime/session.js";
import { imageProbe } from "../../exemplars/probe.js";
import { fixedBatch, imageInput } from "../../exemplars/subject.js";
import type { Run, RunLayer } from "../../run/run.js";
import { claimsOf, layoutFor, openHeldOut, openRun, openSubject } from "../described-run.js";
import { type LayerTruth, watchUnits } from "./held-out.js";
import { type JudgedLayer, judgeLayer } from "./judge-layer.js";
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

/**
 * Judges the descriptions of a run on held-out pictures.
 * @param folder a run with descriptions. @param predictor stays open.
 * Errors: `UserError` when it is no run of a network over pictures, has no descriptions, its model is gone or another one, or the
 * pictures are those it was made with.
 */
export async function verifyRun(folder: string, predictor: Predictor, options: VerifyOptions): Promise<Verification> {
  const run = await openRun("verifying", folder);
  try {
    return await verifyOpen(run, predictor, options);
  } finally {
    await run.close();
  }
}

async function verifyOpen(run: Run, predictor: Predictor, options: VerifyOptions): Promise<Verification> {
  const { seed = 0, progress = silent } = options;
  const described = await claimsOf("verifying", run, options.layers);
  const set = await openHeldOut("verifying", run, options.images);
  try {
    predictor.check(set);
    const subject = await openSubject("verifying", run, options.model);
    const view = run.manifest.preprocessing!;
    const probe = imageProbe(set, view, imageInput(subject).name, progress);
    const fixed = fixedBatch(subject);
    const layouts = described.map(({ layer, claims }) =>
      layoutFor(
        layer,
        claims.map(({ unit }) => unit),
      ),
    );
    const truth = await watchUnits(subject.model, probe, layouts, {
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

const levelsOf = (layer: RunLayer, truth: LayerTruth): Float32Array =>
  Float32Array.from(truth.units, (unit) => layer.levels[layer.unitNumbers.indexOf(unit)]);
