/**
 * Where a tensor is not what its name promises: exporters fold batch normalisation into the convolution before it, and the
 * reference implementation of the paper reads the convolutions of AlexNet and VGG after their in-place ReLU.
 */
import type { GraphIndex } from "./graph.js";

/** What to know before comparing a tensor with the layer of the source network that it is named after. */
export function noteOn(index: GraphIndex, name: string, modules: readonly string[] = []): string | undefined {
  const node = index.producer.get(name)!;
  if (node.opType !== "Conv") return undefined;
  const module = modules.at(-1) ?? "convolution";
  const readers = index.consumers.get(name) ?? [];
  // The exporter of PyTorch numbers the weights it computed; those it took over keep their names.
  if (/^onnx::Conv_\d+$/.test(node.input[1]) && !readers.some((reader) => reader.opType === "BatchNormalization")) {
    return `batch normalisation is folded in: no tensor equals the source network's ${module}, this is what its normalisation makes of it`;
  }
  if (readers.length !== 1 || readers[0].opType !== "Relu") return undefined;
  return `before its ReLU; where the source network applies that in place (AlexNet, VGG), the reference implementation's ${module} is ${readers[0].output[0]}`;
}
