/** Which describers are trained on what, and judged on what (paper, section 4.1, Tables 2 and 3). */

export const PROTOCOLS = ["within", "left-out", "across"] as const;
/**
 * - `within`: one network, its own held-out units.
 * - `left-out`: one network, by a describer of all the others.
 * - `across`: one network, by a describer of one other, for each ordered pair.
 */
export type Protocol = (typeof PROTOCOLS)[number];

/** One describer to train. Sets are numbers in the list that was given. */
export interface Experiment {
  /** A folder's name: "within alexnet-objects", "alexnet-objects to resnet-scenes". */
  readonly name: string;
  readonly protocol: Protocol;
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** The experiments of some protocols, in their order. One describer is trained for all pairs that begin with the same network. */
export function experimentsOf(protocols: readonly Protocol[], names: readonly string[]): Experiment[] {
  const numbers = names.map((_, i) => i);
  const list: Experiment[] = [];
  for (const protocol of PROTOCOLS) {
    if (!protocols.includes(protocol)) continue;
    for (const i of numbers) {
      const others = numbers.filter((j) => j !== i);
      if (protocol === "within") list.push({ name: `within ${names[i]}`, protocol, train: [i], test: [i] });
      else if (others.length === 0) continue;
      else if (protocol === "left-out") list.push({ name: `without ${names[i]}`, protocol, train: others, test: [i] });
      else list.push({ name: `from ${names[i]}`, protocol, train: [i], test: others });
    }
  }
  return list;
}

/** Describers of equal training sets are one: of "within" and "across", say. */
export const trainingKey = ({ train }: Experiment, names: readonly string[]): string =>
  train.map((i) => names[i]).join("+");
