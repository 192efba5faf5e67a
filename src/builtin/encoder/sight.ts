/**
 * Sight, the eyes of the built-in describer: one network in the form of a classifier that is made of two things. Banks, made by
 * hand, see colour, texture and place as finely as masks are; the student, taught by a larger network, knows what things
 * look like. What the whole picture contains stands beside, so that a describer can tell what a mask covers from what is there.
 *
 * Features are scaled so that regions of pictures vary by about 1 in each (`scales.ts`).
 */
import { IMAGENET } from "../../data/images/preprocess.js";
import { toModel } from "../../engine/grad/emit.js";
import { Graph, type Tensor } from "../../engine/grad/graph.js";
import * as op from "../../engine/grad/ops.js";
import { withMetadata } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import type { ParameterValues } from "../../engine/train/program.js";
import { colourMaps } from "./banks/colour.js";
import { constants, oklab } from "./banks/oklab.js";
import { placeMaps } from "./banks/place.js";
import { textureMaps } from "./banks/texture.js";
import type { Scales } from "./scales.js";
import { STUDENT_SIZE, student } from "./student.js";

/** Side of its pictures, pixels: of exemplars from 64 to 224, none loses much and none is looked at for nothing. */
export const SIGHT_SIZE = 128;

/** The layers a describer sees with, in the order of its features. */
export const SIGHT_LAYERS = ["colour", "texture", "place", "things3", "things4", "context"] as const;
export type SightLayer = (typeof SIGHT_LAYERS)[number];

/** Cells along each side of the maps of the banks. */
const CELLS = 32;

/**
 * The network: `images` float32 [n, 3, 128, 128], ImageNet-normalised, to the layers of `SIGHT_LAYERS`: colour [16, 32 x 32], texture [57, 32 x 32], place [22, 32 x 32], things3 and
 * things4 (the student's last stages) [128, 8 x 8] and [256, 4 x 4], context (means over the picture) [329, 1 x 1].
 * @param weights of the student; with its classifier, `logits` [n, class] are an output too.
 * @param scales of the layers; without them features are as they come.
 */
export function sightModel(weights: ParameterValues, scales?: Scales): OnnxModel {
  const graph = new Graph();
  const images = graph.input("images", "float32", [1, 3, SIGHT_SIZE, SIGHT_SIZE]);
  const lab = oklab(images);
  const colour = op.averagePool(colourMaps(op.averagePool(lab, 2)), SIGHT_SIZE / 2 / CELLS);
  const texture = textureMaps(op.slice(lab, 1, 0, 1), CELLS);
  const { layers, logits } = student(op.averagePool(images, SIGHT_SIZE / STUDENT_SIZE), classesOf(weights));
  const { layer3, layer4 } = layers;
  const raw: Record<SightLayer, Tensor> = {
    ...{ colour, texture, place: placeMaps(op.slice(colour, 1, 0, 1)) },
    ...{ things3: layer3, things4: layer4 },
    context: op.concat(
      [colour, texture, layer4].map((maps) => op.mean(maps, [2, 3], true)),
      1,
    ),
  };
  const seen = SIGHT_LAYERS.map((name) => [name, graph.name(scaled(raw[name], scales?.get(name)), name)] as const);
  const outputs = { ...Object.fromEntries(seen), ...(weights.has("fc.weight") && { logits }) };
  const open = Object.fromEntries(["images", ...Object.keys(outputs)].map((name) => [name, ["batch"]]));
  const model = toModel(graph, { outputs, parameters: weights, open, name: "sight" });
  const { range, mean, std, channels, layout, fit } = IMAGENET;
  const preprocessing = { width: SIGHT_SIZE, height: SIGHT_SIZE, fit, range, mean, std, channels, layout };
  return withMetadata(model, { preprocessing: JSON.stringify(preprocessing) });
}

const classesOf = (weights: ParameterValues): number => weights.get("fc.bias")?.shape[0] ?? 1;

function scaled(maps: Tensor, scale: { mean: Float32Array; deviation: Float32Array } | undefined): Tensor {
  if (!scale) return maps;
  const perUnit = (values: Float32Array) => constants(maps.graph, [1, values.length, 1, 1], values);
  return op.div(op.sub(maps, perUnit(scale.mean)), perUnit(scale.deviation));
}
