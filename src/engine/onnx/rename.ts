/** Renaming tensors, so that a graph can be joined with another that uses the same names. */
import { UserError } from "../../base/errors.js";
import { withGraph } from "./edit.js";
import { inputsOf } from "./graph.js";
import type { OnnxModel } from "./model.js";
import { derive } from "./proto.js";

/**
 * The model with tensors renamed wherever its main graph names them; a new name must not be in use.
 * Errors: `UserError` when a subgraph (the body of a loop, a branch) reads one of them.
 */
export function rename(model: OnnxModel, names: ReadonlyMap<string, string>): OnnxModel {
  const graph = model.proto.graph!;
  const all = (list: readonly string[]) => list.map((name) => names.get(name) ?? name);
  const infos = <T extends { name: string }>(list: readonly T[]) =>
    list.map((info) => (names.has(info.name) ? derive(info as never, { name: names.get(info.name) } as never) : info));
  for (const node of graph.node) {
    const captured = [...inputsOf(node)].find((name) => names.has(name) && !node.input.includes(name));
    if (captured === undefined) continue;
    throw new UserError(
      `renaming "${captured}": node ${node.name} reads it from within a ${node.opType}; expected a plain tensor, give the tensor another name in the exporter`,
    );
  }
  const touched = (list: readonly string[]) => list.some((name) => names.has(name));
  return withGraph(model, {
    node: graph.node.map((node) =>
      touched(node.input) || touched(node.output)
        ? derive(node, { input: all(node.input), output: all(node.output) })
        : node,
    ),
    input: infos(graph.input),
    output: infos(graph.output),
    initializer: infos(graph.initializer),
    valueInfo: infos(graph.valueInfo),
  });
}
