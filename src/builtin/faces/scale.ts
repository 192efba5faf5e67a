/** How large the audit with blurred faces is, and where its pieces lie in its folder. */
import { join } from "node:path";
import type { Progress } from "../../base/progress.js";
import { TRAININGS, type Training } from "./findings.js";

export const PARTS = ["train", "val", "probe", "grade"] as const;
export type Part = (typeof PARTS)[number];

export interface FacesScale {
  /** Pictures to train on, to validate, to dissect with, and to measure the truth on. */
  readonly pictures: Readonly<Record<Part, number>>;
  /** Each is trained twice, on pictures as they are and on blurred ones. Those that teach are what the describer of the study learns from. */
  readonly networks: readonly {
    readonly network: "alexnet" | "resnet";
    readonly seed: number;
    readonly teaches?: boolean;
  }[];
  readonly epochs: number;
  /** Layers, from the last, that are looked at; default all five. */
  readonly layers?: number;
  readonly describer: { readonly epochs: number; readonly patience: number; readonly hidden: number };
}

/** Eight networks; docs/results/fig5-fig6.md says what the steps take. */
export const FACES_FULL: FacesScale = {
  pictures: { train: 5200, val: 650, probe: 2000, grade: 1000 },
  networks: [
    { network: "alexnet", seed: 1, teaches: true },
    { network: "alexnet", seed: 2 },
    { network: "resnet", seed: 1 },
    { network: "resnet", seed: 2 },
  ],
  epochs: 8,
  describer: { epochs: 20, patience: 5, hidden: 128 },
};

/** Four networks, trained for a moment. */
export const FACES_FAST: FacesScale = {
  pictures: { train: 2600, val: 325, probe: 1000, grade: 500 },
  networks: [
    { network: "alexnet", seed: 1, teaches: true },
    { network: "alexnet", seed: 2 },
  ],
  epochs: 4,
  describer: { epochs: 20, patience: 5, hidden: 128 },
};

export interface FacesOptions {
  readonly out: string;
  readonly scale: FacesScale;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** A network to train. */
export interface Pupil {
  /** Of its files. */
  readonly name: string;
  readonly network: "alexnet" | "resnet";
  readonly seed: number;
  readonly training: Training;
  readonly teaches: boolean;
}

export const pupilsOf = ({ networks }: FacesScale): Pupil[] =>
  networks.flatMap(({ network, seed, teaches = false }) =>
    TRAININGS.map((training) => ({ name: `${training}-${network}-${seed}`, network, seed, training, teaches })),
  );

/** Side of the pictures, pixels. */
export const SIZE = 64;

/** @param faces whether they are as they are, or blurred. */
export const picturesOf = (out: string, part: Part, faces: Training): string =>
  join(out, "pictures", faces === "plain" ? part : `${part}-blurred`);

export const modelOf = (out: string, { name }: Pick<Pupil, "name">): string => join(out, "networks", `${name}.onnx`);

export const runOf = (out: string, { name }: Pick<Pupil, "name">): string => join(out, "runs", name);
