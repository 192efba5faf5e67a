/** Whoever sees a unit's exemplars for themselves, and can say of some descriptions that they are not true of them. */
import type { ExemplarLayer } from "../exemplars/store.js";

/** What a witness says of one description. */
export interface Testimony {
  /** Whether the exemplars contradict it; false where that cannot be told. */
  readonly contradicted: boolean;
  /** Of what is masked, the share that is as described, 0 to 1, as far as can be seen; left out where nothing of it can be measured so. */
  readonly share?: number;
}

/** Share of what is masked below which a description is true of a minority. */
export const MAJORITY = 0.5;

export interface Witness {
  /** For the record: "pixels". */
  readonly title: string;
  /**
   * What the exemplars say of each description.
   * @param layer of the store that is described. @param row the unit's row in it.
   */
  testify(layer: ExemplarLayer, row: number, descriptions: readonly string[]): Promise<Testimony[]>;
}
