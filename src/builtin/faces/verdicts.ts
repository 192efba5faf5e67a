/** How right an audit is: the units it lists against those that the labels call face units. */
import type { Interval } from "../../base/bootstrap.js";
import { wilson } from "../../base/proportion.js";
import { DETECTOR_IOU } from "../../studies/baselines/report.js";
import { type FacesModel, type FaceUnit, SPEAKERS, type Speaker, TRAININGS } from "./findings.js";

/** When a unit is truly one for faces, or for people. There is no single answer, so there are several. */
export const DEFINITIONS = {
  /** NetDissect's, were all names of the labels concepts, those of the classes, too: no concept overlaps better, and faces enough. */
  strict: ({ bestOfAll, faceIou }: FaceUnit) => bestOfAll === "face" && faceIou >= DETECTOR_IOU,
  /** NetDissect's without the names of the classes. */
  best: ({ best, faceIou }: FaceUnit) => best === "face" && faceIou >= DETECTOR_IOU,
  /** Faces overlap enough, whatever overlaps better. */
  overlap: ({ faceIou }: FaceUnit) => faceIou >= DETECTOR_IOU,
  /** Most of where the unit is active is on faces. */
  mostly: ({ active, activeOnFaces }: FaceUnit) => activeOnFaces > active / 2,
  /** Most of where the unit is active is on people, faces or not. */
  people: ({ active, activeOnPeople }: FaceUnit) => activeOnPeople > active / 2,
} as const;
export type Definition = keyof typeof DEFINITIONS;

/** Which descriptions count as a find. */
export const WORD_LISTS = {
  /** The paper's words for it. */
  face: ["face", "head", "nose", "eye", "mouth"],
  /** And those for people, by which a describer may call their heads. */
  people: [
    ...["face", "head", "nose", "eye", "mouth", "person", "people", "human", "man", "woman", "lady", "boy", "girl"],
    ...["baby", "child", "kid", "teacher", "farmer", "cook", "police", "construction worker"],
  ],
} as const;
export type WordList = keyof typeof WORD_LISTS;
export const WORDS = Object.keys(WORD_LISTS) as WordList[];

export interface Verdict {
  readonly speaker: Speaker;
  readonly words: WordList;
  readonly definition: Definition;
  /** Of which networks: "all" that this speaker describes, a training ("plain", "blurred"), or one by name. */
  readonly of: string;
  readonly units: number;
  /** Units that the labels call so, those that the audit lists, and those that are both. */
  readonly faces: number;
  readonly found: number;
  readonly right: number;
  readonly precision: Interval;
  readonly recall: Interval;
}

/** Judges the audit of each speaker's words by each definition: of all networks, of those trained alike, of each. */
export function verdictsOf(models: readonly FacesModel[]): Verdict[] {
  const groups: (readonly [string, readonly FacesModel[]])[] = [
    ["all", models],
    ...TRAININGS.map((name) => [name, models.filter(({ training }) => training === name)] as const),
    ...models.map((model) => [model.name, [model]] as const),
  ];
  return SPEAKERS.flatMap((speaker) =>
    groups.flatMap(([of, list]) => {
      const units = list.flatMap((model) => model.units).filter(({ said }) => said[speaker]);
      if (units.length === 0) return [];
      return WORDS.flatMap((words) =>
        (Object.keys(DEFINITIONS) as Definition[]).map((definition): Verdict => {
          const faces = units.filter(DEFINITIONS[definition]);
          const isFound = ({ said }: FaceUnit) => said[speaker]!.found[words];
          const [found, right] = [units.filter(isFound).length, faces.filter(isFound).length];
          return {
            ...{ speaker, words, definition, of, units: units.length, faces: faces.length, found, right },
            ...{ precision: wilson(right, found), recall: wilson(right, faces.length) },
          };
        }),
      );
    }),
  );
}
