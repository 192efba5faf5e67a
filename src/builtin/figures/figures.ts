/**
 * The paper's figures again, on the made world (sections 5 to 7, appendices D and E): what `milan reproduce fig4` and so on make. Each study is kept in one
 * folder with the tables', whose networks and pictures it shares, and gone on with; what is to be looked at goes into `OUT/figures`.
 */
import { join } from "node:path";
import { sameOrNew } from "../../studies/settings-file.js";
import { analysisFigures } from "./analysis.js";
import { attackFigures } from "./attack.js";
import { facesFigures } from "./faces.js";
import { misledFigures } from "./misled.js";
import { type FigureOptions, type Shown, scaleOf } from "./shown.js";

/** Which figures a study makes. */
const STUDIES = [
  { figures: ["fig4", "fig13"], make: analysisFigures },
  { figures: ["fig5", "fig6"], make: facesFigures },
  { figures: ["fig7", "fig8", "fig15"], make: misledFigures },
  { figures: ["fig14"], make: attackFigures },
] as const;

export type FigureName = (typeof STUDIES)[number]["figures"][number];
export const FIGURES: readonly FigureName[] = STUDIES.flatMap(({ figures }) => figures);

/** Makes what is needed for some figures. Errors: those of the studies. */
export async function makeFigures(figures: readonly FigureName[], options: FigureOptions): Promise<Shown[]> {
  await sameOrNew(join(options.out, "scale.json"), scaleOf(options), "reproducing");
  const shown: Shown[] = [];
  for (const { figures: own, make } of STUDIES) {
    if (figures.some((name) => own.some((one) => one === name))) shown.push(...(await make(options)));
  }
  return shown;
}
