/**
 * One step of learning: loss and gradients from one run of one ONNX program, then the optimiser, then what the program
 * updates itself (running means). Parameters are the caller's arrays, changed in place and fed without a copy, so several
 * steps (a generator's and a discriminator's) can share them.
 */
import { UserError } from "../../base/errors.js";
import { differentiate } from "../grad/differentiate.js";
import type { Tensor } from "../grad/graph.js";
import type { Arrays, SessionOptions } from "../runtime/session.js";
import { SEED } from "./dropout.js";
import { clipGradients, gradientNorm, type Optimiser } from "./optimisers.js";
import { type ParameterValues, Program } from "./program.js";

export interface StepOptions {
  /** Scalar; what is made small. */
  readonly loss: Tensor;
  /** Current values of all parameters of the graph; changed by every step. */
  readonly values: ParameterValues;
  readonly optimiser: Optimiser;
  /** Other tensors to return, such as predictions. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** Which parameters to change; default: all that are trained. */
  readonly only?: (name: string) => boolean;
  /** Most the norm of all gradients may be. */
  readonly clipNorm?: number | undefined;
  readonly session?: SessionOptions | undefined;
}

export interface StepResult {
  readonly loss: number;
  /** The outputs asked for. */
  readonly outputs: Arrays;
}

/** A compiled step. Close it when done. */
export class TrainingStep {
  /** Steps taken; set it when training resumes. */
  count = 0;
  /** Whether the program takes a seed, because it drops. */
  readonly isSeeded: boolean;
  /** Names of the data it is fed. */
  readonly inputs: readonly string[];
  readonly #program: Program;
  readonly #options: StepOptions;
  readonly #trained: readonly string[];
  readonly #updated: readonly string[];

  private constructor(program: Program, options: StepOptions, trained: readonly string[], updated: readonly string[]) {
    this.#program = program;
    this.#options = options;
    this.#trained = trained;
    this.#updated = updated;
    this.inputs = options.loss.graph.inputs.map(({ name }) => name!);
    this.isSeeded = this.inputs.includes(SEED);
  }

  /** Differentiates the loss and opens the program. */
  static async open(options: StepOptions): Promise<TrainingStep> {
    const { loss, outputs = {}, only = () => true, session } = options;
    const { graph } = loss;
    if (loss.shape.length !== 0) throw new Error(`training: the loss is [${loss.shape}]; expected a scalar`);
    const trained = [...graph.parameters].filter(([name, { trained: is }]) => is && only(name));
    const gradients = differentiate(
      loss,
      trained.map(([, { tensor }]) => tensor),
    );
    const wanted: Record<string, Tensor> = { [LOSS]: loss };
    for (const [i, [name]] of trained.entries()) wanted[`${GRADIENT}${name}`] = gradients[i];
    for (const [name, tensor] of graph.updates) wanted[`${UPDATE}${name}`] = tensor;
    for (const [name, tensor] of Object.entries(outputs)) wanted[`${OUTPUT}${name}`] = tensor;
    const program = await Program.open(graph, { outputs: wanted, session });
    return new TrainingStep(
      program,
      options,
      trained.map(([name]) => name),
      [...graph.updates.keys()],
    );
  }

  /**
   * Takes a step. Throws `UserError` when the loss or a gradient is not finite; the parameters are then as they were before.
   * @param data the graph's inputs by name.
   */
  async run(data: Arrays, learningRate: number): Promise<StepResult> {
    const { values, optimiser, outputs = {}, clipNorm } = this.#options;
    const results = await this.#program.run(data, values);
    const loss = (results[LOSS].data as Float32Array)[0];
    const gradients = this.#trained.map((name) => results[`${GRADIENT}${name}`].data as Float32Array);
    const norm = clipNorm === undefined ? gradientNorm(gradients) : clipGradients(gradients, clipNorm);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw this.#diverged(loss, gradients);
    this.count += 1;
    for (const [i, name] of this.#trained.entries()) {
      optimiser.update(name, values.get(name)!.data, gradients[i], learningRate, this.count);
    }
    for (const name of this.#updated) values.get(name)!.data.set(results[`${UPDATE}${name}`].data as Float32Array);
    const asked = Object.keys(outputs).map((name) => [name, results[`${OUTPUT}${name}`]]);
    return { loss, outputs: Object.fromEntries(asked) };
  }

  close(): Promise<void> {
    return this.#program.close();
  }

  #diverged(loss: number, gradients: readonly Float32Array[]): UserError {
    const { values } = this.#options;
    const isBad = (array: Float32Array) => array.some((value) => !Number.isFinite(value));
    const broken = this.#trained.filter((name) => isBad(values.get(name)!.data));
    const steep = this.#trained.filter((_, i) => isBad(gradients[i]));
    const where = broken.length > 0 ? `values of ${some(broken)}` : `gradients of ${some(steep)}`;
    return new UserError(
      `training: the loss is ${loss} at step ${this.count + 1}, not finite in ${where}; expected a finite number; lower the learning rate, or clip the gradients`,
    );
  }
}

const LOSS = "loss/";
const GRADIENT = "gradient/";
const UPDATE = "update/";
const OUTPUT = "output/";

const some = (names: readonly string[]) =>
  names.length === 0
    ? "no parameter"
    : names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
