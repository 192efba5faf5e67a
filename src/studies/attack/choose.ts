/** Which units are attacked: those whose descriptions are of the most different things come first (paper, Figure 14). */
import { UserError } from "../../base/errors.js";
import type { Run } from "../../run/run.js";
import type { DescribedUnit } from "../ablation/described-classifier.js";
import { type WordVectors, wordDifference, wordsOf } from "../analysis/criteria.js";
import { orderBy } from "../analysis/curves.js";
import { matches } from "../audit/match.js";

export interface Choice {
  /** Only these units, by layer; any of the layer's names. */
  readonly units?: Readonly<Record<string, readonly number[]>> | undefined;
  /** Only units of these layers. */
  readonly layers?: readonly string[] | undefined;
  /** Only units whose descriptions speak of one of these, in lower case; see `audit/match.ts`. */
  readonly words?: readonly string[] | undefined;
  readonly vectors: WordVectors;
  /** Of the order of units that are equally different. */
  readonly seed: number;
}

export interface ChosenUnit extends DescribedUnit {
  /** Largest cosine distance of two words of the description, 0 to 2. */
  readonly difference: number;
}

/**
 * Units in order, the most different words first.
 * Errors: `UserError` for units that have no description, or when none is left.
 */
export function chooseUnits(run: Run, described: readonly DescribedUnit[], choice: Choice): ChosenUnit[] {
  const { units, layers, words, vectors, seed } = choice;
  const wanted =
    units &&
    new Set(
      Object.entries(units).flatMap(([name, numbers]) => numbers.map((unit) => `${unit} ${run.layer(name).name}`)),
    );
  const keys = new Set(described.map(keyOf));
  const missing = [...(wanted ?? [])].find((key) => !keys.has(key));
  if (missing !== undefined) {
    const [, unit, layer] = /^(\d+) (.*)$/.exec(missing)!;
    throw new UserError(
      `attacking ${run.folder}: unit ${unit} of ${layer} has no description; expected units that have (milan show lists them)`,
    );
  }
  const within = layers && new Set(layers.map((name) => run.layer(name).name));
  const left = described.filter(
    (unit) =>
      (wanted?.has(keyOf(unit)) ?? true) &&
      (within?.has(unit.layer.name) ?? true) &&
      (!words || matches(unit.said.description, { words }).length > 0),
  );
  if (left.length === 0) {
    const limits = [
      ...(words ? [`speaks of ${words.join(", ")}`] : []),
      ...(layers ? [`is of ${layers.join(", ")}`] : []),
    ];
    throw new UserError(
      `attacking ${run.folder}: no description of ${described.length} ${limits.join(" and ") || "is there"}; expected some, ${described.length === 0 ? "make them with milan describe" : "choose others (milan show lists them)"}`,
    );
  }
  const differences = left.map(({ said }) => wordDifference(wordsOf(said.description), vectors));
  const order = orderBy("difference", differences, seed);
  return Array.from(order.units, (i) => ({ ...left[i], difference: differences[i] }));
}

const keyOf = ({ layer, unit }: DescribedUnit) => `${unit} ${layer.name}`;
