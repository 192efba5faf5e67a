/**
 * What all parts of a dissection on a queue have in common: a file in the folder of the results, and the order that the queue holds for each part. The order
 * only points at that file and names its sum, so whoever can write to the queue can make workers do a part again, and nothing else.
 */
import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../base/errors.js";
import { sha256 } from "../base/hash.js";
import { parseJson } from "../base/json.js";
import { VERSION } from "../base/version.js";
import { rangeOf } from "../exemplars/dissect.js";
import { type Range, statePath } from "../exemplars/state.js";
import type { Identity, Manifest } from "../run/manifest.js";
import { relativePath } from "./paths.js";

const count = z
  .int()
  .min(1)
  .max(2 ** 31);
const numbers = z.array(z.number()).max(16);

const preprocessing = z.strictObject({
  width: z.int().min(1).max(16384),
  height: z.int().min(1).max(16384),
  fit: z.enum(["crop", "squash", "pad"]),
  range: z.tuple([z.number(), z.number()]),
  mean: numbers,
  std: numbers,
  channels: z.enum(["rgb", "bgr", "grey"]),
  layout: z.enum(["nchw", "nhwc"]),
});

const taskSchema = z.strictObject({
  format: z.literal(1),
  /** Version of Milan: others may compute otherwise. */
  milan: z.string().max(64),
  /** Paths below the root, which is elsewhere on every machine. */
  model: relativePath,
  probe: relativePath,
  kind: z.enum(["images", "latents"]),
  generated: z.string().max(4096).optional(),
  /** Height and width of the pictures, in pixels. */
  picture: z.tuple([count, count]),
  preprocessing: preprocessing.nullable(),
  /** Images. */
  size: count,
  layers: z.array(z.string().max(4096)).min(1),
  units: z.record(z.string(), z.array(z.int().min(0))),
  k: count,
  quantile: z.number().gt(0).lt(1),
  seed: z.int().min(0),
  batchSize: z.int().min(1).max(4096),
  prefixTokens: z.int().min(0).optional(),
  ceiling: z.enum(["lift", "keep"]).optional(),
  /** Of how many parts each is one. */
  parts: count,
  /** What the results are of, as the coordinator sees it; a worker that sees anything else refuses. Compared, never used. */
  identity: z.record(z.string(), z.unknown()),
});

export type Task = z.infer<typeof taskSchema>;

/** What the queue holds of a part. */
export const orderSchema = z.strictObject({
  milan: z.literal(VERSION),
  /** Folder of the task and of the results, below the root. */
  folder: relativePath,
  /** SHA-256 of the task's file. */
  sum: z.string().regex(/^[0-9a-f]{64}$/),
  /** From 1. */
  part: count,
});

export type Order = z.infer<typeof orderSchema>;

/** The task's file in the folder of the results. */
export const TASK_FILE = "task.json";

/** What decides a run's results, of what is in its manifest. */
export function identityIn(manifest: Manifest): Identity {
  const { modelSha256, probeFingerprint, probeSize, preprocessing, k, quantile, seed, layers } = manifest;
  return { modelSha256, probeFingerprint, probeSize, preprocessing, k, quantile, seed, layers };
}

/** A task as it is written down; equal tasks have equal texts. */
export const textOf = (task: Task): string => `${JSON.stringify(taskSchema.parse(task), null, 1)}\n`;

/**
 * Reads a task. @param sum what the order says it is, if one does.
 * Errors: `UserError` for anything that this version did not write, or another task.
 */
export function parseTask(text: string, where: string, sum?: string): Task {
  if (sum !== undefined && sha256(text) !== sum) {
    throw new UserError(`reading ${where}: it is another task than the one queued; start the dissection again`);
  }
  let found: unknown;
  try {
    found = parseJson(text);
  } catch {
    throw new UserError(`reading ${where}: it is damaged; delete its folder and start the dissection again`);
  }
  const parsed = taskSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `reading ${where}: ${issue.path.join(".") || "it"} is not as expected (${issue.message}); use the version of Milan that wrote it`,
  );
}

/** A part's images, and the name of its result. Errors: there are fewer parts. */
export function partOf(task: Task, part: number): Range & { readonly result: string } {
  if (part > task.parts)
    throw new UserError(`reading an order: part ${part} of ${task.parts}; start the dissection again`);
  const range = rangeOf({ number: part, of: task.parts }, task.size, task.batchSize);
  return { ...range, result: basename(statePath("", range)) };
}
