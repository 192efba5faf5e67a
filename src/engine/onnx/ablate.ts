/**
 * Silencing units: the activations of a layer times a mask with one number per unit (0 silences, 1 leaves as it is), before
 * anything reads them. For sweeps the mask is an extra graph input, so that one session serves all masks; in a model that
 * is to be saved it is a constant, so that the file runs anywhere. An ablated layer costs one more pass over its values.
 */
import { create } from "@bufbuild/protobuf";
import { UserError } from "../../base/errors.js";
import { floatToHalf, type NdArray, ndarray } from "../tensor/ndarray.js";
import { toAttribute } from "./attributes.js";
import { noTensor, withGraph } from "./edit.js";
import { freshName, indexGraph, namesIn } from "./graph.js";
import { type Layer, UNIT_AXES } from "./layers.js";
import type { OnnxModel } from "./model.js";
import { type NodeProto, NodeProtoSchema, type TensorProto, type ValueInfoProto } from "./onnx_pb.js";
import { derive } from "./proto.js";
import { DATA_TYPES, toTensor } from "./tensors.js";
import { toValueInfo } from "./values.js";

/** A model whose masks are inputs. */
export interface Ablatable {
  readonly model: OnnxModel;
  /** By layer name, the graph input that takes its mask: float32 [1, unit], or [batch, unit] for one mask per image. */
  readonly masks: ReadonlyMap<string, string>;
}

/** The model with a mask input for each layer. They must be fed: a default would make ONNX Runtime ignore what is fed. */
export function ablate(model: OnnxModel, layers: readonly Layer[]): Ablatable {
  const masks = new Map<string, string>();
  const edited = multiply(model, layers, (layer, fresh) => {
    const mask = fresh("mask");
    masks.set(layer.name, mask);
    const shape = toTensor(fresh("mask_shape"), ndarray("int64", [layer.shape.length], maskShape(layer, -1n)));
    const spread = node("Reshape", [mask, shape.name], fresh("mask_spread"));
    const cast = layer.dtype === "float32" ? undefined : node("Cast", spread.output, fresh("mask_cast"));
    cast?.attribute.push(toAttribute("to", DATA_TYPES[layer.dtype]));
    return {
      factor: (cast ?? spread).output[0],
      nodes: cast ? [spread, cast] : [spread],
      initializer: shape,
      input: toValueInfo({ name: mask, dtype: "float32", shape: [`${mask}_rows`, layer.units] }),
    };
  });
  return { model: edited, masks };
}

/** The model with masks, one number per unit, as constants. Throws `UserError` when a mask has another length. */
export function bakeAblation(
  model: OnnxModel,
  masks: readonly { readonly layer: Layer; readonly mask: ArrayLike<number> }[],
): OnnxModel {
  const values = new Map(masks.map(({ layer, mask }) => [layer.name, mask]));
  const layers = masks.map(({ layer }) => layer);
  return multiply(model, layers, (layer, fresh) => {
    const mask = values.get(layer.name)!;
    if (mask.length !== layer.units) {
      throw new UserError(`ablating ${layer.name}: expected a mask of ${layer.units} units, got ${mask.length}`);
    }
    const initializer = toTensor(fresh("mask"), factorOf(layer, mask));
    return { factor: initializer.name, nodes: [], initializer };
  });
}

interface Factor {
  /** The tensor to multiply with. */
  readonly factor: string;
  readonly nodes: readonly NodeProto[];
  readonly initializer: TensorProto;
  readonly input?: ValueInfoProto;
}

/**
 * Each layer's tensor is made under another name and the product takes over its own, so that every reader, a subgraph and
 * the graph's outputs among them, gets the product without being touched.
 */
function multiply(
  model: OnnxModel,
  layers: readonly Layer[],
  factorFor: (layer: Layer, fresh: (what: string) => string) => Factor,
): OnnxModel {
  const { graph, producer } = indexGraph(model);
  const names = namesIn(graph);
  const renamed = new Map<string, string>();
  const following = new Map<NodeProto, NodeProto[]>();
  const factors: Factor[] = [];
  for (const layer of layers) {
    const maker = producer.get(layer.name);
    if (!maker) throw noTensor("ablating", layer.name, producer.keys());
    if (renamed.has(layer.name)) throw new UserError(`ablating ${layer.name}: the layer is given twice`);
    const fresh = (what: string) => freshName(names, `${layer.name}/${what}`);
    renamed.set(layer.name, fresh("whole"));
    const factor = factorFor(layer, fresh);
    const product = node("Mul", [renamed.get(layer.name)!, factor.factor], fresh("ablated"), layer.name);
    following.set(maker, [...(following.get(maker) ?? []), ...factor.nodes, product]);
    factors.push(factor);
  }
  return withGraph(model, {
    node: graph.node.flatMap((old) => {
      const after = following.get(old);
      return after ? [derive(old, { output: old.output.map((name) => renamed.get(name) ?? name) }), ...after] : [old];
    }),
    initializer: [...graph.initializer, ...factors.map((factor) => factor.initializer)],
    input: [...graph.input, ...factors.flatMap((factor) => factor.input ?? [])],
  });
}

const node = (opType: string, input: string[], name: string, output = name) =>
  create(NodeProtoSchema, { opType, input, name, output: [output] });

/** Shape of a mask of `rows` rows that broadcasts over everything but the units of a layer. */
const maskShape = (layer: Layer, rows: bigint) =>
  BigInt64Array.from(layer.shape, (_, axis) =>
    axis === 0 ? rows : axis === UNIT_AXES[layer.kind] ? BigInt(layer.units) : 1n,
  );

function factorOf(layer: Layer, mask: ArrayLike<number>): NdArray {
  const shape = [...maskShape(layer, 1n)].map(Number);
  if (layer.dtype === "float16") return ndarray("float16", shape, Uint16Array.from(mask, floatToHalf));
  if (layer.dtype === "float64") return ndarray("float64", shape, Float64Array.from(mask));
  return ndarray("float32", shape, Float32Array.from(mask));
}
