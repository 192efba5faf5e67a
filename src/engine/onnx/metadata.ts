/** What a model says about itself, as texts by name (`metadata_props`). */
import { create } from "@bufbuild/protobuf";
import type { OnnxModel } from "./model.js";
import { StringStringEntryProtoSchema } from "./onnx_pb.js";
import { derive } from "./proto.js";

/** The model with these texts added, or changed. */
export function withMetadata(model: OnnxModel, texts: Readonly<Record<string, string>>): OnnxModel {
  const all = { ...metadataOf(model), ...texts };
  const metadataProps = Object.entries(all).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
  return { ...model, proto: derive(model.proto, { metadataProps }), path: undefined };
}

/** The texts of a model. */
export const metadataOf = ({ proto }: OnnxModel): Record<string, string> =>
  Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value]));
