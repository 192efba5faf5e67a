/**
 * Says how good a generator of the world is: the share of its images in which classifiers of the same data see their class, and how many
 * of its units look into a corner. Run `npm run build` first, then
 *
 *     node scripts/judge-generator.js GENERATOR.onnx RUN CLASSIFIER.onnx...
 *
 * RUN is the generator's, dissected with latents. A unit looks into a corner if in more than half of its exemplars the mask covers three tenths of that
 * eighth by eighth of the image.
 */
import { recognition } from "../dist/builtin/subjects/gan-recognition.js";
import { openExemplars } from "../dist/exemplars/store.js";

const [generator, run, ...classifiers] = process.argv.slice(2);
for (const classifier of classifiers) {
  const share = await recognition(generator, classifier, { seed: 1 });
  console.log(`${classifier}: ${(100 * share).toFixed(1)} % recognised`);
}

const store = await openExemplars(run);
const { width, height, k } = store;
const [across, down] = [Math.ceil(width / 8), Math.ceil(height / 8)];
const CORNERS = {
  "upper left": [0, 0],
  "upper right": [width - across, 0],
  "lower left": [0, height - down],
  "lower right": [width - across, height - down],
};
const looking = Object.fromEntries(Object.keys(CORNERS).map((name) => [name, 0]));
let units = 0;
for (const layer of store.layers) {
  for (const row of layer.units.keys()) {
    units += 1;
    const masks = await Promise.all(Array.from({ length: k }, (_, rank) => store.mask(layer, row, rank)));
    for (const [name, corner] of Object.entries(CORNERS)) {
      if (masks.filter((mask) => share(mask, corner) > 0.3).length > k / 2) looking[name] += 1;
    }
  }
}
await store.close();
console.log(`units of ${units} that look into a corner: ${JSON.stringify(looking)}`);

/** Of the corner's pixels that the mask covers. */
function share(mask, [left, top]) {
  let covered = 0;
  for (let y = top; y < top + down; y++) for (let x = left; x < left + across; x++) covered += mask[y * width + x];
  return covered / (across * down);
}
