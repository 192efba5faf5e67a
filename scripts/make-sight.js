/**
 * Writes the network the built-in describer sees with: the banks, and the student that `scripts/distil-encoder.js` taught. Run
 * `npm run build` first, then
 *
 *     node scripts/make-sight.js OUT.onnx STUDENT.safetensors PICTURES [PICTURES...]
 *
 * STUDENT may be the checkpoint of a training that is under way. The scales of the features are measured on 600 of the PICTURES, drawn by
 * seed from all of them alike.
 */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Random } from "../dist/base/random.js";
import { measureScales } from "../dist/builtin/encoder/scales.js";
import { SIGHT_SIZE, sightModel } from "../dist/builtin/encoder/sight.js";
import { readStudent } from "../dist/builtin/encoder/student.js";
import { batches } from "../dist/data/images/batches.js";
import { openImages } from "../dist/data/images/open.js";
import { IMAGENET } from "../dist/data/images/preprocess.js";
import { writeModel } from "../dist/engine/onnx/model.js";

const PICTURES = 600;
const [out, studentPath, ...paths] = process.argv.slice(2);
mkdirSync(dirname(resolve(out)), { recursive: true });
const weights = await readStudent(studentPath);
const preprocessing = { ...IMAGENET, width: SIGHT_SIZE, height: SIGHT_SIZE };

async function* pictures() {
  for (const path of paths) {
    const set = await openImages(path);
    const ids = new Random(0)
      .permutation(set.entries.length)
      .slice(0, Math.ceil(PICTURES / paths.length))
      .sort();
    for await (const { input } of batches(set, ids, { batchSize: 8, preprocessing })) yield input;
    await set.close();
  }
}

const scales = await measureScales(sightModel(weights), pictures());
await writeModel(sightModel(weights, scales), out);
process.stdout.write(`${out}: written\n`);
