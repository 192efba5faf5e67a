/** What every network of the zoo returns: its layers by the names under which they are dissected, and its result. */
import type { Tensor } from "../engine/grad/graph.js";

export interface Network {
  /** Activations by layer, in the order of the network. Named alike in the model, where `milan inspect` lists them. */
  readonly layers: Readonly<Record<string, Tensor>>;
  /** float32 [n, class]; what else it is says the network. */
  readonly logits: Tensor;
}

/**
 * The same tensor as a layer: under a name that the model will have too. A network that is applied twice in one graph (a
 * discriminator to images and to fakes) gives its names to the first.
 */
export function asLayer(x: Tensor, name: string): Tensor {
  const isTaken = x.graph.nodes.some(({ outputs }) => outputs[0].name === name);
  return isTaken ? x : x.graph.name(x, name);
}
