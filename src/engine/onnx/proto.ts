/**
 * What every edit of a protobuf message shares: copying a message shallowly, and rewriting the tensors of a model wherever
 * they sit (initialisers, attributes, subgraphs, functions). Unedited parts are shared between the old model and the new,
 * so an edit of a large network costs memory for the lists it changes and none for the weights.
 */
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto, type TensorProto } from "./onnx_pb.js";

/** A shallow copy of a message with some fields changed; unknown fields and defaults (the prototype) are kept. */
export function derive<M extends Message>(message: M, changes: Partial<M>): M {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, changes);
}

/** A shallow copy of a message without one of its fields. */
export function without<M extends Message>(message: M, field: keyof M): M {
  const copy = derive(message, {});
  delete copy[field];
  return copy;
}

/** The model with each tensor replaced by what `change` makes of it; what holds no changed tensor is shared. */
export function mapTensors(model: ModelProto, change: (tensor: TensorProto) => TensorProto): ModelProto {
  return rewrite(ModelProtoSchema, model, change) as ModelProto;
}

/** Every dense tensor of a model, wherever it sits. */
export function tensorsOf(model: ModelProto): TensorProto[] {
  const found: TensorProto[] = [];
  mapTensors(model, (tensor) => {
    found.push(tensor);
    return tensor;
  });
  return found;
}

/** The graphs held by the attributes of a node (the branches of an If, the body of a Loop or Scan). */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) => (attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs));
}

function rewrite(schema: DescMessage, message: Message, change: (tensor: TensorProto) => TensorProto): Message {
  if (schema.typeName === "onnx.TensorProto") return change(message as TensorProto);
  const fields = message as unknown as Record<string, Message | Message[] | undefined>;
  const changes: Record<string, Message | Message[]> = {};
  for (const { name, schema: child } of tensorFields(schema)) {
    const old = fields[name];
    if (old === undefined) continue;
    if (Array.isArray(old)) {
      const fresh = old.map((item) => rewrite(child, item, change));
      if (fresh.some((item, i) => item !== old[i])) changes[name] = fresh;
    } else {
      const fresh = rewrite(child, old, change);
      if (fresh !== old) changes[name] = fresh;
    }
  }
  return Object.keys(changes).length > 0 ? derive(message, changes as Partial<Message>) : message;
}

type TensorField = { name: string; schema: DescMessage };
const knownFields = new Map<string, TensorField[]>();

/** The fields of a message type below which a tensor can lie. */
function tensorFields(schema: DescMessage): TensorField[] {
  const known = knownFields.get(schema.typeName);
  if (known) return known;
  const fields = schema.fields.flatMap((field) =>
    !field.oneof && field.message && holdsTensors(field.message, new Set())
      ? [{ name: field.localName, schema: field.message }]
      : [],
  );
  knownFields.set(schema.typeName, fields);
  return fields;
}

function holdsTensors(schema: DescMessage, seen: Set<string>): boolean {
  if (schema.typeName === "onnx.TensorProto") return true;
  if (seen.has(schema.typeName)) return false;
  seen.add(schema.typeName);
  return schema.fields.some((field) => field.message && holdsTensors(field.message, seen));
}
