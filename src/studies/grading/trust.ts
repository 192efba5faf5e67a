/**
 * Whether a describer's confidence can be trusted: whether descriptions that it is more sure of have better grades. A describer that is wrong and
 * says so misleads nobody.
 */
import type { Description } from "../../run/descriptions.js";
import type { Graded } from "./grade-layer.js";

/** From this grade on a description is called right: it fits at least half as well as the best concept there is. */
export const RIGHT = 0.5;
/** Bands of confidence; the first is what the doubt `scattered` is for. */
const BANDS = [0, 0.3, 0.4, 0.5, 1] as const;

export interface Band {
  /** Confidence, from and below (the last: up to). */
  readonly from: number;
  readonly to: number;
  readonly units: number;
  /** Mean grade, and share of right ones; NaN of none. */
  readonly grade: number;
  readonly right: number;
}

export interface Trust {
  readonly units: number;
  /** Chance that a right description has more confidence than a wrong one; 0.5 is none at all, NaN where all are right or all are wrong. */
  readonly auc: number;
  readonly bands: readonly Band[];
}

/** Undefined where nothing has a confidence, as in annotations by people. */
export function trustIn(graded: readonly Graded[], described: readonly Description[]): Trust | undefined {
  const confidences = new Map(described.map((each) => [`${each.unit} ${each.layer}`, each.confidence]));
  const judged = graded.flatMap(({ layer, unit, grade }) => {
    const confidence = confidences.get(`${unit} ${layer}`) ?? null;
    return confidence === null || Number.isNaN(grade) ? [] : [{ confidence, grade, isRight: grade >= RIGHT }];
  });
  if (judged.length === 0) return undefined;
  const bands = BANDS.slice(1).map((to, i): Band => {
    const [from, last] = [BANDS[i], i === BANDS.length - 2];
    const own = judged.filter(({ confidence }) => confidence >= from && (last || confidence < to));
    const mean = (of: (each: (typeof own)[number]) => number) =>
      own.reduce((sum, each) => sum + of(each), 0) / own.length;
    return {
      from,
      to,
      units: own.length,
      grade: mean(({ grade }) => grade),
      right: mean(({ isRight }) => Number(isRight)),
    };
  });
  return { units: judged.length, auc: aucOf(judged), bands };
}

/** Area under the receiver's curve by ranks; equal confidences count half. */
function aucOf(judged: readonly { readonly confidence: number; readonly isRight: boolean }[]): number {
  const sorted = [...judged].sort((a, b) => a.confidence - b.confidence);
  const right = sorted.filter(({ isRight }) => isRight).length;
  let ranks = 0;
  for (let first = 0; first < sorted.length; ) {
    let next = first;
    while (next < sorted.length && sorted[next].confidence === sorted[first].confidence) next++;
    for (let i = first; i < next; i++) if (sorted[i].isRight) ranks += (first + next + 1) / 2;
    first = next;
  }
  return (ranks - (right * (right + 1)) / 2) / (right * (sorted.length - right));
}

/** As text: one line, and one a band. */
export function trustLines({ units, auc, bands }: Trust): string[] {
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const judgement = Number.isNaN(auc)
    ? "confidence could not be judged"
    : `confidence tells descriptions graded ${RIGHT} or more from the others with AUC ${auc.toFixed(2)} (chance 0.50)`;
  return [
    `${units} units: ${judgement}`,
    ...bands
      .filter((band) => band.units > 0)
      .map(
        ({ from, to, units: count, grade, right }) =>
          `  confidence ${from.toFixed(1)} to ${to.toFixed(1)}: ${count} units, mean grade ${grade.toFixed(3)}, ${percent(right)} graded ${RIGHT} or more`,
      ),
  ];
}
