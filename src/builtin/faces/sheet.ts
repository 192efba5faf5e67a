/**
 * Figure 6: units of networks that have only seen blurred faces, and yet are active on faces as they are. A row a unit: its first exemplars, dark where it is
 * not above its level.
 */
import { join } from "node:path";
import { openExemplars } from "../../exemplars/store.js";
import { stripOf, svgOf, text } from "../../studies/exemplar-strip.js";
import { writeDrawing } from "../../studies/figure.js";
import type { FacesFindings, FacesModel, FaceUnit } from "./findings.js";
import { DEFINITIONS } from "./verdicts.js";

const ROWS = 8;
/** Of one network at most, so that several are seen. */
const ROWS_OF_A_MODEL = 2;
/** Lengths in pixels. */
const [COLUMNS, SIDE, GAP, LINE] = [6, 72, 4, 16];

interface Chosen {
  readonly model: FacesModel;
  readonly unit: FaceUnit;
}

/** By the describer that has learned of faces, where it describes the unit. */
const wordsOn = ({ said }: FaceUnit) => said.taught ?? said["built-in"];

/** Units that an audit finds in networks trained on blurred faces, those first that are most on faces. */
function chosenUnits({ models }: FacesFindings): Chosen[] {
  return models
    .filter(({ training }) => training === "blurred")
    .flatMap((model) =>
      model.units
        .filter((unit) => wordsOn(unit)?.found.face && DEFINITIONS.mostly(unit))
        .sort((a, b) => b.faceIou - a.faceIou)
        .slice(0, ROWS_OF_A_MODEL)
        .map((unit) => ({ model, unit })),
    )
    .sort((a, b) => b.unit.faceIou - a.unit.faceIou)
    .slice(0, ROWS);
}

/** Draws into `STEM.svg` and `STEM.png`. Returns their paths. @param out the study's folder, below which the runs are. */
export async function writeFacesSheet(stem: string, findings: FacesFindings, out: string): Promise<string[]> {
  const parts: string[] = [];
  let top = LINE;
  for (const { model, unit } of chosenUnits(findings)) {
    parts.push(text(GAP, top, titleOf(model, unit), "font-size='12'"));
    const store = await openExemplars(join(out, model.run));
    try {
      parts.push(...(await stripOf(unit, store, { count: COLUMNS, side: SIDE, gap: GAP, x: GAP, y: top + GAP })));
    } finally {
      await store.close();
    }
    top += SIDE + LINE + 2 * GAP;
  }
  return writeDrawing(stem, svgOf(COLUMNS * (SIDE + GAP) + GAP, top, parts));
}

/** A layer's name without what exporters put around it. */
export const shortLayer = (name: string): string => name.replace(/^\//, "").split("/")[0];

function titleOf({ network, seed, training }: FacesModel, unit: FaceUnit): string {
  const share = Math.round((100 * unit.activeOnFaces) / unit.active);
  const said = wordsOn(unit)?.description ?? "";
  return `${training} ${network} ${seed}, ${shortLayer(unit.layer)}:${unit.unit}, "${said}", ${share} % of its activity on faces`;
}
