/** How right an audit is: the units it lists against those that the labels call face units. */
import type { Interval } from "../../base/bootstrap.js";
import { wilson } from "../../base/proportion.js";
import { DETECTOR_IOU } from "../../studies/baselines/report.js";
import { type FacesModel, type FaceUnit, TRAININGS } from "./findings.js";

/** When a unit is truly one for faces. There is no single answer, so there are several. */
export const DEFINITIONS = {
  /** NetDissect's: no concept overlaps better, and faces enough. */
  best: ({ best, faceIou }: FaceUnit) => best === "face" && faceIou >= DETECTOR_IOU,
  /** Faces overlap enough, whatever overlaps better. */
  overlap: ({ faceIou }: FaceUnit) => faceIou >= DETECTOR_IOU,
  /** Most of where the unit is active is on faces. */
  mostly: ({ active, activeOnFaces }: FaceUnit) => active > 0 && activeOnFaces > active / 2,
} as const;
export type Definition = keyof typeof DEFINITIONS;

/** Which descriptions count as a find. */
export const WORD_LISTS = {
  /** The paper's words for it. */
  face: ["face", "head", "nose", "eye", "mouth"],
  /** And those for people, which a describer may use for their heads. */
  people: [
    ...["face", "head", "nose", "eye", "mouth", "person", "people", "human", "man", "woman", "lady", "boy", "girl"],
    ...["baby", "child", "kid", "teacher", "farmer", "cook", "police"],
  ],
} as const;
export type WordList = keyof typeof WORD_LISTS;

export interface Verdict {
  readonly words: WordList;
  readonly definition: Definition;
  /** Of which models: "all", a training ("plain", "blurred"), or a model's name. */
  readonly of: string;
  readonly units: number;
  /** Units that are for faces, those that the audit lists, and those that are both. */
  readonly faces: number;
  readonly found: number;
  readonly right: number;
  readonly precision: Interval;
  readonly recall: Interval;
}

/** Judges the audit with each list of words by each definition: of all models, of those trained alike, of each. */
export function verdictsOf(models: readonly FacesModel[]): Verdict[] {
  const groups: (readonly [string, readonly FacesModel[]])[] = [
    ["all", models],
    ...TRAININGS.map((name) => [name, models.filter(({ training }) => training === name)] as const),
    ...models.map((model) => [model.name, [model]] as const),
  ];
  return (Object.keys(WORD_LISTS) as WordList[]).flatMap((words) =>
    (Object.keys(DEFINITIONS) as Definition[]).flatMap((definition) =>
      groups.map(([of, list]): Verdict => {
        const units = list.flatMap((model) => model.units);
        const [faces, found] = [units.filter(DEFINITIONS[definition]), units.filter((unit) => unit.found[words])];
        const right = faces.filter((unit) => unit.found[words]).length;
        return {
          ...{ words, definition, of, units: units.length, faces: faces.length, found: found.length, right },
          ...{ precision: wilson(right, found.length), recall: wilson(right, faces.length) },
        };
      }),
    ),
  );
}
