/** Figures 4 and 13: which kinds of units matter to classifiers of the made world (section 5, appendix D). */
import { join } from "node:path";
import { silent } from "../../base/progress.js";
import { describerWordVectors } from "../../describer/word-vectors.js";
import { openExemplars } from "../../exemplars/store.js";
import { openSyntax } from "../../language/syntax/open.js";
import { analyze } from "../../studies/analysis/analyze.js";
import { writeExamples } from "../../studies/analysis/examples.js";
import { VERDICT_HEADER, verdictRows, verdictsOf, writeAnalysis } from "../../studies/analysis/report.js";
import { builtInDescriber } from "../assets.js";
import { rendered } from "../reproduce.js";
import { subjectOf } from "../subjects/build.js";
import { CLASSIFIERS, classifierRun, STRANGER } from "./classifiers.js";
import { type FigureOptions, type Shown, scaleOf } from "./shown.js";

/** One analysis for each network. Errors: those of the steps. */
export async function analysisFigures(options: FigureOptions): Promise<Shown[]> {
  const { out, progress = silent } = options;
  const [syntax, vectors] = [await openSyntax(), await describerWordVectors(builtInDescriber())];
  const shown: Shown[] = [];
  for (const name of options.fast ? [STRANGER] : CLASSIFIERS) {
    const run = await classifierRun(name, options);
    const images = await rendered(out, subjectOf(name).data, "val", scaleOf(options), progress);
    const analysis = await analyze(run, { images, syntax, vectors, progress });
    const whole = analysis.curves[0].points[0].accuracy;
    const folder = join(out, "figures", "analysis", name);
    const files = await writeAnalysis(folder, analysis);
    const store = await openExemplars(run);
    files.push(...(await writeExamples(join(folder, "examples"), analysis.units, store).finally(() => store.close())));
    shown.push({
      figures: ["fig4", "fig13"],
      title: `Figures 4 and 13: ${name}, ${analysis.units.length} units on ${analysis.images} pictures, ${(100 * whole).toFixed(1)} % of them recognised with all units`,
      header: VERDICT_HEADER,
      rows: verdictRows(verdictsOf(analysis)),
      files,
    });
  }
  return shown;
}
