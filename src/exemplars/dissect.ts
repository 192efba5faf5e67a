/**
 * Dissection: from a model and a probe set to a run directory with every unit's exemplars, levels and activation maps
 * (paper, section 3.1). A run that was interrupted goes on; one made of anything else is refused.
 */
import { resolve } from "node:path";
import { UserError } from "../base/errors.js";
import { checkWritable, isVacant } from "../base/files.js";
import { withLock } from "../base/lock.js";
import { type Progress, silent } from "../base/progress.js";
import { removeLeftovers } from "../base/temporary.js";
import { VERSION } from "../base/version.js";
import { resolveLayers } from "../engine/onnx/layers.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { checkIdentity, isRun, type Manifest, readManifest, writeManifest } from "../run/manifest.js";
import { Run } from "../run/run.js";
import { finish, type SweepSettings, sayFinished } from "./finish.js";
import { type CeilingUse, layoutOf } from "./layout.js";
import { type LayerPlan, planSweep } from "./plan.js";
import type { Probe, ProbeOpener } from "./probe.js";
import { type Range, statesIn } from "./state.js";
import { fixedBatch, type Subject } from "./subject.js";
import { sweep } from "./sweep.js";

export interface DissectOptions extends SessionOptions {
  /** The run directory to make or to finish. */
  readonly out: string;
  /** Layers by tensor or module name; default: the model's principal layers. */
  readonly layers?: readonly string[];
  /** Units of a layer (by the name used in `layers`), when not all of them. */
  readonly units?: Readonly<Record<string, readonly number[]>>;
  /** Exemplars a unit; default 15. */
  readonly k?: number;
  /** Level of the masks; default 0.99. */
  readonly quantile?: number;
  /** Images run at once; default 8, or what the model demands. */
  readonly batchSize?: number;
  /** Seed of the positions drawn in large sweeps; default 0. */
  readonly seed?: number;
  /** Class and register tokens of vision transformers, where the default is wrong. */
  readonly prefixTokens?: number;
  /** Activations that end at a ceiling, as ReLU6's at 6; default `lift`: see `layoutOf`. */
  readonly ceiling?: CeilingUse;
  readonly progress?: Progress;
  /** Least time between two saves of the sweep's state; default 30 s, and more where saving takes long. */
  readonly saveEveryMs?: number;
}

/** One of several parts of a dissection, from 1 to `of`: what one process does of it, on whichever machine. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

/**
 * Dissects a model over a probe set. Returns the finished run; a finished run of the same identity is returned as it is.
 * @param probe an open probe set, which stays open, or what opens one (`imageFolder`, `latentFolder`).
 */
export async function dissect(subject: Subject, probe: Probe | ProbeOpener, options: DissectOptions): Promise<Run> {
  return withProbe(subject, probe, options, (opened) => dissectOpen(subject, opened, options));
}

/**
 * Sweeps a part of the probe set, and leaves what it found in the run's folder, which `merge` (`exemplars/merge.ts`) adds up. Parts can be swept at the same
 * time, in one folder or in several. Returns the images of the part.
 * Errors: `UserError` for more parts than there are batches of images.
 */
export async function dissectShard(
  subject: Subject,
  probe: Probe | ProbeOpener,
  shard: Shard,
  options: DissectOptions,
): Promise<Range & { readonly skipped: readonly number[] }> {
  return withProbe(subject, probe, options, async (opened) => {
    const { out, progress = silent } = options;
    const plans = planOf(subject, opened, options);
    const manifest = manifestOf(subject, opened, plans, options);
    const common = sweepOptions(subject, opened, options);
    const range = rangeOf(shard, opened.size, common.batchSize);
    if (await isFinished(out, manifest)) {
      await sayFinished(out, progress);
      return { ...range, skipped: manifest.skipped };
    }
    const beforeSave = () => writeManifest(out, manifest);
    const work = async () => {
      // another process may have finished it meanwhile, and removed what shards left
      if (await isFinished(out, manifest)) return { skipped: (await readManifest(out)).skipped };
      return sweep(out, subject, opened, plans, { ...common, range, beforeSave });
    };
    const doing = `dissecting shard ${shard.number}/${shard.of} into ${out}`;
    const { skipped } = await withLock(out, doing, work, { range });
    return { ...range, skipped };
  });
}

/** Images of a part: whole batches, so that the parts' batches are those of the whole. @param doing for the message. */
export function rangeOf({ number, of }: Shard, images: number, batchSize: number, doing = "dissecting"): Range {
  const batches = Math.ceil(images / batchSize);
  if (of > batches) {
    throw new UserError(
      `${doing} in ${of} shards: there are ${images} images, ${batches} batches of ${batchSize}; expected at most as many shards, take fewer or lower --batch`,
    );
  }
  const first = (part: number) => Math.min(images, Math.floor((part * batches) / of) * batchSize);
  return { from: first(number - 1), to: first(number) };
}

/** Does something with a probe set, which is closed after it if it was opened for it. */
export async function withProbe<T>(
  subject: Subject,
  probe: Probe | ProbeOpener,
  { progress = silent }: DissectOptions,
  work: (opened: Probe) => Promise<T>,
): Promise<T> {
  if (typeof probe !== "function") return work(probe);
  const opened = await probe(subject, progress);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

async function dissectOpen(subject: Subject, probe: Probe, options: DissectOptions): Promise<Run> {
  const { out, progress = silent } = options;
  const plans = planOf(subject, probe, options);
  const manifest = manifestOf(subject, probe, plans, options);
  if (await isFinished(out, manifest)) {
    await sayFinished(out, progress);
    return Run.open(out);
  }
  if (isRun(out) && (await statesIn(out, probe.size)).length > 0) {
    throw new UserError(
      `dissecting into ${out}: it holds shards; expected an empty folder, add --shard, or finish them with \`milan merge ${out}\``,
    );
  }
  const common = sweepOptions(subject, probe, options);
  const beforeSave = () => writeManifest(out, manifest);
  return withLock(out, `dissecting into ${out}`, async () => {
    if (await isFinished(out, manifest)) return Run.open(out); // by another process, meanwhile
    removeLeftovers(out);
    const swept = await sweep(out, subject, probe, plans, { ...common, beforeSave });
    return finish(out, subject, probe, swept, manifest, common);
  });
}

/** What a sweep is told, as `dissect` is told it, its defaults filled in. */
export function sweepOptions(subject: Subject, probe: Probe, options: Omit<DissectOptions, "out">): SweepSettings {
  const { progress = silent, k = 15, seed = 0, saveEveryMs } = options;
  const fixed = fixedBatch(subject);
  return {
    batchSize: fixed ?? Math.min(options.batchSize ?? 8, probe.size),
    fixed: fixed !== undefined,
    ...{ session: options, progress, k, seed, saveEveryMs },
  };
}

export function planOf(
  subject: Subject,
  probe: Probe,
  { layers, units = {}, quantile = 0.99, k = 15, prefixTokens, ceiling }: Omit<DissectOptions, "out">,
) {
  const whole = (n: number) => Number.isInteger(n) && n >= 1;
  if (!whole(k)) throw new UserError(`dissecting: k is ${k}; expected a whole number from 1`);
  if (!(quantile > 0 && quantile < 1))
    throw new UserError(`dissecting: quantile is ${quantile}; expected between 0 and 1`);
  if (probe.size < k) {
    throw new UserError(
      `dissecting: ${probe.location} has ${probe.size} images; expected at least ${k}, add some or lower --k`,
    );
  }
  const chosen = layers ? resolveLayers(subject.layers, layers) : subject.layers.filter((layer) => layer.principal);
  if (chosen.length === 0) {
    throw new UserError(`dissecting ${subject.path}: no layer can be dissected; \`milan inspect\` shows what it has`);
  }
  const subsets = new Map(
    Object.entries(units).map(([name, list]) => {
      const [layer] = resolveLayers(subject.layers, [name]);
      if (chosen.includes(layer)) return [layer, list];
      throw new UserError(`units of ${name}: the layer is not among those dissected; add it to --layers`);
    }),
  );
  const layouts = chosen.map((layer) => {
    const subset = subsets.get(layer);
    return layoutOf(layer, probe.picture, {
      ...(subset && { subset }),
      ...(prefixTokens !== undefined && { prefix: prefixTokens }),
      ...(ceiling && { ceiling }),
    });
  });
  return planSweep(layouts, probe.size, quantile);
}

export function manifestOf(
  subject: Subject,
  probe: Probe,
  plans: readonly LayerPlan[],
  options: DissectOptions,
): Manifest {
  const [pictureHeight, pictureWidth] = probe.picture;
  return {
    format: 1,
    milan: VERSION,
    modelPath: resolve(subject.path),
    modelSha256: subject.sha256,
    probeKind: probe.kind,
    probePath: resolve(probe.location),
    probeFingerprint: probe.fingerprint,
    probeSize: probe.size,
    preprocessing: probe.preprocessing,
    pictureWidth,
    pictureHeight,
    k: options.k ?? 15,
    quantile: options.quantile ?? 0.99,
    seed: options.seed ?? 0,
    layers: plans.map(({ layout, positions, every }) => {
      const { shortNames } = subject.layers.find(({ name }) => name === layout.name) ?? { shortNames: [] }; // a damaged run may name others
      return { ...layout, shortNames, positions, ...(every > 1 && { every }) };
    }),
    complete: false,
    skipped: [],
    flaws: {},
  };
}

/** Whether the run is there already. If not, its folder is free and can be written. */
export async function isFinished(out: string, manifest: Manifest): Promise<boolean> {
  if (isRun(out)) {
    const found = await readManifest(out);
    checkIdentity(out, found, manifest);
    if (found.complete) return true;
  }
  await checkWritable(out);
  if (!isRun(out) && !isVacant(out)) {
    throw new UserError(
      `writing ${out}: the folder is not empty and holds no run; expected a new or empty folder for --out`,
    );
  }
  return false;
}
