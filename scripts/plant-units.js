// Plants units in pictures of the world (src/builtin/annotators/planted.ts), to be dissected and annotated like any network's:
//
//   npm run build
//   node scripts/plant-units.js OUT.onnx IMAGES UNITS SEED
//   node scripts/plant-units.js OUT.onnx IMAGES UNITS SEED boxes BOXES.csv SIDE
//   node scripts/plant-units.js OUT.onnx IMAGES UNITS SEED marks
//
// In the second form IMAGES are photographs with boxes, in the third pictures that `milan spurious` has marked.
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFileAtomically } from "../dist/base/files.js";
import { plantedNetwork } from "../dist/builtin/annotators/planted.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { openBoxes } from "../dist/data/labels/boxes.js";
import { openMarked } from "../dist/data/labels/marks.js";
import { openWorldFolder } from "../dist/data/world/folder.js";
import { writeModel } from "../dist/engine/onnx/model.js";
import { notation } from "../dist/studies/grading/notation.js";

const [out, images, units, seed, kind = "world", boxes, side] = process.argv.slice(2);
await mkdir(dirname(out), { recursive: true });
const options = { units: Number(units), seed: Number(seed), progress: terminalProgress() };
const sources = {
  world: () => openWorldFolder(images),
  boxes: () => openBoxes({ images, boxes, side: Number(side) }),
  marks: () => openMarked(images),
};
if (!sources[kind]) throw new Error("expected boxes, marks or nothing; see the top of this file");
const source = await sources[kind]();
const { model, queries } = await plantedNetwork(images, source, options);
await source.close?.();
await writeModel(model, out);
await writeFileAtomically(`${out}.txt`, `${queries.map(notation).join("\n")}\n`);
console.log(`${out}: ${queries.length} planted units`);
