/**
 * The training loop: epochs of steps, evaluation after each, the best weights kept, a checkpoint from time to time, a log of how
 * it goes. Whatever is random is a function of the seed and the place in the training, so that a resumed training continues to
 * the same bits (limits by time aside, as clocks differ).
 *
 * The next batch is asked for before a step begins: pictures are decoded in threads of their own while the step runs.
 */
import { existsSync } from "node:fs";
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import type { Arrays } from "../runtime/session.js";
import { ndarray } from "../tensor/ndarray.js";
import { isComplete, loadCheckpoint, type Place, saveCheckpoint } from "./checkpoint.js";
import { SEED } from "./dropout.js";
import { EarlyStopping } from "./early-stopping.js";
import type { CheckpointOptions, FitOptions, FitResult } from "./fit-options.js";
import { Means } from "./means.js";
import { MetricsLog } from "./metrics-log.js";
import { constantRate } from "./schedules.js";
import { seedAt } from "./seeds.js";

/**
 * Trains.
 * Errors: `UserError` when the loss or a parameter is not finite any more, which names the last checkpoint, itself still good;
 * when a checkpoint cannot be continued, or an unfinished one would be overwritten; when a file cannot be written.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  if (options.epochs === undefined && options.minutes === undefined) throw new Error("training: no epochs, no minutes");
  const training = new Training(options);
  await training.begin();
  try {
    return await training.run();
  } catch (error) {
    if (error instanceof UserError && training.saved !== undefined) {
      const { path } = options.checkpoint!;
      throw new UserError(`${error.message}; the state after step ${training.saved} is in ${path}`, { cause: error });
    }
    throw error;
  }
}

class Training {
  /** The step of the last checkpoint. */
  saved: number | undefined;
  readonly #options: FitOptions;
  readonly #stopping: EarlyStopping | undefined;
  readonly #progress: Progress;
  #log: MetricsLog | undefined;
  #epoch = 0;
  #batch = 0;
  #learningRate = 0;
  #means = new Means();
  /** Since the last line of the log. */
  #recent = new Means();
  /** When the training would have begun, had all of it run in this process. */
  #beganMs: number;
  #savedMs: number;

  constructor(options: FitOptions) {
    this.#options = options;
    this.#stopping = options.earlyStopping && new EarlyStopping(options.earlyStopping);
    this.#progress = options.progress ?? silent;
    this.#beganMs = options.now();
    this.#savedMs = this.#beganMs;
  }

  /** Finds the beginning, or the place of the checkpoint. */
  async begin(): Promise<void> {
    const { checkpoint, metrics, step } = this.#options;
    if (checkpoint?.resume) await this.#resume(checkpoint);
    else if (checkpoint && (await isUnfinished(checkpoint.path))) {
      throw new UserError(
        `training: ${checkpoint.path} holds an unfinished training; expected no such file, go on with it (--resume) or delete it`,
      );
    }
    const isKept = (record: { step: number }) => record.step <= step.count;
    if (metrics) this.#log = await MetricsLog.open(metrics.path, checkpoint?.resume ? isKept : undefined);
  }

  async #resume({ path, identity }: CheckpointOptions): Promise<void> {
    const { values, optimiser, step, now } = this.#options;
    const { place, ...found } = await loadCheckpoint(path, { identity, values });
    for (const [name, { data }] of found.values) values.get(name)!.data.set(data);
    for (const [name, array] of found.state) optimiser.state.set(name, array);
    if (this.#stopping && found.best && place.best) this.#stopping.best = { ...place.best, values: found.best };
    if (this.#stopping) this.#stopping.waited = place.waited;
    this.#epoch = place.epoch;
    this.#batch = place.batch;
    this.#means = new Means(place.sums);
    this.#beganMs = now() - place.elapsedMs;
    this.saved = step.count = place.step;
  }

  async run(): Promise<FitResult> {
    let metrics: Readonly<Record<string, number>> = {};
    let stopped = this.#end();
    while (stopped === undefined) {
      await this.#trainEpoch();
      if (this.#batch > 0) metrics = await this.#finishEpoch(); // else time ran out before the first step
      stopped = this.#end();
      if (stopped === undefined) await this.#checkpoint();
    }
    await this.#checkpoint(true);
    this.#stopping?.restore(this.#options.values);
    const { best } = this.#stopping ?? {};
    return {
      epochs: this.#epoch,
      steps: this.#options.step.count,
      seconds: this.#elapsedMs() / 1000,
      stopped,
      metrics,
      best: best && { epoch: best.epoch, value: best.value },
    };
  }

  #end(): FitResult["stopped"] | undefined {
    if (this.#epoch >= (this.#options.epochs ?? Number.POSITIVE_INFINITY)) return "epochs";
    if (this.#stopping?.isOver) return "early";
    return this.#isTimeUp() ? "minutes" : undefined;
  }

  #elapsedMs = () => this.#options.now() - this.#beganMs;
  #isTimeUp = () => this.#elapsedMs() >= (this.#options.minutes ?? Number.POSITIVE_INFINITY) * 60_000;

  #rateNow(): number {
    const { learningRate, schedule = constantRate(), epochs, minutes, stepsPerEpoch, step } = this.#options;
    const share =
      epochs === undefined ? this.#elapsedMs() / (minutes! * 60_000) : step.count / (epochs * stepsPerEpoch);
    return learningRate * schedule(step.count, Math.min(1, share));
  }

  async #trainEpoch(): Promise<void> {
    const { batches, epochs, seed, stepsPerEpoch, title } = this.#options;
    const random = new Random(seedAt(seed, this.#epoch));
    const source = batches({ epoch: this.#epoch, first: this.#batch, random })[Symbol.asyncIterator]();
    const phase = `${title ? `${title}, ` : ""}epoch ${this.#epoch + 1}${epochs === undefined ? "" : `/${epochs}`}`;
    this.#progress.begin(phase, stepsPerEpoch, "step", this.#batch);
    let next = source.next();
    try {
      while (this.#batch < stepsPerEpoch && !this.#isTimeUp()) {
        const beganMs = this.#options.now();
        const { done, value } = await next;
        if (done)
          throw new Error(`training: epoch ${this.#epoch + 1} has ${this.#batch} batches, not ${stepsPerEpoch}`);
        if (this.#batch + 1 < stepsPerEpoch) {
          next = source.next();
          next.catch(() => {}); // thrown when its turn comes
        }
        await this.#takeStep(value, beganMs);
        this.#progress.update(this.#batch);
        if (this.#batch < stepsPerEpoch) await this.#checkpoint();
      }
    } finally {
      await next.catch(() => {});
      await source.return?.();
    }
    this.#progress.end();
  }

  /** @param beganMs when waiting for the feeds began. */
  async #takeStep(feeds: Arrays, beganMs: number): Promise<void> {
    const { step, seed, now, metrics } = this.#options;
    const seeded = step.isSeeded ? { [SEED]: ndarray("uint32", [], Uint32Array.of(seedAt(seed, step.count, 1))) } : {};
    this.#learningRate = this.#rateNow();
    const { loss, outputs = {} } = await step.run({ ...feeds, ...seeded }, this.#learningRate);
    const found = { loss, ...scalarsOf(outputs) };
    const examples = Object.values(feeds)[0]?.shape[0] ?? 0;
    for (const means of [this.#means, this.#recent]) means.add(found, examples, now() - beganMs);
    this.#batch += 1;
    if (step.count % (metrics?.everySteps ?? 50) !== 0) return;
    await this.#write("steps", this.#recent, this.#recent.metrics());
    this.#recent = new Means();
  }

  /** Evaluates; in the middle of an epoch too, when time is up. */
  async #finishEpoch(): Promise<Readonly<Record<string, number>>> {
    const { evaluate, values, stepsPerEpoch } = this.#options;
    const metrics = { ...this.#means.metrics(), ...(await evaluate?.()) };
    this.#stopping?.offer(metrics, this.#epoch + 1, values);
    await this.#write("epoch", this.#means, metrics);
    if (this.#batch < stepsPerEpoch) return metrics;
    this.#epoch += 1;
    this.#batch = 0;
    this.#means = new Means();
    this.#recent = new Means();
    return metrics;
  }

  async #write(kind: "steps" | "epoch", means: Means, all: Readonly<Record<string, number>>): Promise<void> {
    const { loss, ...metrics } = all;
    const [epoch, step, seconds] = [this.#epoch + 1, this.#options.step.count, this.#elapsedMs() / 1000];
    const learningRate = this.#learningRate;
    await this.#log?.append({ kind, epoch, step, loss, learningRate, rate: means.rate(), seconds, metrics });
  }

  /** Writes a checkpoint if it is time, or at the end. */
  async #checkpoint(complete = false): Promise<void> {
    const { checkpoint, values, optimiser, step, now } = this.#options;
    if (!checkpoint || (!complete && now() - this.#savedMs < checkpoint.everyMs)) return;
    const { best, waited = 0 } = this.#stopping ?? {};
    const place: Place = {
      ...{ epoch: this.#epoch, batch: this.#batch, step: step.count, elapsedMs: this.#elapsedMs(), waited, complete },
      sums: this.#means.sums,
      best: best ? { value: best.value, epoch: best.epoch } : null,
    };
    const { path, identity } = checkpoint;
    await saveCheckpoint(path, { identity, place, values, state: optimiser.state, best: best?.values });
    this.saved = step.count;
    this.#savedMs = now();
  }
}

/** Those outputs of a step that are single numbers. */
function scalarsOf(outputs: Arrays): Record<string, number> {
  const scalars = Object.entries(outputs).filter(([, { shape }]) => shape.length === 0);
  return Object.fromEntries(scalars.map(([name, { data }]) => [name, Number(data[0])]));
}

/** Whether a training would be lost by writing here. */
const isUnfinished = async (path: string) => existsSync(path) && !(await isComplete(path));
