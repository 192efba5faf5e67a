/** All that is attacked. */
import type { Target } from "../target.js";
import { externalData, modelBytes, modelFields, runtimeBytes, runtimeFields } from "./onnx.js";
import { npy, safetensors } from "./tensors.js";

export const TARGETS: readonly Target[] = [
  npy,
  safetensors,
  modelBytes,
  modelFields,
  externalData,
  runtimeFields,
  runtimeBytes,
];
