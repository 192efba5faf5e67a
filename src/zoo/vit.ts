/**
 * Vision transformers (Dosovitskiy et al., 2021) under the names of DINO's and timm's checkpoints. Layers: each block's output,
 * `blocks.N` [n, token, channel], and the units of its perceptron before their activation, `blocks.N.mlp.fc1`. The first token
 * is the class's, the others are the patches row by row. The model also has names for the units after it, `blocks.N.mlp.act`, for
 * the sum after attention, `blocks.N.attended`, and for `patch_embed.proj` and `norm`.
 */
import type { Tensor } from "../engine/grad/graph.js";
import * as op from "../engine/grad/ops.js";
import { convolution, dropout, layerNorm, linear, selfAttention } from "../engine/train/layers.js";
import { normal } from "../engine/train/parameters.js";
import { asLayer, type Network } from "./network.js";
import type { State } from "./state.js";

export interface VitOptions {
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Channels of a token, a multiple of the heads. */
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Units of a perceptron per channel. Default 4. */
  readonly ratio?: number;
  /** Classes of `head`. Default none: the logits are then the class token, as in DINO. */
  readonly classes?: number;
  /** Share of what each branch adds that training drops. Default none. */
  readonly dropout?: number;
  /** Side, in patches, of the images whose positions are learned, where smaller ones are seen too. Default: the images' own. */
  readonly grid?: number;
  /** Before all names, such as "teacher.", where two networks share a graph. */
  readonly prefix?: string;
}

/** DINO's ViT-S/8 (Caron et al., 2021), for images of 224 pixels. */
export const VIT_S8 = { patch: 8, width: 384, depth: 12, heads: 6 } as const satisfies VitOptions;
/** torchvision's `vit_b_16`, for images of 224 pixels. */
export const VIT_B16 = { patch: 16, width: 768, depth: 12, heads: 12, classes: 1000 } as const satisfies VitOptions;
/** For images of 32 pixels: 64 patches, about 0.8 million parameters. */
export const VIT_SMALL = { patch: 4, width: 128, depth: 4, heads: 4, classes: 10 } as const satisfies VitOptions;

/** Of layer normalisation, in all these networks. */
const EPSILON = 1e-6;

/** @param images float32 [n, 3, y, x], normalised, of the size it is trained with: sides are multiples of the patch. */
export function vit(images: Tensor, { depth, classes = 0, ...options }: VitOptions): Network {
  const { prefix = "" } = options;
  const layers: Record<string, Tensor> = {};
  let x = tokens(images, options);
  for (let i = 0; i < depth; i++) {
    const { fc1, output } = block(x, `${prefix}blocks.${i}`, options);
    layers[`blocks.${i}.mlp.fc1`] = fc1;
    layers[`blocks.${i}`] = output;
    x = output;
  }
  const result = asLayer(layerNorm(x, `${prefix}norm`, EPSILON), `${prefix}norm`);
  const token = op.reshape(op.slice(result, 1, 0, 1), [-1, options.width]);
  return { layers, logits: classes > 0 ? linear(token, `${prefix}head`, classes, { initial: normal(0.02) }) : token };
}

type BlockOptions = Omit<VitOptions, "depth" | "classes">;

/** Embedded patches behind the class token, [n, token, channel], with their positions added. */
function tokens(images: Tensor, { patch, width, grid, prefix = "" }: BlockOptions): Tensor {
  const { graph } = images;
  const name = `${prefix}patch_embed.proj`;
  const maps = asLayer(convolution(images, name, width, patch, { stride: patch }), name);
  const patches = op.transpose(op.reshape(maps, [0, width, -1]), [0, 2, 1]);
  const count = patches.shape[1];
  const first = graph.parameter(`${prefix}cls_token`, [1, 1, width], normal(0.02));
  const learned = grid === undefined ? count : grid ** 2;
  const all = graph.parameter(`${prefix}pos_embed`, [1, learned + 1, width], normal(0.02));
  const positions = learned === count ? all : resized(all, grid!, [maps.shape[2], maps.shape[3]]);
  // padding rather than concatenation: an expanded class token would fix the batch
  const shared = op.add(positions, op.pad(first, [0, 0, 0, 0, count, 0]));
  return op.add(op.pad(patches, [0, 1, 0, 0, 0, 0]), shared);
}

/** Positions [1, 1 + grid^2, width] between those learned, bilinearly; the class token keeps its own. */
function resized(positions: Tensor, grid: number, size: readonly [number, number]): Tensor {
  const width = positions.shape[2];
  const [token, places] = op.split(positions, [1, grid ** 2], 1);
  const maps = op.reshape(op.transpose(places, [0, 2, 1]), [1, width, grid, grid]);
  const between = op.reshape(op.resize(maps, size, "linear"), [1, width, size[0] * size[1]]);
  return op.concat([token, op.transpose(between, [0, 2, 1])], 1);
}

function block(x: Tensor, name: string, { width, heads, ratio = 4, dropout: rate = 0 }: BlockOptions) {
  const attended = selfAttention(layerNorm(x, `${name}.norm1`, EPSILON), `${name}.attn`, heads);
  const between = asLayer(op.add(x, dropout(attended, rate)), `${name}.attended`);
  const initial = normal(0.02);
  const units = linear(layerNorm(between, `${name}.norm2`, EPSILON), `${name}.mlp.fc1`, ratio * width, { initial });
  const fc1 = asLayer(units, `${name}.mlp.fc1`);
  const active = asLayer(op.gelu(fc1), `${name}.mlp.act`);
  const made = linear(active, `${name}.mlp.fc2`, width, { initial });
  return { fc1, output: asLayer(op.add(between, dropout(made, rate)), name) };
}

/** torchvision's names, and ours. */
const TORCHVISION: readonly (readonly [RegExp, string])[] = [
  [/^class_token$/, "cls_token"],
  [/^conv_proj\./, "patch_embed.proj."],
  [/^encoder\.pos_embedding$/, "pos_embed"],
  [/^encoder\.ln\./, "norm."],
  [/^heads\.head\./, "head."],
  [/^encoder\.layers\.encoder_layer_(\d+)\./, "blocks.$1."],
  [/\.ln_([12])\./, ".norm$1."],
  [/\.self_attention\.in_proj_/, ".attn.qkv."],
  [/\.self_attention\.out_proj\./, ".attn.proj."],
  [/\.mlp\.(0|linear_1)\./, ".mlp.fc1."],
  [/\.mlp\.(3|linear_2)\./, ".mlp.fc2."],
];

/** The state dictionary of one of torchvision's vision transformers under the names that `vit` has. */
export function fromTorchvision(state: State): State {
  const renamed = (name: string) => TORCHVISION.reduce((now, [from, to]) => now.replace(from, to), name);
  return new Map([...state].map(([name, array]) => [renamed(name), array]));
}
