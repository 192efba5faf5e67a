/**
 * Units that are planted rather than grown: each is active where a drawn question to the labels is answered yes, coarsely, with a second question
 * mixed in and noise, as the units of networks are. They show a describer what every word looks like, also those that no unit of the few
 * networks that were trained happens to be about. The network knows its pictures and nothing else (`zoo/oracle.ts`).
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { batches } from "../../data/images/batches.js";
import { openImages } from "../../data/images/open.js";
import { IMAGENET } from "../../data/images/preprocess.js";
import { ConceptCounter } from "../../data/labels/concepts.js";
import { evaluate } from "../../data/labels/evaluate.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import { type Atom, type Query, REGIONS } from "../../data/labels/query.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { ndarray } from "../../engine/tensor/ndarray.js";
import { oracleNetwork } from "../../zoo/oracle.js";

export interface PlantOptions {
  /** How many. */
  readonly units: number;
  readonly seed: number;
  /** Side of the pictures as they are fed, and of the labels; default 64. */
  readonly size?: number;
  /** Side of the activation maps; default 8. */
  readonly grid?: number;
  readonly progress?: Progress;
}

/** Kinds of questions, by how often they are drawn. */
const KINDS = { atom: 0.4, attribute: 0.2, region: 0.15, beside: 0.05, either: 0.2 } as const;
/** A question is kept if it is true somewhere in so many pictures. */
const LEAST_PICTURES = 10;
/** What holds of more of the pixels is no unit's. */
const MOST_PIXELS = 0.3;

/** Strength of the second question, and of the noise. */
const LEAK = 0.3;
const NOISE = 0.08;

/**
 * Builds the network for the pictures of a folder. Input as `IMAGENET` says, at `size`; the one layer is `units`.
 * @param source knows the pictures.
 * Memory: labels of all pictures (12 KB each at 64 pixels), and the maps (grid² x 4 bytes a unit and picture).
 */
export async function plantedNetwork(
  images: string,
  source: LabelSource,
  { units, seed, size = 64, grid = 8, progress = silent }: PlantOptions,
): Promise<{ model: OnnxModel; queries: readonly Query[] }> {
  const random = new Random(seed);
  const set = await openImages(images);
  try {
    const count = set.entries.length;
    const shown: Labels[] = [];
    const concepts = new ConceptCounter(0);
    progress.begin("labels", count, "picture");
    for (const { file } of set.entries) {
      shown.push(await source.labels(file, size));
      concepts.add(shown[shown.length - 1], []);
      progress.update(shown.length);
    }
    progress.end();
    const rates = concepts.atoms.map((_, i) => concepts.pixels(i) / (count * size * size));
    const atoms = concepts.atoms.filter((_, i) => rates[i] <= MOST_PIXELS);
    const found = drawShares(atoms, shown, units, grid, random, progress);
    const pictures = await pixelsOf(set, count, size);
    const maps = new Float32Array(count * units * grid * grid);
    for (const [unit, shares] of found.shares.entries()) {
      const other = found.shares[random.integer(units)];
      for (let picture = 0; picture < count; picture++) {
        const [gain, leak] = [0.6 + 0.8 * random.uniform(), LEAK * random.uniform()];
        for (let cell = 0; cell < grid * grid; cell++) {
          const at = picture * grid * grid + cell;
          maps[(picture * units + unit) * grid * grid + cell] =
            gain * shares[at] + leak * other[at] + NOISE * random.normal();
        }
      }
    }
    const model = oracleNetwork(
      ndarray("float32", [count, 3, size, size], pictures),
      ndarray("float32", [count, units, grid, grid], maps),
    );
    return { model, queries: found.queries };
  } finally {
    await set.close();
  }
}

/** Different questions that hold often enough, with the share of each cell that they cover: [picture, y, x]. */
function drawShares(
  atoms: readonly Atom[],
  shown: readonly Labels[],
  units: number,
  grid: number,
  random: Random,
  progress: Progress,
) {
  const [queries, shares]: [Query[], Float32Array[]] = [[], []];
  const tried = new Set<string>();
  progress.begin("planting", units, "unit");
  for (let draws = 0; queries.length < units && draws < 40 * units; draws++) {
    const query = drawQuery(atoms, random);
    const key = JSON.stringify(query);
    if (tried.has(key)) continue;
    tried.add(key);
    const covered = new Float32Array(shown.length * grid * grid);
    let pictures = 0;
    for (const [picture, labels] of shown.entries()) {
      const into = covered.subarray(picture * grid * grid, (picture + 1) * grid * grid);
      if (pool(evaluate(query, labels), labels.size, into, grid)) pictures++;
    }
    if (pictures < LEAST_PICTURES) continue;
    queries.push(query);
    shares.push(covered);
    progress.update(queries.length);
  }
  progress.end();
  if (queries.length === 0) {
    throw new UserError(
      `planting units: no question holds in ${LEAST_PICTURES} of the ${shown.length} pictures; expected some, give more pictures`,
    );
  }
  // a small world has fewer questions than units: some are planted again, under other noise
  while (queries.length < units) {
    const again = random.integer(queries.length);
    queries.push(queries[again]);
    shares.push(shares[again]);
  }
  return { queries, shares };
}

const ATTRIBUTES: readonly Query["is"][] = ["colour", "texture", "material"];

function drawQuery(atoms: readonly Atom[], random: Random): Query {
  const any = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  // each kind as often, however many names it has; things most of all
  const kinds: Atom["is"][] = [...new Set(atoms.map(({ is }) => is))].filter((is) => is !== "background");
  const atomOf = (is: Atom["is"]) => any(atoms.filter((atom) => atom.is === is));
  const atom = () => atomOf(kinds.includes("thing") && random.uniform() < 0.5 ? "thing" : any(kinds));
  const has = (is: Atom["is"]) => kinds.includes(is);
  let draw = random.uniform();
  const is = (share: number) => (draw -= share) < 0;
  if (is(KINDS.atom) || !has("thing")) return atom();
  if (is(KINDS.attribute)) {
    const attributes = kinds.filter((kind) => ATTRIBUTES.includes(kind));
    if (attributes.length > 0) return { is: "and", of: [atomOf(any(attributes)), atomOf("thing")] };
  }
  if (is(KINDS.region)) return { is: "region", region: any(REGIONS), of: atomOf("thing") };
  if (is(KINDS.beside)) {
    return { is: any(["above", "below", "beside"] as const), what: { is: "background" }, to: atomOf("thing") };
  }
  const first = atom();
  return { is: "or", of: [first, atomOf(first.is)] };
}

/** Means of the cells. @returns whether any is not 0. */
function pool(mask: Uint8Array, size: number, into: Float32Array, grid: number): boolean {
  const cell = size / grid;
  let isAny = false;
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    isAny = true;
    into[Math.floor(Math.floor(at / size) / cell) * grid + Math.floor((at % size) / cell)] += 1 / (cell * cell);
  }
  return isAny;
}

async function pixelsOf(
  set: Awaited<ReturnType<typeof openImages>>,
  count: number,
  size: number,
): Promise<Float32Array> {
  const length = 3 * size * size;
  const pictures = new Float32Array(count * length);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const preprocessing = { ...IMAGENET, width: size, height: size };
  for await (const { ids, input } of batches(set, order, { batchSize: 32, preprocessing })) {
    for (const [row, id] of ids.entries())
      pictures.set(input.data.subarray(row * length, (row + 1) * length), id * length);
  }
  return pictures;
}
