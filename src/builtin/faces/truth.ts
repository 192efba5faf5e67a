/**
 * What units of a network respond to by the labels of pictures that it has not seen, as NetDissect (Bau et al., 2017) counts: the overlap of every concept
 * with where the unit is above its level. Costs one pass of the network, and of the labels.
 */
import { openImages } from "../../data/images/open.js";
import { ConceptCounter } from "../../data/labels/concepts.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource } from "../../data/labels/labels.js";
import type { Query } from "../../data/labels/query.js";
import { unitsOf } from "../../exemplars/layout.js";
import { categoryOf, nameOf } from "../../studies/baselines/categories.js";
import { layoutFor, openRun } from "../../studies/described-run.js";
import { LabelledPass, type LabelledPassOptions } from "../../studies/labelled-pass.js";

/** What the audit looks for, as the labels have it. */
const FACE: Query = { is: "part", name: "face" };

export interface UnitTruth {
  readonly layer: string;
  readonly unit: number;
  /** Of faces with where the unit is active, 0 to 1. */
  readonly faceIou: number;
  /** The concept that overlaps best, "" where none does; places in the picture are none, as in NetDissect. */
  readonly best: string;
  readonly bestIou: number;
  /** Pixels where the unit is active, those of them on faces, and on people, in all pictures. */
  readonly active: number;
  readonly activeOnFaces: number;
  readonly activeOnPeople: number;
}

/**
 * Measures all units of a run.
 * @param images pictures the run was not made with. @param source knows what they show.
 * Errors: `UserError` when the network is gone or another one, or a picture is not known.
 */
export async function truthsOf(
  folder: string,
  images: string,
  source: LabelSource,
  options: LabelledPassOptions,
): Promise<UnitTruth[]> {
  const doing = "judging the audit of";
  const run = await openRun(doing, folder);
  try {
    const set = await openImages(images);
    try {
      const layers = run.layers.map((layer) => ({ layer, layout: layoutFor(layer), levels: layer.levels }));
      const units = layers.flatMap(({ layer, layout }) => unitsOf(layout).map((unit) => ({ layer: layer.name, unit })));
      const counter = new ConceptCounter(units.length);
      const [active, onFaces, onPeople] = [0, 0, 0].map(() => new Float64Array(units.length));
      const pass = await LabelledPass.open(doing, run, set, source, options);
      for await (const { labels, covered } of pass.pictures(layers)) {
        const [face, person, flat] = [evaluate(FACE, labels), evaluate({ is: "person" }, labels), covered.flat()];
        counter.add(labels, flat);
        for (const [i, pixels] of flat.entries()) {
          active[i] += pixels.length;
          for (const at of pixels) {
            onFaces[i] += face[at];
            onPeople[i] += person[at];
          }
        }
      }
      return units.map((unit, i): UnitTruth => {
        const fits = counter.fits(i).filter(({ atom }) => categoryOf(atom) !== "place");
        const [best] = fits;
        const face = fits.find(({ atom }) => atom.is === "part" && atom.name === "face");
        return {
          ...{ ...unit, faceIou: face?.iou ?? 0 },
          ...{ best: best && best.iou > 0 ? nameOf(best.atom) : "", bestIou: best?.iou ?? 0 },
          ...{ active: active[i], activeOnFaces: onFaces[i], activeOnPeople: onPeople[i] },
        };
      });
    } finally {
      await set.close();
    }
  } finally {
    await run.close();
  }
}
