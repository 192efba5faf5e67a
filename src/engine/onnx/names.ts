/**
 * Short names of tensors. Exporters write where in the source network a node comes from: PyTorch as a path of modules in
 * names (`/layer1/layer1.1/relu_1/Relu`) or in metadata, TensorFlow as scopes. A module's name stands for the last tensor
 * made in it, as a hook on the module would see it.
 */
import type { GraphIndex } from "./graph.js";
import type { NodeProto } from "./onnx_pb.js";

/** The short names of the tensors that depend on the data, outermost module first. Each name belongs to one tensor. */
export function shortNames(index: GraphIndex): Map<string, string[]> {
  const { consumers, dependent, outputs, producer } = index;
  const owner = new Map<string, string>();
  const modules = new Map<string, string[]>();
  for (const node of index.graph.node) {
    for (const tensor of node.output) {
      const used = consumers.has(tensor) || outputs.has(tensor);
      if (used && dependent.has(tensor)) modules.set(tensor, modulesOf(node, tensor));
    }
  }
  const wrapper = commonStart([...modules.values()].filter((names) => names.length > 0));
  for (const [tensor, names] of modules) {
    for (const name of names.length > 0 ? names : labelOf(index, producer.get(tensor)!)) {
      owner.set(name, tensor);
      const inner = name.startsWith(wrapper) ? name.slice(wrapper.length) : "";
      if (/^\D/.test(inner)) owner.set(inner, tensor); // the bare index of a sequence says nothing
    }
  }
  const short = new Map<string, string[]>();
  for (const [name, tensor] of owner) {
    if (!producer.has(name)) short.set(tensor, [...(short.get(tensor) ?? []), name]); // a tensor's own name always wins
  }
  return short;
}

/** The modules a tensor was made in, outermost first, each by its full name; none when the exporter does not say. */
function modulesOf(node: NodeProto, tensor: string): string[] {
  const scopes = node.metadataProps.find((entry) => entry.key === "pkg.torch.onnx.name_scopes")?.value;
  if (scopes !== undefined) return Array.from(scopes.matchAll(/'([^']*)'/g), (match) => match[1]).slice(1, -1);
  if (node.name.startsWith("/")) return torchModules(node.name.split("/").slice(1, -1));
  if (tensor.startsWith("/")) return torchModules(tensor.split("/").slice(1, -1));
  const path = tensor.replace(/:\d+$/, "").split("/");
  return path.slice(1).map((_, i) => path.slice(0, i + 1).join("/"));
}

/** What tells a node from others where there are no modules: the parameter it applies, or its own name. */
function labelOf({ initializers }: GraphIndex, node: NodeProto): string[] {
  const weight = node.input.slice(1).find((name) => initializers.has(name) && name.endsWith(".weight"));
  return weight ? [weight.slice(0, -".weight".length)] : node.name ? [node.name] : [];
}

/** Module names of a scope path. A container's child repeats the container: `features`, `features.3`, `squeeze`. */
function torchModules(path: readonly string[]): string[] {
  let module = "";
  return path.map((part, i) => {
    const repeated = i > 0 && part.startsWith(`${path[i - 1]}.`);
    module = repeated ? module + part.slice(path[i - 1].length) : module ? `${module}.${part}` : part;
    return module;
  });
}

/** The wrapper all modules lie in, with its separator (`model.`), or nothing. */
function commonStart(paths: readonly string[][]): string {
  if (paths.length < 2) return "";
  const [first, ...rest] = paths;
  const shared = first.slice(0, -1).filter((name, i) => rest.every((names) => names[i] === name));
  const wrapper = shared.at(-1);
  return wrapper === undefined ? "" : first[shared.length].slice(0, wrapper.length + 1);
}
