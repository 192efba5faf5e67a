/**
 * Cost of the baselines over labelled pictures. Run `npm run build` first, then
 *
 *     node bench/baselines.js RUN WORLD [units by brute force, default 3]
 *
 * RUN is a run over pictures of the made world with all layers wanted, WORLD a folder of `milan world`. Prints, of one run:
 * - NetDissect (labels, masks, counts) against the bare forward pass of the same network over the same decoded pictures;
 * - Compositional Explanations (length 3, beam 5) against brute force on the same pictures and concepts: a mask of every formula, as the
 *   paper's description has it, for a few units. Both find the same intersection over union, which is checked.
 */
import { batches } from "../dist/data/images/batches.js";
import { openImages } from "../dist/data/images/open.js";
import { evaluate } from "../dist/data/labels/evaluate.js";
import { Strata } from "../dist/data/labels/strata.js";
import { openWorldFolder } from "../dist/data/world/folder.js";
import { openSession } from "../dist/engine/runtime/open.js";
import { unitsOf } from "../dist/exemplars/layout.js";
import { imageInput, openModel } from "../dist/exemplars/subject.js";
import { Run } from "../dist/run/run.js";
import { Explainer } from "../dist/studies/baselines/compexp.js";
import { layoutFor } from "../dist/studies/described-run.js";
import { LabelledPass } from "../dist/studies/labelled-pass.js";

const [runFolder, world, brute = "3"] = process.argv.slice(2);
const run = await Run.open(runFolder);
const set = await openImages(world);
const source = await openWorldFolder(world);
const seconds = (since) => (performance.now() - since) / 1000;

const subject = await openModel(run.manifest.modelPath);
const session = await openSession(subject.model);
const order = Uint32Array.from({ length: set.entries.length }, (_, i) => i);
const preprocessing = run.manifest.preprocessing;
const decoded = [];
for await (const { input, count } of batches(set, order, { batchSize: 8, preprocessing })) {
  decoded.push({
    dtype: "float32",
    shape: [count, ...input.shape.slice(1)],
    data: input.data.slice(0, (input.data.length / 8) * count),
  });
}
let began = performance.now();
for (const feed of decoded) await session.run({ [imageInput(subject).name]: feed });
const bare = seconds(began);

const layers = run.layers.map((layer) => ({
  layout: layoutFor(layer),
  levels: layer.levels,
}));
const units = layers.reduce((sum, { layout }) => sum + unitsOf(layout).length, 0);
began = performance.now();
const pass = await LabelledPass.open("bench", run, set, source, {});
await pass.labels();
const labelling = seconds(began);
const strata = new Strata(units);
const kept = [];
began = performance.now();
let watching = 0;
for await (const { labels, covered } of pass.pictures(layers)) {
  const before = performance.now();
  strata.add(labels, covered.flat());
  watching += performance.now() - before;
  kept.push({ labels, covered: covered.flat() });
}
const explainer = new Explainer(strata);
for (let unit = 0; unit < units; unit++) explainer.explain(strata.unit(unit), { length: 1 });
const netdissect = seconds(began);
console.log(
  `${kept.length} pictures, ${units} units, ${strata.atoms.length} concepts, ${strata.count} strata of ${kept.length * kept[0].labels.thing.length} pixels`,
);
console.log(
  `bare forward pass ${bare.toFixed(1)} s; NetDissect without labelling ${netdissect.toFixed(1)} s (counting ${(watching / 1000).toFixed(1)} s), ratio ${(netdissect / bare).toFixed(2)}; labels rendered in ${labelling.toFixed(1)} s, ratio ${((netdissect + labelling) / bare).toFixed(2)}`,
);

began = performance.now();
const found = Array.from({ length: units }, (_, unit) => explainer.explain(strata.unit(unit)));
const ours = units / seconds(began);
const masks = strata.atoms.map((atom) => concatenated(kept.map(({ labels }) => evaluate(atom, labels))));
began = performance.now();
const chosen = Array.from({ length: Number(brute) }, (_, i) => Math.floor(((i + 0.5) * units) / Number(brute)));
for (const unit of chosen) {
  const mask = concatenated(
    kept.map(({ labels, covered }) => {
      const plane = new Uint8Array(labels.thing.length);
      for (const at of covered[unit]) plane[at] = 1;
      return plane;
    }),
  );
  const expected = bruteForce(masks, mask);
  const iou = found[unit].at(-1)?.iou ?? 0;
  if (Math.abs(iou - expected) > 1e-9) throw new Error(`unit ${unit}: ${iou}, by brute force ${expected}`);
}
const naive = chosen.length / seconds(began);
console.log(
  `Compositional Explanations: ${ours.toFixed(1)} units/s, by brute force ${naive.toFixed(4)} units/s, ratio ${(ours / naive).toFixed(0)}; equal IoUs`,
);
await session.close();
await set.close();
await run.close();

function concatenated(planes) {
  const all = new Uint8Array(planes.length * planes[0].length);
  for (const [i, plane] of planes.entries()) all.set(plane, i * plane.length);
  return all;
}

/** The best IoU of a beam search on masks. */
function bruteForce(concepts, unit, length = 3, beam = 5) {
  const area = unit.reduce((sum, value) => sum + value, 0);
  const iou = (mask) => {
    let [both, size] = [0, 0];
    for (let i = 0; i < mask.length; i++) {
      size += mask[i];
      both += mask[i] & unit[i];
    }
    return both / (size + area - both);
  };
  const joins = [(a, b) => a | b, (a, b) => a & b, (a, b) => a & (1 - b)];
  let kept = concepts.map((mask, i) => ({ mask, iou: iou(mask), used: [i] })).filter((node) => node.iou > 0);
  kept = kept.sort((a, b) => b.iou - a.iou).slice(0, beam);
  const scratch = new Uint8Array(unit.length);
  for (let n = 2; n <= length; n++) {
    const next = [...kept];
    for (const node of kept.filter(({ used }) => used.length === n - 1)) {
      for (const [i, other] of concepts.entries()) {
        if (node.used.includes(i)) continue;
        for (const join of joins) {
          for (let at = 0; at < scratch.length; at++) scratch[at] = join(node.mask[at], other[at]);
          const score = iou(scratch);
          // masks of the best only are kept
          if (score > (next.at(-1)?.iou ?? 0) || next.length < beam) {
            next.push({ mask: scratch.slice(), iou: score, used: [...node.used, i] });
            next.sort((a, b) => b.iou - a.iou);
            if (next.length > beam) next.pop();
          }
        }
      }
    }
    kept = next;
  }
  return kept[0]?.iou ?? 0;
}
