/**
 * Grades what the simulated annotators say of a run, by the labels of pictures of the world that the run was not made with: what a describer that
 * learns from them can hope for.
 *
 *     node scripts/grade-annotators.js RUN PROBE PICTURES [held-out]
 *
 * PROBE is what the run was made of; with `held-out` only the units count that the built-in describer has not learned from. Prints the mean grade of each annotator, and of all.
 */
import { annotateStore } from "../dist/builtin/annotators/annotate.js";
import { HABITS } from "../dist/builtin/annotators/habits.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { splitUnits } from "../dist/data/annotations/split.js";
import { openWorldFolder } from "../dist/data/world/folder.js";
import { openExemplars } from "../dist/exemplars/store.js";
import { gradeClaims } from "../dist/studies/grading/grade.js";

const [run, probe, pictures, part] = process.argv.slice(2);
const progress = terminalProgress();
const store = await openExemplars(run, probe);
const annotations = await annotateStore(store, await openWorldFolder(probe), {
  ...{ seed: 0, sample: 1000, atLarge: { images: probe, isExact: true }, progress },
});
await store.close();
const isHeldOut = splitUnits(annotations, 0.1, 0);
const claims = annotations
  .filter((_, i) => part !== "held-out" || isHeldOut[i])
  .map(({ layer, unit, summary }) => ({ layer, unit, description: summary }));
// the annotators take turns
const methods = [...HABITS.map((_, habit) => claims.filter((_claim, i) => i % HABITS.length === habit)), claims];
const grades = await gradeClaims(run, methods, await openWorldFolder(pictures), { images: pictures, progress });
for (const [i, { grade, shuffled }] of grades.entries()) {
  const shown = [grade, shuffled].map(
    ({ value, low, high }) => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
  );
  console.log(`${HABITS[i]?.name ?? "all"}: grade ${shown[0]}, shuffled ${shown[1]}`);
}
