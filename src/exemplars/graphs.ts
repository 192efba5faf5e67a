/**
 * The two ONNX graphs of a dissection, both made by adding nodes to the model itself, so that one run of it serves all
 * layers and only what is needed leaves the runtime (copying whole activation tensors into JavaScript costs more than a
 * small network's forward pass).
 *
 * - Statistics: for every layer each unit's maximum and mean over space, and its activations, all of them or at sampled
 *   positions.
 * - Maps: for every layer the activation maps of chosen (image, unit) pairs.
 *
 * Only operators are used that mean the same in every opset (Gather, Reshape, Transpose, GlobalMaxPool, GlobalAveragePool, Cast), since the
 * nodes live under whatever opset the model was exported with.
 */
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import { withGraph } from "../engine/onnx/edit.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import type { LayerLayout } from "./layout.js";
import type { LayerPlan } from "./plan.js";

/** Names of one layer's tensors in the statistics graph. */
export interface StatisticsNames {
  /** Output, float32 [image, unit]. */
  readonly maxima: string;
  /** Output, float32 [image, unit]: means, which are NaN wherever any activation is; maxima need not be. */
  readonly means: string;
  /** Output, float32 [image, unit, y, x]: all positions, or those in the chosen rows and columns. */
  readonly values: string;
  /** Input, int64 [row]: which rows of the maps; absent when all are taken. */
  readonly rows?: string;
  /** Input, int64 [column]: which columns; absent when all are taken. */
  readonly columns?: string;
}

/** Adds the statistics of every layer. Picking whole rows is cheap (they are copied as they lie), picking columns is not. */
export function statisticsGraph(
  model: OnnxModel,
  plans: readonly LayerPlan[],
): { model: OnnxModel; names: StatisticsNames[] } {
  const graph = withoutOutputs(model);
  const names = plans.map(({ layout, rows, mapRows, mapColumns }, i): StatisticsNames => {
    const maps = canonical(graph, layout, i);
    // outputs keep the names of the tensors: an Identity to rename one would be a copy
    const output = (value: Value, shape: readonly (number | string)[]): string => {
      graph.output(value, value, "float32", ["images", ...shape]);
      return value;
    };
    const [maxima, means] = ["GlobalMaxPool", "GlobalAveragePool"].map((op) =>
      output(reshape(graph, graph.node(op, [maps]), [0, -1]), [rows]),
    );
    const picked: { rows?: string; columns?: string } = {};
    let values = maps;
    if (mapRows < layout.height) {
      picked.rows = graph.input(`milan.rows.${i}`, "int64", [mapRows]);
      values = graph.node("Gather", [values, picked.rows], { axis: 2 });
    }
    if (mapColumns < layout.width) {
      picked.columns = graph.input(`milan.columns.${i}`, "int64", [mapColumns]);
      values = graph.node("Gather", [values, picked.columns], { axis: 3 });
    }
    return { maxima, means, values: output(values, [rows, mapRows, mapColumns]), ...picked };
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

/** A layer's activations as float32 [image, unit, y, x], only the dissected units. */
function canonical(graph: GraphBuilder, layer: LayerLayout, index: number): Value {
  let value = layer.dtype === "float32" ? layer.name : graph.node("Cast", [layer.name], { to: FLOAT32 });
  if (layer.kind === "vector") value = reshape(graph, value, [0, 0, 1, 1]);
  if (layer.kind === "tokens") {
    if (layer.prefix > 0) value = pick(graph, value, 1, range(layer.prefix, layer.height * layer.width));
    const maps = graph.node("Transpose", [value], { perm: [0, 2, 1] });
    value = reshape(graph, maps, [0, 0, layer.height, layer.width]);
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

/** The format's number of the type. */
const FLOAT32 = 1;

const range = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
