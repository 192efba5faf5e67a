/**
 * A pyramid encoder (paper, section 3.2; appendix D) made of any ONNX classifier: its maps at chosen layers are averaged under
 * each mask. What is added to the classifier means the same in every operator set (Cast, Reshape, Transpose, Concat, Gather and
 * arithmetic; Max of floats from 8 on), so it stays under the one it was exported with.
 *
 * Pictures are brought to the classifier's size inside the graph, so a describer sees exemplars of any size.
 */
import { UserError } from "../base/errors.js";
import { type Preprocessing, tableOf } from "../data/images/preprocess.js";
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import { cut } from "../engine/onnx/cut.js";
import { withGraph } from "../engine/onnx/edit.js";
import { freshName, namesIn } from "../engine/onnx/graph.js";
import { type Layer, UNIT_AXES } from "../engine/onnx/layers.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { rename } from "../engine/onnx/rename.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { canonicalMaps } from "../exemplars/graphs.js";
import { type LayerLayout, layoutOf } from "../exemplars/layout.js";
import { imageInput, type Subject } from "../exemplars/subject.js";
import { matrixName, type ResizedThing } from "./resize-matrices.js";

/** Below this a resized mask counts as zero and is not divided by its sum. */
const ZERO = 1e-8;
const FLOAT32 = 1;
const LEAST_OPSET = 8;
const RESERVED = ["images", "masks", "features"];

/**
 * The encoder's graph. Inputs: `images` uint8 [image, 3, height, width], RGB; `masks` float32 [image, mask, y, x]; and the
 * resizing matrices it names (`resize-matrices.ts`). Output: `features` float32 [image, mask, 1, feature]: for each layer the
 * mean of its maps under the mask; zero for an all-zero mask.
 * @param layers of the classifier, in the order of the features.
 * Errors: `UserError` for a classifier that takes no pictures, sees grey, or is older than opset 8.
 */
export function classifierEncoder(subject: Subject, layers: readonly Layer[], preprocessing: Preprocessing): OnnxModel {
  const input = imageInput(subject);
  checkFit(subject, preprocessing);
  const { height, width } = preprocessing;
  // features are the classifier's own values: nothing is ranked by them
  const layouts = layers.map((layer) => layoutOf(layer, [height, width], { ceiling: "keep" }));
  const trunk = cut(
    subject.model,
    [input],
    layers.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  );
  const { model, names } = withoutReserved(trunk);
  const called = (name: string) => names.get(name) ?? name;

  const { node: ownNodes } = model.proto.graph!;
  const base = withGraph(model, {
    input: model.proto.graph!.input.filter(({ name }) => name !== called(input.name)),
    output: [],
  });
  const g = GraphBuilder.extending(base);
  const images = g.input("images", "uint8", [input.shape[0] === 1 ? 1 : "image", 3, "height", "width"]);
  const masks = g.input("masks", "float32", ["image", "mask", "mask_height", "mask_width"]);
  const resize = resizer(g);
  const seen = normalised(
    g,
    resize("image", g.node("Cast", [images], { to: FLOAT32 }), [height, width]),
    preprocessing,
  );
  g.node("Identity", [seen], {}, [called(input.name)]);
  const before = g.nodeCount - ownNodes.length;
  const levels = layouts.map((layout, i) => {
    const maps = canonicalMaps(g, { ...layout, name: called(layout.name) }, i);
    return pooled(g, maps, layout, resize("mask", masks, [layout.height, layout.width]));
  });
  const features = levels.length === 1 ? levels[0] : g.node("Concat", levels, { axis: 2 });
  const size = layouts.reduce((sum, { units }) => sum + units, 0);
  const placed = g.node("Reshape", [features, list(g, [0, 0, 1, size])]);
  g.output(placed, "features", "float32", ["image", "mask", 1, size]);

  // the format wants nodes in the order of their use: what feeds the classifier comes before it
  const built = g.build();
  const nodes = built.proto.graph!.node;
  const own = nodes.slice(0, ownNodes.length);
  const feeding = nodes.slice(ownNodes.length, ownNodes.length + before);
  return withGraph(built, { node: [...feeding, ...own, ...nodes.slice(ownNodes.length + before)], valueInfo: [] });
}

/**
 * The layers that make a pyramid of a classifier when nobody says which: of its principal layers, the last at each
 * resolution (ResNet: conv1, layer1 .. layer4, as in the paper), vectors left out.
 */
export function pyramidOf(subject: Subject): Layer[] {
  const spatial = subject.layers.filter(({ principal, kind }) => principal && kind !== "vector");
  const bySize = new Map(
    spatial.map((layer) => [
      String(layer.shape.filter((_, axis) => axis !== 0 && axis !== UNIT_AXES[layer.kind])),
      layer,
    ]),
  );
  const chosen = new Set(bySize.values());
  if (chosen.size > 0) return spatial.filter((layer) => chosen.has(layer));
  throw new UserError(
    `building an encoder of ${subject.path}: none of its layers has maps; expected a convolutional network or a vision transformer, name layers with --layers`,
  );
}

function checkFit({ path, model }: Subject, { channels }: Preprocessing): void {
  const standard = model.proto.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  const opset = Number(standard?.version ?? 1);
  if (opset < LEAST_OPSET) {
    throw new UserError(
      `building an encoder of ${path}: it uses operator set ${opset}; expected ${LEAST_OPSET} or later, export it anew`,
    );
  }
  if (channels !== "grey") return;
  throw new UserError(`building an encoder of ${path}: it sees grey; expected a classifier of colour pictures`);
}

/** The model with those of its tensors renamed that have the names of an encoder's inputs and output. */
function withoutReserved(model: OnnxModel): { model: OnnxModel; names: ReadonlyMap<string, string> } {
  const used = namesIn(model.proto.graph!);
  const names = new Map<string, string>();
  for (const name of RESERVED) if (used.has(name)) names.set(name, freshName(used, `classifier/${name}`));
  return { model: names.size > 0 ? rename(model, names) : model, names };
}

/** Resizes [.., .., y, x] with matrices that are inputs of the graph, each declared once. */
function resizer(g: GraphBuilder) {
  const declared = new Map<string, Value>();
  const matrix = (of: ResizedThing, axis: "rows" | "columns", length: number): Value => {
    const name = matrixName(of, axis, length);
    const [from, to] = [`${of}_${axis}`, length];
    const value = declared.get(name) ?? g.input(name, "float32", axis === "rows" ? [to, from] : [from, to]);
    declared.set(name, value);
    return value;
  };
  return (of: ResizedThing, x: Value, [height, width]: readonly [number, number]): Value =>
    g.node("MatMul", [g.node("MatMul", [matrix(of, "rows", height), x]), matrix(of, "columns", width)]);
}

/** Pixels 0..255 [image, 3, y, x], RGB, as the classifier wants them. */
function normalised(g: GraphBuilder, pixels: Value, preprocessing: Preprocessing): Value {
  const { channels, layout } = preprocessing;
  const ordered = channels === "bgr" ? g.node("Gather", [pixels, list(g, [2, 1, 0])], { axis: 1 }) : pixels;
  const tables = [0, 1, 2].map((channel) => tableOf(preprocessing, channel));
  const perChannel = (of: (table: Float32Array) => number) =>
    g.constant(ndarray("float32", [1, 3, 1, 1], Float32Array.from(tables, of)));
  // the table is a straight line from black to white
  const scaled = g.node("Mul", [ordered, perChannel((table) => (table[255] - table[0]) / 255)]);
  const shifted = g.node("Add", [scaled, perChannel((table) => table[0])]);
  return layout === "nchw" ? shifted : g.node("Transpose", [shifted], { perm: [0, 2, 3, 1] });
}

/** Means of maps [image, unit, y, x] under masks [image, mask, y, x]: [image, mask, unit]. */
function pooled(g: GraphBuilder, maps: Value, { height, width }: LayerLayout, masks: Value): Value {
  const places = height * width;
  const flat = (x: Value) => g.node("Reshape", [x, list(g, [0, 0, places])]);
  const weights = flat(masks);
  const ones = g.constant(ndarray("float32", [places, 1], new Float32Array(places).fill(1)));
  const sums = g.node("Max", [
    g.node("MatMul", [weights, ones]),
    g.constant(ndarray("float32", [1], Float32Array.of(ZERO))),
  ]);
  const columns = g.node("Transpose", [g.node("Div", [weights, sums])], { perm: [0, 2, 1] });
  return g.node("Transpose", [g.node("MatMul", [flat(maps), columns])], { perm: [0, 2, 1] });
}

const list = (g: GraphBuilder, values: readonly number[]): Value =>
  g.constant(ndarray("int64", [values.length], BigInt64Array.from(values, BigInt)));
