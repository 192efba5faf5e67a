/**
 * What can be pulled by name: the paper's own describers and annotations from its project page, networks in torchvision's weights, and text and image-text models
 * of the Hugging Face hub. Names are `kind/name`; the name alone will do where it is the only one.
 */
import { nearest, UserError } from "../base/errors.js";

export const KINDS = ["describer", "annotations", "network", "hub"] as const;
export type Kind = (typeof KINDS)[number];

/** Something that can be pulled. */
export interface Item {
  readonly kind: Kind;
  readonly name: string;
  /** Where it is published; of `hub`, the repository's name. */
  readonly from: string;
  /** First digits of the file's SHA-256, where its publisher gives them. */
  readonly sha256?: string;
  /** More than this is refused, in bytes. */
  readonly limit: number;
  readonly says: string;
}

const PROJECT = "https://milan.csail.mit.edu";
const TORCHVISION = "https://download.pytorch.org/models";
const GIGABYTE = 2 ** 30;

/** Which annotated networks each of the paper's describers learned from. */
const DESCRIBERS: Readonly<Record<string, string>> = {
  base: "AlexNet, ResNet-152 and BigGAN on ImageNet and Places365: all but the vision transformer",
  cls: "AlexNet and ResNet-152, the classifiers",
  gen: "BigGAN, the generators",
  imagenet: "the three networks on ImageNet",
  places365: "the three networks on Places365",
  alexnet: "AlexNet on both",
  resnet152: "ResNet-152 on both",
  biggan: "BigGAN on both",
};

/** Whether the pictures come with the annotations; ImageNet's may not be published. */
const ANNOTATIONS: Readonly<Record<string, string>> = {
  "alexnet-imagenet": "masks; pictures are ImageNet's, to be had there",
  "alexnet-places365": "masks and pictures",
  "resnet152-imagenet": "masks; pictures are ImageNet's, to be had there",
  "resnet152-places365": "masks and pictures",
  "biggan-imagenet": "masks and pictures",
  "biggan-places365": "masks and pictures",
  "dino_vits8-imagenet": "masks; pictures are ImageNet's, to be had there",
};

/** Networks that the zoo can build, with the first digits of the sums that torchvision puts into the names of its files. */
const NETWORKS: Readonly<Record<string, string>> = {
  alexnet: "alexnet-owt-7be5be79",
  resnet18: "resnet18-f37072fd",
  resnet34: "resnet34-b627a593",
  resnet50: "resnet50-0676ba61",
  resnet101: "resnet101-63fe2227",
  resnet152: "resnet152-394f9c45",
  vgg11: "vgg11-8a719046",
  vgg13: "vgg13-19584684",
  vgg16: "vgg16-397923af",
  vgg19: "vgg19-dcbb9e9d",
  vit_b_16: "vit_b_16-c867db91",
};

const HUB: Readonly<Record<string, readonly [repository: string, says: string]>> = {
  clip: ["Xenova/clip-vit-base-patch32", "CLIP ViT-B/32, for --clip, clip-dissect and verify"],
  bert: ["Xenova/bert-base-uncased", "BERT, for BERTScore"],
};

export const CATALOGUE: readonly Item[] = [
  ...Object.entries(DESCRIBERS).map(
    ([name, says]): Item => ({
      ...{ kind: "describer", name, from: `${PROJECT}/models/milan-${name}.pth`, limit: 2 * GIGABYTE },
      says: `the paper's describer that learned from ${says}`,
    }),
  ),
  ...Object.entries(ANNOTATIONS).map(
    ([name, says]): Item => ({
      ...{ kind: "annotations", name, from: `${PROJECT}/data/${name}.zip`, limit: 40 * GIGABYTE },
      says: `MILANNOTATIONS of ${name.replace("-", " on ")}: ${says}`,
    }),
  ),
  ...Object.entries(NETWORKS).map(
    ([name, file]): Item => ({
      ...{ kind: "network", name, from: `${TORCHVISION}/${file}.pth`, limit: 2 * GIGABYTE },
      ...{
        sha256: file.slice(file.lastIndexOf("-") + 1),
        says: `${name} of torchvision, trained on ImageNet, as ONNX`,
      },
    }),
  ),
  ...Object.entries(HUB).map(([name, [from, says]]): Item => ({ kind: "hub", name, from, limit: 8 * GIGABYTE, says })),
];

/** The name of an item in full. */
export const fullName = ({ kind, name }: Pick<Item, "kind" | "name">): string => `${kind}/${name}`;

/** Finds an item by its name, or any repository of the hub as `hub/OWNER/REPOSITORY`. Errors: `UserError` naming the nearest, or all that are called so. */
export function find(wanted: string): Item {
  const repository = /^hub\/([\w-][\w.-]*\/[\w-][\w.-]*)$/.exec(wanted)?.[1];
  if (repository) {
    const name = repository.replace("/", "--");
    return { kind: "hub", name, from: repository, limit: 8 * GIGABYTE, says: `${repository} of the Hugging Face hub` };
  }
  const found = CATALOGUE.filter((item) => item.name === wanted || fullName(item) === wanted);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    const names = found.map(fullName).join(" and ");
    throw new UserError(`pulling ${wanted}: it is both ${names}; expected one, say which`);
  }
  const [near] = nearest(wanted, new Set(CATALOGUE.flatMap((item) => [item.name, fullName(item)])), 1);
  throw new UserError(
    `pulling ${wanted}: nothing is called so; expected one of \`milan pull --list\`, or hub/OWNER/REPOSITORY; the nearest is ${near}`,
  );
}
