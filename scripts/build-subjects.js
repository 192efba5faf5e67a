/**
 * Trains the subject networks of the built-in world. Run `npm run build` first, then
 *
 *     node scripts/build-subjects.js OUT OBJECTS SCENES [NAME...]
 *
 * OBJECTS and SCENES have class folders in `train/` and `val/`, as `milan world` writes them at 64 pixels (close-ups of the objects, for the GAN, are put into OBJECTS-close); NAMES are those of `src/builtin/subjects/subjects.ts`, default all. Killed, the
 * same command goes on where it stopped; what is finished is not trained again. LIMIT=n takes n pictures of each class, for a first
 * try, and SETTINGS='{"epochs":2}' other settings.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildSubject, picturesFor, subjectOf } from "../dist/builtin/subjects/build.js";
import { SUBJECTS } from "../dist/builtin/subjects/subjects.js";
import { terminalProgress } from "../dist/cli/progress.js";

const [out, objects, scenes, ...names] = process.argv.slice(2);
const pictures = { "world-objects": objects, "world-scenes": scenes };
const { LIMIT, SETTINGS = "{}" } = process.env;
for (const subject of names.length > 0 ? names.map(subjectOf) : SUBJECTS) {
  if (existsSync(join(out, `${subject.name}.json`))) continue;
  const progress = terminalProgress();
  const facts = await buildSubject(subject, await picturesFor(subject, pictures[subject.data], progress), out, {
    ...{ limitPerClass: LIMIT && Number(LIMIT), settings: JSON.parse(SETTINGS) },
    ...{ progress, now: () => performance.now() },
  });
  console.log(`${subject.name}: ${JSON.stringify(facts.figures)} in ${facts.seconds} s, ${facts.bytes} bytes`);
}
