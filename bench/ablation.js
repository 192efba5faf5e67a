/**
 * Accuracy under ablation of single units: the sweep over suffixes against the plain loop. Run `npm run build` first, then
 *
 *     node bench/ablation.js MODEL IMAGES [images, default 1000] [units by the plain loop, default 40] [layer...]
 *
 * MODEL is a classifier, IMAGES its class folders. All units of the layers (default: the principal ones) are tried by the sweep; the plain
 * loop feeds the whole network with a mask input, unit by unit, over pixels that are decoded once, for units spread evenly over the
 * layers, and its time is scaled up to all. Both must count the same right answers.
 */
import { batches } from "../dist/data/images/batches.js";
import { ablate } from "../dist/engine/onnx/ablate.js";
import { resolveLayers } from "../dist/engine/onnx/layers.js";
import { openSession } from "../dist/engine/runtime/open.js";
import { ndarray } from "../dist/engine/tensor/ndarray.js";
import { imageInput, openModel, preprocessingOf } from "../dist/exemplars/subject.js";
import { openClassPictures } from "../dist/studies/ablation/class-pictures.js";
import { answersOf, classifierOf } from "../dist/studies/ablation/classifier.js";
import { sweep } from "../dist/studies/ablation/sweep.js";

const [path, images, count = "1000", plain = "40", ...names] = process.argv.slice(2);
const subject = await openModel(path);
const classifier = await classifierOf("bench", subject);
const all = await openClassPictures(images, { doing: "bench", outputs: classifier.classes, model: path });
const stride = Math.max(1, Math.floor(all.ids.length / Number(count)));
const chosen = Array.from(all.ids.keys())
  .filter((i) => i % stride === 0)
  .slice(0, Number(count));
const pictures = {
  ...all,
  ids: Uint32Array.from(chosen, (i) => all.ids[i]),
  classes: Uint32Array.from(chosen, (i) => all.classes[i]),
};
const layers =
  names.length > 0 ? resolveLayers(subject.layers, names) : subject.layers.filter(({ principal }) => principal);
const units = layers.flatMap((layer) => Array.from({ length: layer.units }, (_, unit) => ({ layer, unit })));
const preprocessing = preprocessingOf(subject);
const seconds = (since) => (performance.now() - since) / 1000;

let began = performance.now();
const found = await sweep(
  classifier,
  pictures,
  units.map(({ layer, unit }) => new Map([[layer, [unit]]])),
  { preprocessing },
);
const ours = seconds(began);

const decoded = [];
for await (const { input, ids } of batches(pictures.set, pictures.ids, { batchSize: 32, preprocessing })) {
  const own = ndarray("float32", [...input.shape], input.data.slice());
  decoded.push({ own, classes: Array.from(ids, (id) => pictures.classes[pictures.ids.indexOf(id)]) });
}
const { model, masks } = ablate(subject.model, layers);
const session = await openSession(model);
const ones = (layer) => ndarray("float32", [1, layer.units], new Float32Array(layer.units).fill(1));
const step = Math.max(1, Math.floor(units.length / Number(plain)));
const some = Array.from(units.keys()).filter((i) => i % step === 0);
began = performance.now();
for (const i of some) {
  const feeds = Object.fromEntries(layers.map((layer) => [masks.get(layer.name), ones(layer)]));
  feeds[masks.get(units[i].layer.name)].data[units[i].unit] = 0;
  let right = 0;
  for (const { own, classes } of decoded) {
    const answers = answersOf((await session.run({ ...feeds, [imageInput(subject).name]: own }))[classifier.output]);
    right += classes.filter((own, k) => answers[k] === own).length;
  }
  const counted = found.sets[i].reduce((a, b) => a + b, 0);
  if (counted !== right) console.log(`unit ${i}: ${counted} right by the sweep, ${right} by the plain loop`);
}
const loop = (seconds(began) / some.length) * units.length;
await session.close();
await all.close();
console.log(
  `${units.length} units of ${layers.length} layers on ${pictures.ids.length} pictures: sweep ${ours.toFixed(1)} s, plain loop ${loop.toFixed(1)} s (from ${some.length} units), ratio ${(loop / ours).toFixed(1)}; ` +
    `${((100 * found.rows) / (units.length * pictures.ids.length)).toFixed(0)} % of the rows could differ and were run`,
);
