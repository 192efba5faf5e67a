/**
 * The one door to ONNX Runtime: opens a model, runs it, closes it. Nothing else in Milan imports `onnxruntime-node`.
 *
 * `run` is synchronous inside the native library and blocks the JavaScript thread for its duration; image decoding goes
 * on meanwhile in its own threads. Output buffers handed in through `into` are written in place, which avoids an
 * allocation, and its page faults, per run.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Device } from "../../base/devices.js";
import { messageOf, UserError } from "../../base/errors.js";
import { DTYPES, type DType, type NdArray, ndarray, type Storage } from "../tensor/ndarray.js";

export interface SessionOptions {
  /** Where to run; default `cpu`. */
  device?: Device;
  /** Threads within one operator; default: MILAN_THREADS of the environment, or else as many as the machine has cores. */
  threads?: number;
  /** Where the external data of a model given as bytes lie. */
  dataFolder?: string | undefined;
}

/** An input or output of a session. A dimension is a number, or its symbolic name, or -1 when nothing is known. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export type Arrays = Record<string, NdArray>;

/** A loaded model. Close it when done: its memory is outside the JavaScript heap. */
export class Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #native: InferenceSession;

  private constructor(native: InferenceSession) {
    this.#native = native;
    this.inputs = describeAll(native.inputMetadata);
    this.outputs = describeAll(native.outputMetadata);
  }

  /**
   * Opens a model given as a file path (external data is found beside it) or as the bytes of a ModelProto.
   * Throws `UserError` when ONNX Runtime rejects it; `label` names it in that message.
   */
  static async open(model: string | Uint8Array, options: SessionOptions = {}, label?: string): Promise<Session> {
    const name = label ?? (typeof model === "string" ? model : "the model");
    const { device = "cpu", threads = defaultThreads() } = options;
    try {
      const native = await InferenceSession.create(model as Uint8Array, {
        executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        logSeverityLevel: 4,
        extra: {
          session: {
            // idle threads must not spin: they would do it against the next session and against JavaScript
            intra_op: { allow_spinning: "0" },
            ...(options.dataFolder && { model_external_initializers_file_folder_path: options.dataFolder }),
          },
        },
      });
      return new Session(native);
    } catch (error) {
      throw new UserError(`opening ${name} on ${device}: ONNX Runtime refuses it: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Runs the model.
   * @param feeds one array per input.
   * @param fetches names of the outputs wanted, or arrays to write them into (their shapes must be exact); default: all.
   * @returns the outputs by name; those given as arrays are the same arrays, now filled.
   */
  async run(feeds: Arrays, fetches?: readonly string[] | Arrays): Promise<Arrays> {
    const native: Record<string, Tensor> = {};
    for (const [name, array] of Object.entries(feeds)) native[name] = toNative(array);
    const outputs = await (fetches === undefined
      ? this.#native.run(native)
      : Array.isArray(fetches)
        ? this.#native.run(native, fetches as string[])
        : this.#native.run(native, mapValues(fetches as Arrays, toNative)));
    return mapValues(outputs, fromNative);
  }

  async close(): Promise<void> {
    await this.#native.release();
  }
}

/** For machines that are shared: batch queues, containers with a quota, several runs side by side. */
function defaultThreads(): number | undefined {
  const text = process.env.MILAN_THREADS;
  if (text === undefined || text === "") return undefined;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new UserError(`reading MILAN_THREADS of the environment: expected a whole number from 1 to 256, got ${text}`);
}

function toNative(array: NdArray): Tensor {
  return new Tensor(array.dtype as "float32", array.data as Float32Array, array.shape as number[]);
}

function fromNative(tensor: InferenceSession.OnnxValueMapType[string]): NdArray {
  const { type, data, dims } = tensor as Tensor;
  return ndarray(type as DType, dims, data as Storage[DType]);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function describeAll(metadata: readonly InferenceSession.ValueMetadata[]): TensorInfo[] {
  return metadata
    .filter((value) => value.isTensor)
    .map((value) => {
      if (!DTYPES.includes(value.type as DType)) {
        throw new UserError(`opening the model: ${value.name} holds ${value.type}; expected numbers`);
      }
      return { name: value.name, dtype: value.type as DType, shape: value.shape.map((n) => (n === "" ? -1 : n)) };
    });
}
