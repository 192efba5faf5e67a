/**
 * How far annotators agree (paper, Table 4): each annotation is compared with the others of its unit, as if a describer had
 * written it. It is what a describer can hope for.
 */
import { UserError } from "../../base/errors.js";
import { normalised, sumOf, type TextMetric } from "../../language/metric.js";
import type { Annotation } from "./annotations.js";

export interface Agreement {
  /** "" for all layers together; or another group, when asked for. */
  readonly layer: string;
  /** Units with at least two annotations. */
  readonly units: number;
  /** Units with one, which say nothing. */
  readonly single: number;
  readonly score: number;
}

/**
 * Agreement of all annotations, then of each layer.
 * @param by what annotations are grouped by instead of their layer.
 * Errors: `UserError` when no unit has two.
 */
export async function annotatorAgreement(
  list: readonly Annotation[],
  metric: TextMetric,
  by: (annotation: Annotation) => string = ({ layer }) => layer,
): Promise<Agreement[]> {
  const byUnit = new Map<string, { layer: string; texts: string[] }>();
  for (const annotation of list) {
    const { layer, unit, summary } = annotation;
    const key = `${unit} ${layer}`;
    const found = byUnit.get(key);
    if (found) found.texts.push(normalised(summary));
    else byUnit.set(key, { layer: by(annotation), texts: [normalised(summary)] });
  }
  const units = [...byUnit.values()];
  const several = units.filter(({ texts }) => texts.length > 1);
  if (several.length === 0) {
    throw new UserError(
      `comparing annotators: each of the ${units.length} units has one annotation; expected two or more of some units, ask more people, or leave agreement out with --no-agreement`,
    );
  }
  const rows = several.flatMap(({ layer, texts }) =>
    texts.map((text, i) => ({ layer, text, others: texts.filter((_, j) => j !== i) })),
  );
  const statistics = await metric.statistics(
    rows.map(({ text }) => text),
    rows.map(({ others }) => others),
  );
  const layers = [...new Set(units.map(({ layer }) => layer))];
  return ["", ...(layers.length > 1 ? layers : [])].map((layer) => {
    const isIn = (of: { layer: string }) => layer === "" || of.layer === layer;
    const some = statistics.filter((_, i) => isIn(rows[i]));
    const count = several.filter(isIn).length;
    return {
      ...{ layer, units: count, single: units.filter(isIn).length - count },
      score: some.length > 0 ? metric.score(sumOf(some), some.length) : Number.NaN,
    };
  });
}
