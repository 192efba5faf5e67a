/** What the audit with blurred faces finds: by unit, by network. */
import type { Interval } from "../../base/bootstrap.js";
import type { Comparison } from "../../studies/audit/audit.js";
import type { UnitTruth } from "./truth.js";
import type { Verdict, WordList } from "./verdicts.js";

/** What a network was trained on: pictures as they are, or with faces blurred. */
export const TRAININGS = ["plain", "blurred"] as const;
export type Training = (typeof TRAININGS)[number];

/**
 * Who describes: the shipped describer; one taught on other networks over pictures of people; and the simulated annotators who taught it, of the networks
 * that it was taught on.
 */
export const SPEAKERS = ["built-in", "taught", "annotators"] as const;
export type Speaker = (typeof SPEAKERS)[number];

/** What somebody says of a unit. */
export interface Said {
  readonly description: string;
  /** Whether the audit lists it, by each list of words. */
  readonly found: Readonly<Record<WordList, boolean>>;
}

export interface FaceUnit extends UnitTruth {
  readonly said: Readonly<Partial<Record<Speaker, Said>>>;
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
  /** Every pair of networks (Figure 5): of the shares of units that a describer's words find, and that are face units by the labels. */
  readonly comparisons: readonly (Comparison & { readonly speaker: Speaker | "labels" })[];
  readonly verdicts: readonly Verdict[];
}
