/**
 * Learns shapes and dtypes of inner tensors from ONNX Runtime's own inference, which is the one that will run them. The
 * inputs are given fixed sizes, so that the arithmetic on shapes that exporters write out is folded away, and the weights
 * are replaced by declarations: nothing is computed and no weight is loaded, however large the network.
 * Only tensors whose shape depends on values are left to one run on zeros, on the real network.
 */
import { create } from "@bufbuild/protobuf";
import { messageOf, UserError } from "../../base/errors.js";
import { BATCH, BATCH_PRIME, toSymbol } from "../onnx/batch.js";
import { withGraph } from "../onnx/edit.js";
import { freshName, indexGraph, namesIn } from "../onnx/graph.js";
import { encodeModel, inlined, type OnnxModel } from "../onnx/model.js";
import { NodeProtoSchema, type TensorProto, ValueInfoProtoSchema } from "../onnx/onnx_pb.js";
import { dtypeOfValue, fromValueInfo, toValueInfo, valueInfo } from "../onnx/values.js";
import { sizeOf, zeros } from "../tensor/ndarray.js";
import { openSession } from "./open.js";
import { type Arrays, Session, type TensorInfo } from "./session.js";

export interface ProbeOptions {
  /** Height and width of images where the model leaves them open; default 224 x 224. */
  readonly size?: readonly [height: number, width: number];
  /** Shapes by input name, for inputs that leave open more than batch, height and width; -1 is the batch. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/** Weights of more elements than this cannot be sizes that a shape depends on. */
const MOST_SIZES = 64;

/**
 * Shape and dtype of `tensors`, by name. The batch is the symbol `BATCH` where the model leaves it open, dimensions that
 * grow with it `k*batch`; all others are numbers at the probed size. What is no tensor of numbers is absent. Throws
 * `UserError` when an input leaves open what the options do not say, a tensor is larger than any can be, or the model cannot be opened or run.
 */
export async function probeShapes(
  model: OnnxModel,
  tensors: readonly string[],
  options: ProbeOptions = {},
): Promise<Map<string, TensorInfo>> {
  const inputs = pinInputs(model, options, BATCH_PRIME);
  const outputs = await infer(model, tensors, inputs).catch((error) => {
    if (error instanceof UserError) return undefined; // operators that insist on real weights, or on a batch of one
    throw error;
  });
  for (const info of [...inputs, ...(outputs ?? [])]) expectPossible(info);
  const known = new Map<string, TensorInfo>();
  const open: string[] = [];
  for (const info of outputs ?? []) {
    // No dimensions may mean a scalar, or that nothing is known.
    const resolved = info.shape.length > 0 && info.shape.every((n) => typeof n === "number" && n >= 0);
    if (resolved) known.set(info.name, withSymbols(info, inputs));
    else open.push(info.name);
  }
  const rest = outputs ? open : tensors;
  if (rest.length > 0) for (const info of await measure(model, rest, options)) known.set(info.name, info);
  return known;
}

/** Numbers of a tensor, for one image: a thousand times what networks have, and 8 GB. */
const MOST_NUMBERS = 2 ** 31;

/** Refuses a tensor that no network has, before any of it is made: ONNX Runtime takes whatever memory a model asks for. @param info at a batch of `BATCH_PRIME`. */
function expectPossible({ name, shape }: TensorInfo): void {
  const sizes = shape.map((n) => (typeof n !== "number" || n < 0 ? 1 : n % BATCH_PRIME === 0 ? n / BATCH_PRIME : n));
  if (sizeOf(sizes) <= MOST_NUMBERS) return;
  throw new UserError(
    `probing the model: "${name}" has ${sizeOf(sizes)} numbers for one image [${sizes}]; expected at most ${MOST_NUMBERS}, the model is damaged`,
  );
}

/** The data inputs with all their sizes, `batch` where the model leaves the first one open. */
function pinInputs(model: OnnxModel, { size = [224, 224], shapes = {} }: ProbeOptions, batch: number): TensorInfo[] {
  return indexGraph(model).dataInputs.map((input) => {
    const dtype = dtypeOfValue(input);
    const given = Object.hasOwn(shapes, input.name) ? shapes[input.name] : undefined; // it may be called "constructor"
    const shape = given ?? fromValueInfo(input)?.shape;
    if (!dtype || !shape) {
      throw new UserError(
        `probing the model: input "${input.name}" has no known shape; expected numbers and their shape`,
      );
    }
    const image = isChannelsLast(shape) ? [batch, ...size, 3] : [batch, 3, ...size];
    const known = shape.length === 4 ? image : [batch];
    const pinned = shape.map((n, axis) => (typeof n === "number" && n > 0 ? n : (known[axis] ?? -1)));
    if (!pinned.includes(-1)) return { name: input.name, dtype, shape: pinned };
    throw new UserError(
      `probing the model: input "${input.name}" leaves open [${shape}]; expected images, or all sizes but the batch; give its shape`,
    );
  });
}

const isBatchOpen = (pinned: readonly TensorInfo[]) => pinned.some(({ shape }) => shape[0] === BATCH_PRIME);

/** TensorFlow's images: [n, y, x, channel]. */
const isChannelsLast = (shape: readonly (number | string)[]) => shape[3] === 3 || (shape[3] === 1 && shape[1] !== 1);

/** The batch as a symbol in a shape inferred from `inputs`, if it is open in any of them. */
function withSymbols(info: TensorInfo, inputs: readonly TensorInfo[]): TensorInfo {
  if (!isBatchOpen(inputs)) return info;
  return { ...info, shape: info.shape.map((n) => toSymbol(n as number)) };
}

/** What ONNX Runtime infers of `tensors` for inputs of fixed size, the weights only declared. */
async function infer(model: OnnxModel, tensors: readonly string[], inputs: readonly TensorInfo[]) {
  const { graph, dataInputs } = indexGraph(model);
  const declared = new Set(graph.input.map(({ name }) => name));
  const large = graph.initializer.filter(({ dims }) => dims.reduce((n, dim) => n * Number(dim), 1) > MOST_SIZES);
  const stripped = new Set<TensorProto>(large);
  const bare = withGraph(model, {
    input: [
      ...inputs.map(toValueInfo),
      ...graph.input.filter((input) => !dataInputs.includes(input)),
      ...large.filter(({ name }) => !declared.has(name)).map(declaration),
    ],
    output: tensors.map((name) => create(ValueInfoProtoSchema, { name })),
    initializer: graph.initializer.filter((tensor) => !stripped.has(tensor)),
    valueInfo: [],
  });
  const session = await Session.open(encodeModel(await inlined(bare)));
  await session.close();
  return session.outputs;
}

const declaration = ({ name, dataType, dims }: TensorProto) => valueInfo(name, dataType, dims.map(Number));

/** The shapes of `tensors` in a run on zeros. Only the shapes leave ONNX Runtime, not the activations. */
async function measure(model: OnnxModel, tensors: readonly string[], options: ProbeOptions): Promise<TensorInfo[]> {
  const { graph } = indexGraph(model);
  const names = namesIn(graph);
  const shapeOf = new Map(tensors.map((name) => [name, freshName(names, `${name}/shape`)]));
  const shapeNodes = [...shapeOf].map(([name, shape]) =>
    create(NodeProtoSchema, { opType: "Shape", input: [name], output: [shape], name: shape }),
  );
  const outputs = [...shapeOf].flat().map((name) => create(ValueInfoProtoSchema, { name }));
  const session = await openSession(
    withGraph(model, { node: [...graph.node, ...shapeNodes], output: outputs, valueInfo: [] }),
  );
  try {
    const { batch, arrays } = await runOnZeros(session, model, options, [...shapeOf.values()]);
    const isOpen = isBatchOpen(pinInputs(model, options, BATCH_PRIME));
    return session.outputs
      .filter(({ name }) => shapeOf.has(name))
      .map((info) => {
        const shape = Array.from(arrays[shapeOf.get(info.name)!].data as BigInt64Array, Number);
        return { ...info, shape: shape.map((n, axis) => (isOpen && axis === 0 && n === batch ? BATCH : n)) };
      });
  } finally {
    await session.close();
  }
}

/** Five images, so that the batch shows among the dimensions; one for a network that cannot take more. */
async function runOnZeros(session: Session, model: OnnxModel, options: ProbeOptions, fetches: readonly string[]) {
  for (const batch of [5, 1]) {
    const inputs = pinInputs(model, options, batch);
    const feeds: Arrays = Object.fromEntries(
      inputs.map(({ name, dtype, shape }) => [name, zeros(dtype, shape as number[])]),
    );
    try {
      return { batch, arrays: await session.run(feeds, fetches) };
    } catch (error) {
      if (batch === 1) {
        const problem = `it does not run on zeros of ${inputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ")}`;
        throw new UserError(`probing the model: ${problem}: ${messageOf(error)}`, { cause: error });
      }
    }
  }
  throw new Error("unreachable");
}
