/**
 * The two ONNX graphs of a dissection, both made by adding nodes to the model itself, so that one run of it serves all
 * layers and only what is needed leaves the runtime (copying whole activation tensors into JavaScript costs more than a
 * small network's forward pass).
 *
 * - Statistics: for every layer each unit's maximum over space, and its activations, all of them or at sampled positions.
 * - Maps: for every layer the activation maps of chosen (image, unit) pairs.
 *
 * Only operators are used that mean the same in every opset (Gather, Reshape, Transpose, GlobalMaxPool, Cast), since the
 * nodes live under whatever opset the model was exported with.
 */
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import { withGraph } from "../engine/onnx/edit.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import type { LayerLayout } from "./layout.js";

/** Names of one layer's tensors in the statistics graph. */
export interface StatisticsNames {
  /** Output, float32 [image, unit]. */
  readonly maxima: string;
  /** Output, float32 [image, unit, position]. */
  readonly values: string;
  /** Input, int64 [position]: which positions; absent when all are taken. */
  readonly positions?: string;
}

/** Adds the statistics of every layer. @param sampled which layers get a `positions` input. */
export function statisticsGraph(
  model: OnnxModel,
  layers: readonly LayerLayout[],
  sampled: readonly boolean[],
): { model: OnnxModel; names: StatisticsNames[] } {
  const graph = withoutOutputs(model);
  const names = layers.map((layer, i): StatisticsNames => {
    const maps = canonical(graph, layer, i);
    const maxima = reshape(graph, graph.node("GlobalMaxPool", [maps]), [0, -1]);
    graph.output(maxima, `milan.maxima.${i}`, "float32", ["images", unitCount(layer)]);
    let values = reshape(graph, maps, [0, 0, -1]);
    const positions = sampled[i] ? graph.input(`milan.positions.${i}`, "int64", [`positions${i}`]) : undefined;
    if (positions) values = graph.node("Gather", [values, positions], { axis: 2 });
    graph.output(values, `milan.values.${i}`, "float32", ["images", unitCount(layer), `positions${i}`]);
    return {
      maxima: `milan.maxima.${i}`,
      values: `milan.values.${i}`,
      ...(positions === undefined ? {} : { positions }),
    };
  });
  return { model: graph.build(), names };
}

/** Names of one layer's tensors in the maps graph. */
export interface MapNames {
  /** Input, int64 [pair]: image in the batch times number of dissected units, plus the unit's row. */
  readonly pairs: string;
  /** Output, float32 [pair, height * width]. */
  readonly maps: string;
}

/** Adds the chosen maps of every layer. */
export function mapsGraph(
  model: OnnxModel,
  layers: readonly LayerLayout[],
  alsoOutput?: string,
): { model: OnnxModel; names: MapNames[] } {
  const graph = withoutOutputs(model, alsoOutput);
  const names = layers.map((layer, i): MapNames => {
    const positions = layer.height * layer.width;
    const rows = reshape(graph, canonical(graph, layer, i), [-1, positions]);
    const pairs = graph.input(`milan.pairs.${i}`, "int64", [`pairs${i}`]);
    const maps = graph.node("Gather", [rows, pairs], { axis: 0 });
    graph.output(maps, `milan.maps.${i}`, "float32", [`pairs${i}`, positions]);
    return { pairs, maps: `milan.maps.${i}` };
  });
  return { model: graph.build(), names };
}

/** A layer's activations as float32 [image, unit, ...space], only the dissected units. */
function canonical(graph: GraphBuilder, layer: LayerLayout, index: number): Value {
  let value = graph.node("Cast", [layer.name], { to: 1 }); // float32; nothing happens when it is that already
  if (layer.kind === "vector") value = reshape(graph, value, [0, 0, 1]);
  if (layer.kind === "tokens") {
    if (layer.prefix > 0) value = pick(graph, value, 1, range(layer.prefix, layer.height * layer.width));
    value = graph.node("Transpose", [value], { perm: [0, 2, 1] });
  }
  return layer.subset ? pick(graph, value, 1, layer.subset, `milan.units.${index}`) : value;
}

function pick(graph: GraphBuilder, value: Value, axis: number, indices: readonly number[], name?: string): Value {
  const list = graph.constant(ndarray("int64", [indices.length], BigInt64Array.from(indices, BigInt)), name);
  return graph.node("Gather", [value, list], { axis });
}

function reshape(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  const target = graph.constant(ndarray("int64", [shape.length], BigInt64Array.from(shape, BigInt)));
  return graph.node("Reshape", [value, target]);
}

/** The model's own outputs are not wanted, and each would be copied: the runtime then also skips what only they need. */
function withoutOutputs(model: OnnxModel, keep?: string): GraphBuilder {
  const output = model.proto.graph!.output.filter((value) => value.name === keep);
  return GraphBuilder.extending(withGraph(model, { output }));
}

const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);

const unitCount = (layer: LayerLayout) => layer.subset?.length ?? layer.units;
