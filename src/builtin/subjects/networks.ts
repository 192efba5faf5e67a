/** The classifiers among the subjects: AlexNet and a ResNet, small enough to be learned on two cores in ten minutes. For 64 pixels. */
import type { ClassifierNetwork } from "../../studies/train-classifier-networks.js";
import { alexnet } from "../../zoo/alexnet.js";
import { residual } from "../../zoo/resnet.js";

/**
 * Finer than the published one, whose first convolution would leave maps of one cell; with batch normalisation, without which it learns
 * little in a short time (17 % of 24 classes in four epochs).
 */
export const smallAlexnet: ClassifierNetwork = (images, classes) =>
  alexnet(images, {
    ...{ classes, widths: [32, 64, 96, 64, 64], hidden: 256, dropout: 0.2, batchNorm: true },
    ...{ stem: { kernel: 7, stride: 2, padding: 3 }, cells: 3 },
  }).logits;

/** ResNet-18 in its blocks; its maps are 32, 16, 8 and 8 cells wide, so that the last ones still say where. */
export const smallResnet: ClassifierNetwork = (images, classes) =>
  residual(images, {
    stem: { filters: 16, kernel: 3, stride: 2 },
    pools: false,
    bottleneck: false,
    stages: [
      { blocks: 2, width: 16, stride: 1 },
      { blocks: 2, width: 32, stride: 2 },
      { blocks: 2, width: 64, stride: 2 },
      { blocks: 2, width: 96, stride: 1 },
    ],
    classes,
  }).logits;
