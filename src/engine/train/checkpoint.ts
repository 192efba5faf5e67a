/**
 * An unfinished training as one safetensors file: parameters, the optimiser's memory, the best parameters so far, and where the
 * training stands. Random numbers are functions of the seed and that place, so nothing else is needed to go on to the same bits.
 *
 * The file is two to four times as large as the parameters; it is replaced atomically.
 */
import { UserError } from "../../base/errors.js";
import { parseJson } from "../../base/json.js";
import { type NdArray, sizeOf } from "../tensor/ndarray.js";
import { openSafetensors, writeSafetensors } from "../tensor/safetensors.js";
import type { OptimiserState } from "./optimisers.js";
import type { ParameterValues } from "./program.js";

/** What a training was started with, by name; a checkpoint is only continued by a training with the same. */
export type TrainingIdentity = Readonly<Record<string, unknown>>;

/** Where a training stands. */
export interface Place {
  /** Epochs that are complete, with their evaluation. */
  readonly epoch: number;
  /** Batches of the current epoch that are done. */
  readonly batch: number;
  /** Steps taken in all. */
  readonly step: number;
  /** Time spent on training and evaluation. */
  readonly elapsedMs: number;
  /** Sums over the current epoch: of the loss, and of what else the step returns. */
  readonly sums: Readonly<Record<string, number>>;
  /** Epochs since the best one. */
  readonly waited: number;
  readonly best: { readonly value: number; readonly epoch: number } | null;
  /** Whether the training came to its end. */
  readonly complete: boolean;
}

export interface Checkpoint {
  readonly identity: TrainingIdentity;
  readonly place: Place;
  readonly values: ParameterValues;
  readonly state: OptimiserState;
  readonly best: ParameterValues | undefined;
}

const FORMAT = 1;
const GROUPS = ["values", "state", "best"] as const;

/** Writes a checkpoint. Errors: `UserError` when a parameter is not finite; the file is then left as it was. */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { identity, place } = checkpoint;
  const tensors = new Map<string, NdArray>();
  for (const group of GROUPS) {
    for (const [name, array] of checkpoint[group] ?? []) {
      if (!allFinite(array.data)) {
        throw new UserError(
          `training: values of ${group === "state" ? "the optimiser for " : ""}${name} are not finite after step ${place.step}; expected finite numbers; lower the learning rate, or clip the gradients`,
        );
      }
      tensors.set(`${group}/${name}`, array);
    }
  }
  await writeSafetensors(path, tensors, { training: JSON.stringify({ format: FORMAT, identity, place }) });
}

function allFinite(data: Float32Array): boolean {
  let sum = 0; // zeros, unless some value is not finite: one pass without a call per value
  for (let i = 0; i < data.length; i++) sum += data[i] * 0;
  return sum === 0;
}

/** What a checkpoint must fit. */
export interface Expected {
  readonly identity: TrainingIdentity;
  /** The network's parameters; only names and shapes matter. */
  readonly values: ParameterValues;
}

/**
 * Reads a checkpoint.
 * Errors: `UserError` when the file is damaged or something else, or was made by a training of another network, optimiser or
 * other options, which are named.
 */
export async function loadCheckpoint(path: string, expected: Expected): Promise<Checkpoint> {
  const file = await openSafetensors(path);
  try {
    const { identity, place } = readHeader(path, file.metadata.training);
    checkIdentity(path, identity, expected.identity);
    const groups = { values: new Map(), state: new Map(), best: new Map() } as Record<string, ParameterValues>;
    for (const name of file.names) {
      const slash = name.indexOf("/");
      const [group, rest] = [name.slice(0, slash), name.slice(slash + 1)];
      const array = await file.read(name);
      if (!Object.hasOwn(groups, group) || array.dtype !== "float32") throw damaged(path, `tensor ${name} is strange`);
      groups[group].set(rest, array as NdArray<"float32">);
    }
    checkParameters(path, groups.values, expected.values);
    if (place.best !== null) checkParameters(path, groups.best, expected.values);
    checkState(path, groups.state, expected.values);
    const best = place.best === null ? undefined : groups.best;
    return { identity, place, values: groups.values, state: groups.state, best };
  } finally {
    await file.close();
  }
}

/** Whether the training of a checkpoint came to its end. Errors: `UserError` when the file is no checkpoint. */
export async function isComplete(path: string): Promise<boolean> {
  const file = await openSafetensors(path);
  await file.close();
  return readHeader(path, file.metadata.training).place.complete;
}

const damaged = (path: string, problem: string) =>
  new UserError(`reading ${path}: ${problem}; expected a whole checkpoint, delete it and train again`);

function readHeader(path: string, text: string | undefined): { identity: TrainingIdentity; place: Place } {
  if (text === undefined) {
    throw new UserError(`reading ${path}: it holds no training; expected a checkpoint, check the path`);
  }
  let header: { format?: unknown; identity?: unknown; place?: Partial<Place> } | null;
  try {
    header = parseJson(text) as typeof header;
  } catch {
    throw damaged(path, "its metadata are not JSON");
  }
  if (typeof header?.format === "number" && header.format > FORMAT) {
    throw new UserError(
      `reading ${path}: format ${header.format}; expected ${FORMAT}, use the version of Milan that wrote it`,
    );
  }
  const { identity, place } = header ?? {};
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  const isRight =
    header?.format === FORMAT &&
    isRecord(identity) &&
    isRecord(place) &&
    [place.epoch, place.batch, place.step, place.waited].every(isCount) &&
    Number.isFinite(place.elapsedMs) &&
    isRecord(place.sums) &&
    Object.values(place.sums).every((n) => n === null || typeof n === "number") &&
    (place.best === null ||
      (isRecord(place.best) && typeof place.best.value === "number" && isCount(place.best.epoch)));
  if (!isRight) throw damaged(path, "its metadata are not those of a training");
  // JSON writes what is not finite as null
  const sums = Object.entries(place!.sums!).map(([name, n]) => [name, n ?? Number.NaN]);
  return { identity: identity as TrainingIdentity, place: { ...(place as Place), sums: Object.fromEntries(sums) } };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function checkIdentity(path: string, found: TrainingIdentity, wanted: TrainingIdentity): void {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const differing = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter(
    (key) => !same(found[key], wanted[key]),
  );
  if (differing.length === 0) return;
  const list = differing.map((key) => `${key} ${shown(wanted[key])} (there ${shown(found[key])})`).join(", ");
  throw new UserError(
    `resuming ${path}: it was made by another training; got ${list}; use the same options, or start anew elsewhere`,
  );
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function checkParameters(path: string, found: ParameterValues, wanted: ParameterValues): void {
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const [there, here] = [found.get(name)?.shape, wanted.get(name)?.shape];
    if (there && here && String(there) === String(here)) continue;
    const shape = (is: readonly number[] | undefined) => (is ? `[${is}]` : "absent");
    throw new UserError(
      `resuming ${path}: it was made with another network: ${name} is ${shape(there)}; expected ${shape(here)}; use the same options`,
    );
  }
}

function checkState(path: string, state: OptimiserState, values: ParameterValues): void {
  for (const [name, array] of state) {
    const parameter = values.get(name.slice(0, name.lastIndexOf("/")));
    if (parameter && sizeOf(parameter.shape) === array.data.length) continue;
    throw damaged(path, `the optimiser's ${name} fits no parameter`);
  }
}
