/**
 * What units of a network respond to by the labels of pictures that it has not seen, as NetDissect (Bau et al., 2017) counts: the overlap of every concept
 * with where the unit is above its level. Costs one pass of the network, and of the labels.
 */
import { openImages } from "../../data/images/open.js";
import { ConceptCounter, type Fit } from "../../data/labels/concepts.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource } from "../../data/labels/labels.js";
import { unitsOf } from "../../exemplars/layout.js";
import { categoryOf, nameOf } from "../../studies/baselines/categories.js";
import { layoutFor, openRun } from "../../studies/described-run.js";
import { LabelledPass, type LabelledPassOptions, type LabelledPicture } from "../../studies/labelled-pass.js";

export interface UnitTruth {
  readonly layer: string;
  readonly unit: number;
  /** Of faces with where the unit is active, 0 to 1. */
  readonly faceIou: number;
  /** The concept that overlaps best, "" where none does; places in the picture are none, as in NetDissect, nor are the names of the classes. */
  readonly best: string;
  readonly bestIou: number;
  /** The same, the names of the classes included. */
  readonly bestOfAll: string;
  /** Pixels where the unit is active, those of them on faces, and on people, in all pictures. */
  readonly active: number;
  readonly activeOnFaces: number;
  readonly activeOnPeople: number;
}

export interface TruthOptions extends LabelledPassOptions {
  /** Names that may not be the best concept. */
  readonly withheld: readonly string[];
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
  { withheld, ...options }: TruthOptions,
): Promise<UnitTruth[]> {
  let counter: ConceptCounter | undefined;
  const { units, totals } = await activityOf(folder, images, source, options, ({ labels, covered }) => {
    const flat = covered.flat();
    counter ??= new ConceptCounter(flat.length);
    counter.add(labels, flat);
  });
  const isNamed = ({ atom }: Fit) => !("name" in atom && withheld.includes(atom.name));
  return units.map((unit, i): UnitTruth => {
    const fits = counter!.fits(i).filter(({ atom, iou }) => iou > 0 && categoryOf(atom) !== "place");
    const best = fits.find(isNamed);
    const face = fits.find(({ atom }) => atom.is === "part" && atom.name === "face");
    return {
      ...{ ...unit, faceIou: face?.iou ?? 0, best: best ? nameOf(best.atom) : "", bestIou: best?.iou ?? 0 },
      ...{ bestOfAll: fits[0] ? nameOf(fits[0].atom) : "", ...totals[i] },
    };
  });
}

/**
 * Where the units of a run are active.
 * @param see is shown every picture. Errors: as `truthsOf`.
 */
export async function activityOf(
  folder: string,
  images: string,
  source: LabelSource,
  options: LabelledPassOptions,
  see: (picture: LabelledPicture) => void = () => {},
) {
  const doing = "judging the audit of";
  const run = await openRun(doing, folder);
  try {
    const set = await openImages(images);
    try {
      const layers = run.layers.map((layer) => ({ layer, layout: layoutFor(layer), levels: layer.levels }));
      const units = layers.flatMap(({ layer, layout }) => unitsOf(layout).map((unit) => ({ layer: layer.name, unit })));
      const totals = units.map(() => ({ active: 0, activeOnFaces: 0, activeOnPeople: 0 }));
      const pass = await LabelledPass.open(doing, run, set, source, options);
      for await (const picture of pass.pictures(layers)) {
        see(picture);
        const face = evaluate({ is: "part", name: "face" }, picture.labels);
        const person = evaluate({ is: "person" }, picture.labels);
        for (const [i, pixels] of picture.covered.flat().entries()) {
          totals[i].active += pixels.length;
          for (const at of pixels) {
            totals[i].activeOnFaces += face[at];
            totals[i].activeOnPeople += person[at];
          }
        }
      }
      return { units, totals };
    } finally {
      await set.close();
    }
  } finally {
    await run.close();
  }
}
