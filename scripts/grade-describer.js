/**
 * Grades a describer on the units of a run that it has not learned from, by the labels of pictures of the world:
 *
 *     node scripts/grade-describer.js OUT.json DESCRIBER RUN PICTURES
 *
 * The held-out units are described twice, by the describer's own search (PMI) and by p(d|E) alone, and both are graded beside their controls.
 * Leaves the first in RUN/descriptions.csv and RUN/grades.csv.
 */
import { basename, join } from "node:path";
import { writeFileAtomically } from "../dist/base/files.js";
import { VERSION } from "../dist/base/version.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { splitUnits } from "../dist/data/annotations/split.js";
import { openWorldFolder } from "../dist/data/world/folder.js";
import { describe } from "../dist/describer/describe.js";
import { loadDescriber } from "../dist/describer/describer.js";
import { openExemplars } from "../dist/exemplars/store.js";
import { writeDescriptions } from "../dist/run/descriptions.js";
import { gradeRun } from "../dist/studies/grading/grade.js";
import { GRADES_FILE, gradesLines, writeGrades } from "../dist/studies/grading/report.js";

const [out, describerPath, run, pictures] = process.argv.slice(2);
const progress = terminalProgress();
const describer = await loadDescriber(describerPath);
const { holdOut, seed } = describer.training;
const store = await openExemplars(run);
const isLearned = describer.training.sets.some(({ name }) => basename(name) === basename(run));
const only = (layer, unit) => !isLearned || splitUnits([{ layer, unit }], holdOut, seed)[0];
const source = await openWorldFolder(pictures);
const found = {};
for (const search of ["beam", "rerank"]) {
  const descriptions = [];
  for await (const each of describe(store, describer, { search, only, progress })) descriptions.push(each);
  const header = { milan: VERSION, describer: describerPath, describerSha256: null, ...describer.search, search };
  await writeDescriptions(join(run, "descriptions.csv"), { ...header, compat: null, clip: null }, descriptions);
  const grades = await gradeRun(run, source, { images: pictures, progress });
  await writeGrades(join(run, GRADES_FILE), grades);
  const { grade, shuffled, constant, reachable, iou, bestIou, understood, images } = grades;
  const units = grades.layers.reduce((sum, { rows }) => sum + rows.length, 0);
  found[search] = { units, images, understood, grade, shuffled, constant, reachable, iou, bestIou };
  console.log(`${run} ${search}: ${gradesLines(grades).at(-1).join("  ")}`);
}
await writeFileAtomically(out, `${JSON.stringify(found, null, 2)}\n`);
await store.close();
await describer.close();
