/** Whoever sees a unit's exemplars for themselves, and can say of some descriptions that they are not true of them. */
import type { ExemplarLayer } from "../exemplars/store.js";

export interface Witness {
  /** For the record: "pixels". */
  readonly title: string;
  /**
   * Of each description, whether the exemplars contradict it; false where that cannot be told.
   * @param layer of the store that is described. @param row the unit's row in it.
   */
  contradicts(layer: ExemplarLayer, row: number, descriptions: readonly string[]): Promise<boolean[]>;
}
