/** What the audit with blurred faces finds: by unit, by network. */
import type { Interval } from "../../base/bootstrap.js";
import type { Comparison } from "../../studies/audit/audit.js";
import type { UnitTruth } from "./truth.js";
import type { Verdict, WordList } from "./verdicts.js";

/** What a network was trained on: pictures as they are, or with faces blurred. */
export const TRAININGS = ["plain", "blurred"] as const;
export type Training = (typeof TRAININGS)[number];

export interface FaceUnit extends UnitTruth {
  readonly description: string;
  /** Whether the audit lists it, by each list of words. */
  readonly found: Readonly<Record<WordList, boolean>>;
  /** Pixels of blurred faces where it is active, in the same pictures; `activeOnFaces` are those of the faces as they are. */
  readonly activeOnBlurred: number;
}

export interface FacesModel {
  /** Of its files: training, network, seed. */
  readonly name: string;
  readonly training: Training;
  readonly network: string;
  readonly seed: number;
  /** Share of validation pictures that it knows, as they are and with faces blurred. */
  readonly accuracy: Readonly<Record<Training, Interval>>;
  /** Its run, below the study's folder. */
  readonly run: string;
  readonly units: readonly FaceUnit[];
}

export interface FacesFindings {
  readonly models: readonly FacesModel[];
  /** Of the shares of units that each list of words finds, every pair of networks (Figure 5). */
  readonly comparisons: readonly Comparison[];
  readonly verdicts: readonly Verdict[];
  /** Pictures that were dissected with, and those that the truth was measured on. */
  readonly pictures: { readonly train: number; readonly val: number; readonly probe: number; readonly grade: number };
}
