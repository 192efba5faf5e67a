/**
 * What every judgement of a run's descriptions on other pictures begins with: the described units, the pictures, the network. Refuses what
 * cannot be judged. `doing` is the judgement's name in messages: "verifying", "grading".
 */
import { existsSync } from "node:fs";
import { UserError } from "../base/errors.js";
import type { ImageSet } from "../data/images/imageset.js";
import { openImages } from "../data/images/open.js";
import type { Query } from "../data/labels/query.js";
import type { Layer } from "../engine/onnx/layers.js";
import type { LayerLayout } from "../exemplars/layout.js";
import { openModel, type Subject } from "../exemplars/subject.js";
import { readDescriptions } from "../run/descriptions.js";
import { isRun } from "../run/manifest.js";
import { Run, type RunLayer } from "../run/run.js";
import { checkNoOverlap } from "./overlap.js";

/** A description and the unit it is of. */
export interface Claim {
  readonly unit: number;
  readonly description: string;
  /** What it claims, where that is known and need not be read out of the words. */
  readonly query?: Query;
}

/** A claim with its layer's name. */
export interface LayerClaim extends Claim {
  readonly layer: string;
}

/** The descriptions of one layer. */
export interface Described {
  readonly layer: RunLayer;
  readonly claims: readonly Claim[];
}

/** Opens the run. Errors: it is none, or exemplars without their model. */
export async function openRun(doing: string, folder: string): Promise<Run> {
  if (isRun(folder)) return Run.open(folder);
  throw new UserError(
    `${doing} ${folder}: it holds no run.json, and exemplars without their model cannot be verified; expected a run made by \`milan dissect\``,
  );
}

/** The run's own descriptions by layer, in the order of the run. */
export async function claimsOf(doing: string, run: Run, only: readonly string[] | undefined): Promise<Described[]> {
  const descriptions = await readDescriptions(run.folder);
  if (descriptions.length === 0) {
    throw new UserError(`${doing} ${run.folder}: it has no descriptions; expected some, make them with milan describe`);
  }
  return byLayer(doing, run, descriptions, only);
}

/** Claims by layer, in the order of the run. Errors: `UserError` for units that the run does not have, or when none is left. */
export function byLayer(
  doing: string,
  run: Run,
  list: readonly LayerClaim[],
  only?: readonly string[] | undefined,
): Described[] {
  const chosen = only?.map((name) => run.layer(name));
  const claims = new Map<RunLayer, Claim[]>();
  for (const { layer: name, unit, description, query } of list) {
    const layer = run.layer(name);
    if (chosen && !chosen.includes(layer)) continue;
    if (!layer.unitNumbers.includes(unit)) {
      throw new UserError(
        `${doing} ${run.folder}: a description of unit ${unit} of ${name}, which was not dissected; expected units of the run, describe it again`,
      );
    }
    const claim = query ? { unit, description, query } : { unit, description };
    const own = claims.get(layer);
    if (own) own.push(claim);
    else claims.set(layer, [claim]);
  }
  const found = run.layers.filter((layer) => claims.has(layer));
  if (found.length === 0) {
    throw new UserError(
      `${doing} ${run.folder}: no description is of ${only?.join(", ")}; expected some, describe these layers first`,
    );
  }
  return found.map((layer) => ({ layer, claims: claims.get(layer)! }));
}

export async function openHeldOut(doing: string, { folder, manifest }: Run, path: string): Promise<ImageSet> {
  if (manifest.probeKind !== "images") {
    throw new UserError(`${doing} ${folder}: it is of a generator; expected a run of a network that is fed pictures`);
  }
  const set = await openImages(path);
  try {
    if (set.fingerprint === manifest.probeFingerprint) throw seen(doing, folder, path);
    await checkNoOverlap(doing, set, manifest.probePath);
    return set;
  } catch (error) {
    await set.close();
    throw error;
  }
}

const seen = (doing: string, folder: string, path: string) =>
  new UserError(
    `${doing} ${folder}: ${path} is the probe set that the run was made with; expected images it has not seen, give others`,
  );

/** The network of the run. */
export async function openSubject(
  doing: string,
  { folder, manifest }: Run,
  moved: string | undefined,
): Promise<Subject> {
  const path = moved ?? manifest.modelPath;
  if (!existsSync(path)) {
    throw new UserError(`${doing} ${folder}: the model ${path} is not there; say where it is now with --model`);
  }
  const { height, width } = manifest.preprocessing!;
  const subject = await openModel(path, { size: [height, width] });
  if (subject.sha256 === manifest.modelSha256) return subject;
  throw new UserError(
    `${doing} ${folder}: ${path} is not the model the run was made with; point --model at that one, or dissect again`,
  );
}

/** The layer as it was dissected, with some of its units only. @param chosen their numbers; default all that were dissected. */
export function layoutFor(layer: RunLayer, chosen: readonly number[] = layer.unitNumbers): LayerLayout {
  const { name, kind, units, height, width, prefix, ceiling } = layer;
  const wanted = new Set(chosen);
  const subset = layer.unitNumbers.filter((unit) => wanted.has(unit));
  return {
    ...{ name, kind, units, height, width, prefix, dtype: layer.dtype as Layer["dtype"] },
    ...(subset.length < units && { subset }),
    ...(ceiling && { ceiling }),
  };
}
