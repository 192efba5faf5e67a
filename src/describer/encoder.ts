/**
 * The visual encoder of a describer as one ONNX graph: images and their masks in, features out (paper, section 3.2;
 * appendix D). A pyramid encoder pools the maps of five layers of an image classifier under each mask; a spatial encoder
 * multiplies image and mask and keeps every place of the last layer.
 *
 * The graph takes several masks per image, so an image shared by many units costs one pass through the network (pyramid;
 * for a spatial encoder each mask makes another image).
 */
import { UserError } from "../base/errors.js";
import { emit, OPSET } from "../engine/grad/emit.js";
import { Graph, type Tensor } from "../engine/grad/graph.js";
import { GraphBuilder, type Value } from "../engine/onnx/build.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { fromValueInfo } from "../engine/onnx/values.js";
import { ndarray } from "../engine/tensor/ndarray.js";
import { ALEXNET_WIDTHS, alexnet } from "../zoo/alexnet.js";
import type { Network } from "../zoo/network.js";
import { type ResnetDepth, resnet } from "../zoo/resnet.js";
import { loadState, parametersOf, type State } from "../zoo/state.js";
import { type FeatureMap, integers, type Pooling, poolUnderMasks, resizeMasks } from "./mask-pooling.js";

/** Classifiers an encoder can be made of, as wide as their weights. It takes all their layers, coarsest last. */
const NETWORKS: Record<string, (images: Tensor, weights: State) => Network> = {
  alexnet: (images, weights) => {
    const widths = [0, 3, 6, 8, 10].map((i, at) => widthOf(weights, `features.${i}`) ?? ALEXNET_WIDTHS[at]);
    return alexnet(images, { widths });
  },
  resnet18: resnetOf(18),
  resnet34: resnetOf(34),
  resnet50: resnetOf(50),
  resnet101: resnetOf(101),
  resnet152: resnetOf(152),
};

/** Names of the classifiers an encoder can be made of. */
export const ENCODER_NETWORKS: readonly string[] = Object.keys(NETWORKS);

export const ENCODER_KINDS = ["pyramid", "spatial"] as const;

/** How images and masks become features. */
export interface EncoderConfig {
  readonly kind: (typeof ENCODER_KINDS)[number];
  /** One of `ENCODER_NETWORKS`, or the file name of another classifier, whose `layers` are named. */
  readonly network: string;
  /** The layers that are pooled, in the order of the features; absent: those the reference takes of the network. */
  readonly layers?: readonly string[];
  readonly pooling: Pooling;
  /** Of the pixels in 0..1, by channel: the network sees (pixel - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * The encoder's graph. Inputs: `images` uint8 [image, 3, height, width], RGB; `masks` float32 [image, mask, y, x] of any
 * resolution. Output: `features` float32 [image, mask, place, feature], one place for a pyramid encoder. Features of an
 * all-zero mask are zero.
 * @param weights of the classifier under torchvision's names; its last layers may be missing.
 * Errors: `UserError` for an unknown network or missing weights.
 */
export function encoderModel(config: EncoderConfig, weights: State): OnnxModel {
  if (!NETWORKS[config.network]) {
    const known = ENCODER_NETWORKS.join(", ");
    throw new UserError(`building the encoder: unknown network ${config.network}; expected one of ${known}`);
  }
  const g = new GraphBuilder(`milan-${config.kind}-${config.network}`, OPSET);
  const images = normalisedImages(g, g.input("images", "uint8", ["image", 3, "height", "width"]), config);
  const masks = g.input("masks", "float32", ["image", "mask", "mask_height", "mask_width"]);
  const encode = config.kind === "pyramid" ? pyramidFeatures : spatialFeatures;
  const layers = (x: Value) => layersOf(g, x, config.network, weights);
  const { value, channels } = encode(g, images, masks, layers, config.pooling);
  g.output(value, "features", "float32", ["image", "mask", config.kind === "pyramid" ? 1 : "place", channels]);
  return g.build();
}

/** Length of the feature vectors a graph made by `encoderModel` returns. Errors: `UserError` when it is another graph. */
export function featureSizeOf(model: OnnxModel): number {
  const infos = model.proto.graph?.output.map(fromValueInfo);
  const size = infos?.find((info) => info?.name === "features")?.shape.at(-1);
  if (typeof size === "number" && size > 0) return size;
  throw new UserError(
    `reading ${model.path ?? "the encoder"}: no output \`features\` of known size; expected an encoder`,
  );
}

type Layers = (images: Value) => FeatureMap[];

function pyramidFeatures(g: GraphBuilder, images: Value, masks: Value, layers: Layers, pooling: Pooling): FeatureMap {
  const maps = layers(images);
  const levels = maps.map((map) => poolUnderMasks(g, map, masks, pooling));
  const channels = maps.reduce((sum, map) => sum + map.channels, 0);
  const value = g.node("Concat", levels, { axis: 2 });
  return { value: g.node("Unsqueeze", [value, integers(g, [2])]), channels };
}

function spatialFeatures(g: GraphBuilder, images: Value, masks: Value, layers: Layers, pooling: Pooling): FeatureMap {
  const sized = g.node("Unsqueeze", [resizeMasks(g, masks, images, pooling), integers(g, [2])]);
  const masked = g.node("Mul", [g.node("Unsqueeze", [images, integers(g, [1])]), sized]); // [image, mask, 3, y, x]
  const size = g.node("Shape", [images], { start: 1 });
  const each = g.node("Reshape", [masked, g.node("Concat", [integers(g, [-1]), size], { axis: 0 })]);
  const { value, channels } = layers(each).at(-1)!;
  const places = g.node("Transpose", [g.node("Reshape", [value, integers(g, [0, 0, -1])])], { perm: [0, 2, 1] });
  const outer = g.node("Shape", [masks], { end: 2 });
  const shape = g.node("Concat", [outer, integers(g, [-1, channels])], { axis: 0 });
  return { value: g.node("Reshape", [places, shape]), channels };
}

function normalisedImages(g: GraphBuilder, pixels: Value, { mean, std }: EncoderConfig): Value {
  const perChannel = (values: readonly number[]) =>
    g.constant(ndarray("float32", [1, 3, 1, 1], Float32Array.from(values)));
  const unit = g.node("Mul", [
    g.node("Cast", [pixels], { to: 1 }),
    g.constant(ndarray("float32", [], Float32Array.of(1 / 255))),
  ]);
  return g.node("Div", [g.node("Sub", [unit, perChannel(mean)]), perChannel(std)]);
}

/** Writes a classifier as far as its last layer. @returns its layers. */
function layersOf(g: GraphBuilder, images: Value, name: string, weights: State): FeatureMap[] {
  const graph = new Graph();
  const input = graph.input("images", "float32", [1, 3, 224, 224]); // nothing that is written depends on the size
  const layers = Object.values(NETWORKS[name](input, weights).layers);
  const parameters = parametersOf(layers);
  const values = loadState(parameters, weights, { title: `the weights of ${name}`, ignore: () => true });
  const given = new Map([[input, images]]);
  for (const [key, { tensor }] of parameters) given.set(tensor, g.constant(values.get(key)!, key));
  const written = emit(layers, g, given);
  return layers.map((layer) => ({ value: written.get(layer)!, channels: layer.shape[1] }));
}

const widthOf = (weights: State, convolution: string): number | undefined =>
  weights.get(`${convolution}.weight`)?.shape[0];

function resnetOf(depth: ResnetDepth) {
  return (images: Tensor, weights: State): Network => resnet(images, { depth, width: widthOf(weights, "conv1") ?? 64 });
}
