/**
 * NetDissect (Bau et al., 2017, 2020) and Compositional Explanations (Mu and Andreas, 2020) of a run: for each unit the concept, or the formula
 * of concepts, whose pixels overlap those where the unit is above its level best. The paper's baselines (section 4, Table 2).
 *
 * Costs one pass of the network over the pictures for all layers, their labels, and the search (`compexp.ts`).
 */

import { UserError } from "../../base/errors.js";
import { silent } from "../../base/progress.js";
import { openImages } from "../../data/images/open.js";
import type { LabelSource } from "../../data/labels/labels.js";
import type { Atom } from "../../data/labels/query.js";
import { Strata } from "../../data/labels/strata.js";
import { unitsOf } from "../../exemplars/layout.js";
import { layoutFor, openRun } from "../described-run.js";
import { LabelledPass, type LabelledPassOptions } from "../labelled-pass.js";
import { CATEGORIES, type Category, categoryOf } from "./categories.js";
import { Explainer, type Formula } from "./compexp.js";

export interface ExplainOptions extends LabelledPassOptions {
  /** The labelled pictures; those the run was made with will do, as in the papers. */
  readonly images: string;
  /** Only these layers; default all. */
  readonly layers?: readonly string[];
  /** Most concepts in a formula; 1 is NetDissect. */
  readonly length: number;
  /** Formulas kept at each length; default 5. */
  readonly beam?: number;
  /** Kinds of concepts that may be used; default: all but places in the picture, which the papers do not have. */
  readonly categories?: readonly Category[];
}

/** What explains a unit. */
export interface UnitExplanation {
  readonly layer: string;
  readonly unit: number;
  /** Undefined where the unit is active nowhere, or nowhere where anything is known. */
  readonly formula: Formula | undefined;
  readonly iou: number;
  /** Of the best single concept, which is NetDissect's label. */
  readonly concept: number | undefined;
  readonly conceptIou: number;
}

export interface Explanations {
  readonly source: string;
  readonly images: number;
  /** The concepts by number. */
  readonly atoms: readonly Atom[];
  readonly units: readonly UnitExplanation[];
  /** Kinds of pixel: see `data/labels/strata.ts`. */
  readonly strata: number;
}

/**
 * Explains the units of a run.
 * @param source knows what the pictures show.
 * Errors: `UserError` when it is no run of a network over pictures, its model is gone or another one, or a picture is not known.
 */
export async function explainRun(folder: string, source: LabelSource, options: ExplainOptions): Promise<Explanations> {
  const doing = options.length === 1 ? "netdissect" : "compexp";
  const run = await openRun(doing, folder);
  try {
    if (run.manifest.probeKind !== "images") {
      throw new UserError(
        `${doing} ${folder}: it is of a generator; expected a run of a network that is fed pictures, whose labels are known`,
      );
    }
    const chosen = options.layers?.map((name) => run.layer(name)) ?? run.layers;
    const layers = chosen.map((layer) => ({
      layer,
      layout: layoutFor(layer),
      levels: layer.levels,
    }));
    const set = await openImages(options.images);
    try {
      const pass = await LabelledPass.open(doing, run, set, source, options);
      const units = layers.flatMap(({ layer, layout }) => unitsOf(layout).map((unit) => ({ layer: layer.name, unit })));
      const strata = new Strata(units.length);
      let images = 0;
      for await (const { labels, covered } of pass.pictures(layers)) {
        strata.add(labels, covered.flat());
        images++;
      }
      const { length, beam, categories = CATEGORIES.filter((each) => each !== "place"), progress = silent } = options;
      const allowed = strata.atoms.flatMap((atom, i) => (categories.includes(categoryOf(atom)) ? [i] : []));
      const explainer = new Explainer(strata, allowed);
      progress.begin("explaining", units.length, "unit");
      const explained = units.map((each, i): UnitExplanation => {
        const found = explainer.explain(strata.unit(i), { length, onlyLabelled: length === 1, ...(beam && { beam }) });
        progress.update(i + 1);
        const [first, last] = [found[0], found[found.length - 1]];
        return {
          ...each,
          ...{ formula: last?.formula, iou: last?.iou ?? 0 },
          ...{ concept: first?.formula.concept, conceptIou: first?.iou ?? 0 },
        };
      });
      progress.end();
      return { source: source.title, images, atoms: strata.atoms, units: explained, strata: strata.count };
    } finally {
      await set.close();
    }
  } finally {
    await run.close();
  }
}
