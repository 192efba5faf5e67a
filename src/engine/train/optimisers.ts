/**
 * Optimisers as PyTorch defines them. They change parameters and their own state in place, one pass over each array in
 * double precision: in ONNX the same update is a dozen passes over memory and a copy of every parameter and state out of
 * the runtime (bench/training/optimiser.js).
 */
import { zeros } from "../tensor/ndarray.js";
import type { ParameterValues } from "./program.js";

/** What an optimiser remembers, by name: arrays to be saved and loaded with the parameters. */
export type OptimiserState = ParameterValues;

export interface Optimiser {
  readonly name: string;
  /** Moves a parameter against its gradient. @param step counts from 1. */
  update(name: string, value: Float32Array, gradient: Float32Array, learningRate: number, step: number): void;
  readonly state: OptimiserState;
}

export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

/** Stochastic gradient descent; with momentum, velocity = momentum * velocity + gradient. */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimiser {
  const memory = new Memory();
  return {
    name: "sgd",
    state: memory.arrays,
    update(name, value, gradient, learningRate) {
      const velocity = momentum === 0 ? undefined : memory.of(`${name}/velocity`, value.length);
      for (let i = 0; i < value.length; i++) {
        let step = gradient[i] + weightDecay * value[i];
        if (velocity) {
          const v = momentum * velocity[i] + step;
          velocity[i] = v;
          step = nesterov ? step + momentum * v : v;
        }
        value[i] -= learningRate * step;
      }
    },
  };
}

export interface AdamOptions {
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

/** Adam (Kingma & Ba, 2015); weight decay, if any, is added to the gradient. */
export const adam = (options: AdamOptions = {}): Optimiser => adaptive("adam", options, false);

/** AdamW (Loshchilov & Hutter, 2019): weight decay, 0.01 by default, shrinks the parameters directly. */
export const adamW = (options: AdamOptions = {}): Optimiser =>
  adaptive("adamw", { weightDecay: 0.01, ...options }, true);

function adaptive(title: string, options: AdamOptions, decoupled: boolean): Optimiser {
  const { betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = options;
  const [beta1, beta2] = betas;
  const memory = new Memory();
  return {
    name: title,
    state: memory.arrays,
    update(name, value, gradient, learningRate, step) {
      const first = memory.of(`${name}/mean`, value.length);
      const second = memory.of(`${name}/square`, value.length);
      const rate = learningRate / (1 - beta1 ** step);
      const correction = 1 / Math.sqrt(1 - beta2 ** step);
      const shrink = decoupled ? 1 - learningRate * weightDecay : 1;
      const decay = decoupled ? 0 : weightDecay;
      for (let i = 0; i < value.length; i++) {
        const g = gradient[i] + decay * value[i];
        const m = beta1 * first[i] + (1 - beta1) * g;
        const v = beta2 * second[i] + (1 - beta2) * g * g;
        first[i] = m;
        second[i] = v;
        value[i] = value[i] * shrink - (rate * m) / (Math.sqrt(v) * correction + epsilon);
      }
    },
  };
}

/** Arrays of an optimiser, zeros when first asked for; those loaded from a checkpoint are found again. */
class Memory {
  readonly arrays: OptimiserState = new Map();

  of(name: string, length: number): Float32Array {
    const known = this.arrays.get(name) ?? zeros("float32", [length]);
    if (known.data.length !== length)
      throw new Error(`optimiser: state ${name} has ${known.data.length} values; expected ${length}`);
    this.arrays.set(name, known);
    return known.data;
  }
}

/** Norm of all gradients together; not a number when any is. */
export function gradientNorm(gradients: Iterable<Float32Array>): number {
  let total = 0;
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) total += gradient[i] * gradient[i];
  return Math.sqrt(total);
}

/** Scales all gradients so that their common norm is at most `most`, as PyTorch's `clip_grad_norm_`. Returns the norm before. */
export function clipGradients(gradients: readonly Float32Array[], most: number): number {
  const norm = gradientNorm(gradients);
  const scale = Math.min(1, most / (norm + 1e-6));
  if (scale < 1) for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) gradient[i] *= scale;
  return norm;
}
