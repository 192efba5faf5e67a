/** ResNet-18 (He et al., 2016) with half as many channels: what two cores can train on some thousand photographs in a quarter of an hour. */
import type { ClassifierNetwork } from "../../studies/train-classifier-networks.js";
import { resnet } from "../../zoo/resnet.js";

export const halfResnet18: ClassifierNetwork = (images, classes) =>
  resnet(images, { depth: 18, width: 32, classes }).logits;
