/** What the training loop is told, and what it tells in the end. */
import type { Progress } from "../../base/progress.js";
import type { Random } from "../../base/random.js";
import type { Arrays } from "../runtime/session.js";
import type { TrainingIdentity } from "./checkpoint.js";
import type { EarlyStoppingOptions } from "./early-stopping.js";
import type { Optimiser } from "./optimisers.js";
import type { ParameterValues } from "./program.js";
import type { Schedule } from "./schedules.js";

/** What takes a step: a `TrainingStep`, or several of them in turn. */
export interface Stepper {
  /** Steps taken; set when training resumes. */
  count: number;
  /** Whether its program drops: it is then fed a seed, another one for every step. */
  readonly isSeeded?: boolean;
  run(data: Arrays, learningRate: number): Promise<{ readonly loss: number; readonly outputs?: Arrays }>;
}

/** Which batches are wanted. */
export interface BatchRequest {
  /** From 0. */
  readonly epoch: number;
  /** Leave out as many batches: they were seen before a checkpoint. */
  readonly first: number;
  /** For the order of the epoch; the same for the same epoch. */
  readonly random: Random;
}

export interface FitOptions {
  readonly step: Stepper;
  /** The parameters that `step` changes. After training: the best ones if `earlyStopping` is given, else the last. */
  readonly values: ParameterValues;
  readonly optimiser: Optimiser;
  readonly learningRate: number;
  readonly schedule?: Schedule;
  /** Feeds of one epoch. A batch is still in use when the one after it is asked for, but not when the one after that is. */
  readonly batches: (request: BatchRequest) => AsyncIterable<Arrays>;
  readonly stepsPerEpoch: number;
  /** Most epochs, and most time; at least one of them. Time runs out in the middle of an epoch, evaluation comes on top. */
  readonly epochs?: number | undefined;
  readonly minutes?: number | undefined;
  /** Metrics of the current parameters by name, after each epoch. */
  readonly evaluate?: () => Promise<Readonly<Record<string, number>>>;
  readonly earlyStopping?: EarlyStoppingOptions;
  readonly checkpoint?: CheckpointOptions;
  /** Where to write `metrics.jsonl`, and after how many steps a line; default 50. */
  readonly metrics?: { readonly path: string; readonly everySteps?: number };
  readonly seed: number;
  readonly progress?: Progress;
  /** What is trained, said before each epoch. */
  readonly title?: string;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface CheckpointOptions {
  readonly path: string;
  /** Least time between two; one more is written at the end. */
  readonly everyMs: number;
  /** What the training was started with. */
  readonly identity: TrainingIdentity;
  /** Whether to go on from the checkpoint at `path`; otherwise an unfinished one there is an error. */
  readonly resume?: boolean;
}

export interface FitResult {
  /** Epochs that are complete. */
  readonly epochs: number;
  readonly steps: number;
  /** Time spent, earlier processes included. */
  readonly seconds: number;
  readonly stopped: "epochs" | "minutes" | "early";
  /** Mean loss and other metrics of the last epoch, or the part of it that there was time for. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Epoch (from 1) and value of the best weights. */
  readonly best: { readonly epoch: number; readonly value: number } | undefined;
}
