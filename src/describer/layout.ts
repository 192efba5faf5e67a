/**
 * Which weights a describer has, under the reference's names, and their shapes: so that a describer whose parts do not fit
 * together is refused when it is opened, not when it is used.
 */
import { UserError } from "../base/errors.js";
import { type NdArray, toFloat32 } from "../engine/tensor/ndarray.js";
import type { CaptionerConfig, LanguageModelConfig } from "./config.js";

type Shapes = Record<string, readonly number[]>;

/** Weights of a captioner; `vocabulary` counts the special tokens. */
export function captionerShapes(config: CaptionerConfig, vocabulary: number): Shapes {
  const { featureSize: F, embeddingSize: E, hiddenSize: H, attentionSize: A } = config;
  return {
    ...linear("init_h.0", H, F),
    ...linear("init_c.0", H, F),
    "embedding.weight": [vocabulary, E],
    ...linear("attend.query_to_hidden", A, H),
    ...linear("attend.key_to_hidden", A, F),
    ...linear("attend.output.0", 1, A),
    ...linear("feature_gate.0", F, H),
    ...lstm("lstm", "", E + F, H),
    ...linear("output.1", vocabulary, H),
  };
}

/** Weights of a language model; `vocabulary` counts the special tokens. */
export function languageModelShapes(config: LanguageModelConfig, vocabulary: number): Shapes {
  const { embeddingSize: E, hiddenSize: H, layers } = config;
  const stacked = Array.from({ length: layers }, (_, i) => lstm("lstm", `_l${i}`, i === 0 ? E : H, H));
  return {
    "embedding.weight": [vocabulary, E],
    ...Object.assign({}, ...stacked),
    ...linear("output.0", vocabulary, H),
  };
}

/**
 * The weights of `shapes` among `tensors`, where their names begin with `prefix`; others are left out.
 * Errors: `UserError` when one is missing or has another shape.
 */
export function pick(
  tensors: ReadonlyMap<string, NdArray>,
  prefix: string,
  shapes: Shapes,
  path: string,
): Map<string, NdArray<"float32">> {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const tensor = tensors.get(prefix + name);
      const got = tensor ? `${tensor.dtype} [${tensor.shape}]` : "none";
      const isReal = tensor?.dtype === "float32" || tensor?.dtype === "float16";
      if (!isReal || String(tensor.shape) !== String(shape)) {
        throw new UserError(`reading ${path}: weights \`${prefix}${name}\`; expected float32 [${shape}], got ${got}`);
      }
      return [name, toFloat32(tensor)];
    }),
  );
}

const linear = (name: string, out: number, from: number): Shapes => ({
  [`${name}.weight`]: [out, from],
  [`${name}.bias`]: [out],
});

const lstm = (name: string, suffix: string, from: number, hidden: number): Shapes => ({
  [`${name}.weight_ih${suffix}`]: [4 * hidden, from],
  [`${name}.weight_hh${suffix}`]: [4 * hidden, hidden],
  [`${name}.bias_ih${suffix}`]: [4 * hidden],
  [`${name}.bias_hh${suffix}`]: [4 * hidden],
});
