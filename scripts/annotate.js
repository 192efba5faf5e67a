// Lets the simulated annotators (src/builtin/annotators) describe the units of a run whose pictures are of the world, or have boxes or index masks, or
// were marked by `milan spurious`, or made by a generator of the world:
//
//   npm run build
//   node scripts/annotate.js world RUN OUT IMAGES
//   node scripts/annotate.js boxes RUN OUT IMAGES BOXES.csv SIDE
//   node scripts/annotate.js masks RUN OUT IMAGES MASKS CLASSES.csv
//   node scripts/annotate.js marks RUN OUT IMAGES
//   node scripts/annotate.js generated RUN OUT LATENTS SET
//
// IMAGES is what the run was made of; LATENTS the folder that a generator's was made with, and SET its data set. Writes OUT/annotations.csv and OUT/annotators.json, which says that they are simulated.
import { join } from "node:path";
import { annotateStore, writeSimulated } from "../dist/builtin/annotators/annotate.js";
import { openGenerated } from "../dist/builtin/annotators/generated.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { openBoxes } from "../dist/data/labels/boxes.js";
import { openIndexMasks } from "../dist/data/labels/index-masks.js";
import { openMarked } from "../dist/data/labels/marks.js";
import { openWorldFolder } from "../dist/data/world/folder.js";
import { openExemplars } from "../dist/exemplars/store.js";

const [kind, run, out, images, ...rest] = process.argv.slice(2);
const sources = {
  world: () => openWorldFolder(images),
  boxes: () => openBoxes({ images, boxes: rest[0], side: Number(rest[1]) }),
  masks: () => openIndexMasks({ images, masks: rest[0], classes: rest[1] }),
  marks: () => openMarked(images),
  generated: () => openGenerated({ run, classes: join(images, "class.npy"), set: rest[0] }),
};
if (!sources[kind]) throw new Error("expected world, boxes, masks, marks or generated; see the top of this file");
const seed = 0;
// by exemplars alone, what is said of alexnet-objects is graded 0.764 with it, 0.747 with the 150 that a study can afford
const sample = 1000;
const source = await sources[kind]();
const store = await openExemplars(run, kind === "generated" ? undefined : images);
const options = {
  ...{ seed, sample, progress: terminalProgress() },
  ...(kind !== "generated" && { atLarge: { images, isExact: kind === "world" } }),
};
const annotations = await annotateStore(store, source, options);
await writeSimulated(out, annotations, { ...options, source });
console.log(`${out}: ${annotations.length} simulated annotations`);
await store.close();
await source.close?.();
