// Lets the simulated annotators (src/builtin/annotators) describe the units of a run whose photographs have boxes or index masks:
//
//   npm run build
//   node scripts/annotate.js boxes RUN OUT IMAGES BOXES.csv SIDE [SEED]
//   node scripts/annotate.js masks RUN OUT IMAGES MASKS CLASSES.csv [SEED]
//
// IMAGES is what the run was made of. Writes OUT/annotations.csv and OUT/annotators.json, which says that they are simulated.
import { annotateStore, writeSimulated } from "../dist/builtin/annotators/annotate.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { openBoxes } from "../dist/data/labels/boxes.js";
import { openIndexMasks } from "../dist/data/labels/index-masks.js";
import { openExemplars } from "../dist/exemplars/store.js";

const [kind, run, out, images, ...rest] = process.argv.slice(2);
const sources = {
  boxes: () => openBoxes({ images, boxes: rest[0], side: Number(rest[1]) }),
  masks: () => openIndexMasks({ images, masks: rest[0], classes: rest[1] }),
};
if (!sources[kind] || rest.length < 2)
  throw new Error("expected boxes or masks, and their arguments; see the top of this file");
const seed = Number(rest[2] ?? 0);
const source = await sources[kind]();
const store = await openExemplars(run, images);
const annotations = await annotateStore(store, source, { seed, progress: terminalProgress() });
await writeSimulated(out, annotations, { seed, source });
console.log(`${out}: ${annotations.length} simulated annotations`);
await store.close();
await source.close?.();
