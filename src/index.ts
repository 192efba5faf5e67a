/** Milan as a library: what the command line does, as typed functions. */
export { UserError } from "./base/errors.js";
export { type Progress, silent } from "./base/progress.js";
export { Random } from "./base/random.js";
export { VERSION } from "./base/version.js";
export type { ImageSet, ProbeEntry } from "./data/images/imageset.js";
export { openImages } from "./data/images/open.js";
export { IMAGENET, type Preprocessing } from "./data/images/preprocess.js";
export { renderShapes, type ShapeScene, shapeScenes, writeShapes } from "./data/world/shapes.js";
export { type DescribeOptions, describe } from "./describer/describe.js";
export {
  type Decoded,
  type Decoder,
  type DecodingOptions,
  describeFeatures,
  SEARCHES,
  type Search,
  type UnitBeam,
} from "./describer/describe-features.js";
export { type Describer, loadDescriber } from "./describer/describer.js";
export { type DescriberFiles, openDescriberFiles, saveDescriber } from "./describer/directory.js";
export { ablate, bakeAblation } from "./engine/onnx/ablate.js";
export { GraphBuilder, type Value } from "./engine/onnx/build.js";
export { cut } from "./engine/onnx/cut.js";
export { type Layer, resolveLayers } from "./engine/onnx/layers.js";
export { type OnnxModel, readModel, writeModel } from "./engine/onnx/model.js";
export { tap } from "./engine/onnx/tap.js";
export { openSession } from "./engine/runtime/open.js";
export { type Arrays, Session, type SessionOptions } from "./engine/runtime/session.js";
export { type DType, type NdArray, ndarray } from "./engine/tensor/ndarray.js";
export { openNpy, readNpy, writeNpy } from "./engine/tensor/npy.js";
export { readSafetensors, writeSafetensors } from "./engine/tensor/safetensors.js";
export { type DissectOptions, dissect } from "./exemplars/dissect.js";
export { maskOf } from "./exemplars/masks.js";
export { writeMilannotations } from "./exemplars/milannotations.js";
export { imageFolder, latentFolder, type Probe, type ProbeOpener } from "./exemplars/probe.js";
export { type ExemplarLayer, type ExemplarStore, openExemplars, runExemplars } from "./exemplars/store.js";
export { type OpenOptions, openModel, preprocessingOf, type Subject } from "./exemplars/subject.js";
export { type Candidate, type Description, DOUBTS, type Doubt, readDescriptions } from "./run/descriptions.js";
export { Run, type RunLayer } from "./run/run.js";
