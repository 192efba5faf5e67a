/**
 * Reverse-mode differentiation, from program to program: walks the nodes that lead to the loss backwards, asks each operator's
 * rule for the gradients of its inputs, and adds up what reaches the same tensor. Costs one visit a node; runs nothing.
 */
import { BACKWARD } from "./backward/index.js";
import type { Backward } from "./backward/rule.js";
import type { Node, Tensor } from "./graph.js";
import * as op from "./ops.js";
import { repeatedAxes } from "./shapes.js";

/**
 * The derivatives of `loss` with respect to each tensor of `wanted`, in their shapes.
 * @param loss a float scalar; or any float tensor, whose sum is then differentiated, unless `seed` weights its elements.
 * Tensors the loss does not depend on get zeros. The result is part of the same graph, and can be differentiated again.
 */
export function differentiate(loss: Tensor, wanted: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!loss.dtype.startsWith("float")) throw new Error(`differentiating: the loss is ${loss.dtype}; expected floats`);
  const gradients = new Map<Tensor, Tensor>([[loss, seed ?? op.full(loss.graph, loss.shape, 1, loss.dtype)]]);
  const needed = dependents(loss, wanted);
  const kept = new Set(wanted);
  for (const node of needed.nodes.reverse()) {
    const given = node.outputs.map((output) => gradients.get(output));
    if (given.every((gradient) => gradient === undefined)) continue;
    const [first] = node.outputs;
    const gradient = given[0] ?? op.full(first.graph, first.shape, 0, first.dtype);
    const rule = BACKWARD[node.operator] as Backward<never>;
    const { inputs, outputs, attributes } = node;
    const found = rule({ inputs, outputs, attributes: attributes as never, gradient, gradients: given });
    for (const [i, input] of inputs.entries()) {
      const its = found[i];
      if (its === undefined || !needed.tensors.has(input)) continue;
      const summed = unbroadcast(its, input);
      const before = gradients.get(input);
      gradients.set(input, before ? op.add(before, summed) : summed);
    }
    for (const output of outputs) if (!kept.has(output)) gradients.delete(output);
  }
  return wanted.map((tensor) => gradients.get(tensor) ?? op.full(tensor.graph, tensor.shape, 0, tensor.dtype));
}

/** What lies between `wanted` and `loss`: the tensors that depend on one and lead to the other, and their nodes in order. */
function dependents(loss: Tensor, wanted: readonly Tensor[]): { tensors: Set<Tensor>; nodes: Node[] } {
  const ancestors = new Set<Node>();
  const open = loss.node ? [loss.node] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (ancestors.has(node)) continue;
    ancestors.add(node);
    for (const { node: source } of node.inputs) if (source && !ancestors.has(source)) open.push(source);
  }
  const nodes = [...ancestors].sort((a, b) => a.outputs[0].id - b.outputs[0].id); // made in topological order
  const tensors = new Set(wanted);
  const between = nodes.filter((node) => {
    const depends = node.inputs.some((input) => tensors.has(input));
    if (depends) for (const output of node.outputs) tensors.add(output);
    return depends;
  });
  return { tensors, nodes: between };
}

/** The gradient of a tensor that was broadcast: summed over what was repeated. */
function unbroadcast(gradient: Tensor, { shape }: Tensor): Tensor {
  const axes = repeatedAxes(shape, gradient.shape);
  const reduced = axes.length > 0 ? op.sum(gradient, axes) : gradient;
  return String(reduced.shape) === String(shape) ? reduced : op.reshape(reduced, shape);
}
