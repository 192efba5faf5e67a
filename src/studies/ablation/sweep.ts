/**
 * Accuracy of a classifier under many ablations (paper, section 5; appendix D): for each of many sets of units, how many pictures of each class
 * are still recognised when these units are silent.
 *
 * Only what an ablation can change is computed anew. Sets are tried together that silence units of the same layers: the network runs once over a
 * batch of pictures, and the suffix behind those layers (`engine/onnx/suffix.ts`) runs over rows, each a picture and a set. A unit that is zero all
 * over a picture cannot change what is said of it, so that row is left out. Counts are those of the whole network with the units silenced.
 *
 * Memory: what crosses the border for a batch of pictures, 64 MB of rows, and 256 MB of decoded pictures.
 */
import { UserError } from "../../base/errors.js";
import { type Progress, silent } from "../../base/progress.js";
import type { Preprocessing } from "../../data/images/preprocess.js";
import { withGraph } from "../../engine/onnx/edit.js";
import { type Layer, UNIT_AXES } from "../../engine/onnx/layers.js";
import { ROWS, type Suffix, suffixBehind } from "../../engine/onnx/suffix.js";
import { toValueInfo } from "../../engine/onnx/values.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../../engine/runtime/session.js";
import { type NdArray, ndarray, sizeOf } from "../../engine/tensor/ndarray.js";
import { imageProbe } from "../../exemplars/probe.js";
import { imageInput } from "../../exemplars/subject.js";
import type { ClassPictures } from "./class-pictures.js";
import { answersOf, type Classifier } from "./classifier.js";
import { Passes } from "./passes.js";

/** Units to silence: their numbers, by layer. */
export type UnitSet = ReadonlyMap<Layer, readonly number[]>;

export interface SweepOptions extends SessionOptions {
  readonly preprocessing: Preprocessing;
  /** Pictures run at once; default 32. */
  readonly batchSize?: number;
  readonly progress?: Progress;
}

export interface Sweep {
  /** Pictures of each class that could be read. */
  readonly images: Uint32Array;
  /** Right answers by class, with all units. */
  readonly whole: Uint32Array;
  /** [set]: right answers by class, with the set's units silent. */
  readonly sets: readonly Uint32Array[];
  /** [set]: pictures that are recognised only with the set's units silent, and only with all units. */
  readonly gained: Uint32Array;
  readonly lost: Uint32Array;
  /** Rows that were run, of sets times pictures: the others could not differ. */
  readonly rows: number;
}

/** Share of right answers over all classes. */
export const accuracyOf = (right: Uint32Array, images: Uint32Array): number => sum(right) / sum(images);

const sum = (counts: Uint32Array) => counts.reduce((a, b) => a + b, 0);

const BATCH_SIZE = 32;
/** Of what the suffix is fed with, once for each row. */
const ROW_BYTES = 64 * 2 ** 20;
/** More rows would no longer stay in the processor's caches. */
const MOST_ROWS = 64;
/** Sets of more different combinations of layers are tried together behind the first of all of them. */
const MOST_GROUPS = 8;

/** Sets that silence units of some layers. */
interface Group {
  readonly layers: readonly Layer[];
  /** Numbers of the sets. */
  readonly sets: readonly number[];
}

/**
 * Tries sets of units.
 * Errors: `UserError` when no picture can be read.
 */
export async function sweep(
  classifier: Classifier,
  pictures: ClassPictures,
  sets: readonly UnitSet[],
  options: SweepOptions,
): Promise<Sweep> {
  const { progress = silent } = options;
  const tally: Tally = {
    images: new Uint32Array(classifier.classes),
    whole: new Uint32Array(classifier.classes),
    sets: sets.map(() => new Uint32Array(classifier.classes)),
    gained: new Uint32Array(sets.length),
    lost: new Uint32Array(sets.length),
    rows: 0,
  };
  const groups = groupsOf(sets);
  const { preprocessing, batchSize = BATCH_SIZE } = options;
  const probe = imageProbe(pictures.set, preprocessing, imageInput(classifier.subject).name, progress);
  const passes = new Passes(probe, pictures.ids, batchSize, groups.length > 1);
  progress.begin("ablating", pictures.ids.length * Math.max(1, groups.length), "image");
  try {
    if (groups.length === 0) await new GroupSweep(classifier, pictures, passes, sets, undefined, options).run(tally, 0);
    for (const [i, group] of groups.entries())
      await new GroupSweep(classifier, pictures, passes, sets, group, options).run(tally, i);
  } finally {
    progress.end();
  }
  if (sum(tally.images) === 0) {
    throw new UserError(`ablating on ${pictures.set.location}: no picture can be read; expected some`);
  }
  return tally;
}

interface Tally extends Sweep {
  rows: number;
}

function groupsOf(sets: readonly UnitSet[]): Group[] {
  const groups = new Map<string, { layers: readonly Layer[]; sets: number[] }>();
  for (const [number, set] of sets.entries()) {
    const layers = [...set.keys()].filter((layer) => set.get(layer)!.length > 0);
    const key = layers
      .map(({ name }) => name)
      .sort()
      .join("\n");
    const group = groups.get(key);
    if (group) group.sets.push(number);
    else groups.set(key, { layers, sets: [number] });
  }
  const all = [...groups.values()];
  const many = all.filter(({ layers }) => layers.length > 1);
  if (all.length <= MOST_GROUPS || many.length < 2) return all;
  const layers = [...new Set(many.flatMap((group) => group.layers))];
  return [...all.filter(({ layers }) => layers.length <= 1), { layers, sets: many.flatMap((group) => group.sets) }];
}

/** One pass over the pictures, for the sets of one group. */
class GroupSweep {
  readonly #classifier: Classifier;
  readonly #pictures: ClassPictures;
  readonly #passes: Passes;
  readonly #sets: readonly UnitSet[];
  readonly #group: Group | undefined;
  readonly #options: SweepOptions;
  readonly #input: string;

  constructor(
    classifier: Classifier,
    pictures: ClassPictures,
    passes: Passes,
    sets: readonly UnitSet[],
    group: Group | undefined,
    options: SweepOptions,
  ) {
    this.#classifier = classifier;
    this.#pictures = pictures;
    this.#passes = passes;
    this.#sets = sets;
    this.#group = group;
    this.#options = options;
    this.#input = imageInput(classifier.subject).name;
  }

  /** Adds to the tally. @param turn number of the group: the first one counts the pictures, and leaves the whole network's answers to the others. */
  async run(tally: Tally, turn: number): Promise<void> {
    const { model, output, infos } = this.#classifier;
    const { preprocessing, batchSize, progress = silent, ...session } = this.#options;
    const suffix = this.#group && suffixBehind(model, this.#group.layers, infos, [output]);
    const border = suffix ? [...suffix.border.values()].filter(({ name }) => name !== this.#input) : [];
    const isAsked = turn === 0 || border.some(({ name }) => name === output);
    const outputs = [
      ...model.proto.graph!.output.filter(({ name }) => isAsked && name === output),
      ...border.filter(({ name }) => name !== output).map(toValueInfo),
    ];
    const prefix = outputs.length > 0 ? await openSession(withGraph(model, { output: outputs }), session) : undefined;
    const behind = suffix && (await openSession(suffix.model, session));
    try {
      const classOf = new Map([...this.#pictures.ids].map((id, i) => [id, this.#pictures.classes[i]]));
      let [done, batch] = [0, 0];
      for await (const { ids, feeds } of this.#passes.pass()) {
        const found = { ...(await prefix?.run(feeds)), ...feeds };
        const classes = Int32Array.from(ids, (id) => classOf.get(id)!);
        if (turn === 0) this.#passes.answers.push(answersOf(found[output]));
        const answers = this.#passes.answers[batch++];
        if (turn === 0) {
          for (const [image, right] of classes.entries()) {
            tally.images[right]++;
            if (answers[image] === right) tally.whole[right]++;
          }
        }
        if (suffix && behind) await this.#rows(suffix, behind, found, classes, answers, tally);
        done += classes.length;
        progress.update(turn * this.#pictures.ids.length + done);
      }
    } finally {
      await prefix?.close();
      await behind?.close();
    }
  }

  /** Runs all sets on a batch. @param found the border's tensors, by name. */
  async #rows(
    { border, masks }: Suffix,
    session: Session,
    found: Arrays,
    classes: Int32Array,
    answers: Int32Array,
    tally: Tally,
  ): Promise<void> {
    const { layers, sets } = this.#group!;
    const crossing = Object.fromEntries([...border].map(([name, info]) => [name, found[info.name]]));
    const bytes = Object.values(crossing).reduce((size, { data, shape }) => size + data.byteLength / shape[0], 0);
    const most = Math.max(8, Math.min(MOST_ROWS, Math.floor(ROW_BYTES / bytes)));
    const active = new Map(
      layers.flatMap((layer) => (found[layer.name] ? [[layer, activity(found[layer.name], layer)] as const] : [])),
    );
    const isQuiet = (set: UnitSet, image: number) =>
      [...set].every(([layer, units]) => units.every((unit) => active.get(layer)?.[image * layer.units + unit] === 0));
    const pending: { set: number; image: number }[] = [];
    const flush = async () => {
      const rows = pending.splice(0);
      if (rows.length === 0) return;
      const feeds: Arrays = {
        ...crossing,
        [ROWS]: ndarray(
          "int64",
          [rows.length],
          BigInt64Array.from(rows, ({ image }) => BigInt(image)),
        ),
      };
      for (const layer of layers)
        feeds[masks.get(layer.name)!] = maskOf(
          layer,
          rows.map(({ set }) => this.#sets[set]),
        );
      const said = answersOf((await session.run(feeds))[this.#classifier.output]);
      for (const [row, { set, image }] of rows.entries()) {
        const [isRight, wasRight] = [said[row] === classes[image], answers[image] === classes[image]];
        if (isRight) tally.sets[set][classes[image]]++;
        if (isRight && !wasRight) tally.gained[set]++;
        if (wasRight && !isRight) tally.lost[set]++;
      }
      tally.rows += rows.length;
    };
    for (const set of sets) {
      for (let image = 0; image < classes.length; image++) {
        if (isQuiet(this.#sets[set], image)) {
          if (answers[image] === classes[image]) tally.sets[set][classes[image]]++;
          continue;
        }
        pending.push({ set, image });
        if (pending.length === most) await flush();
      }
    }
    await flush();
  }
}

/** uint8 [image, unit]: whether the unit is other than zero anywhere. @param maps the layer's tensor, [image, ...]. */
function activity({ data, shape }: NdArray, layer: Layer): Uint8Array {
  const { units } = layer;
  const axis = UNIT_AXES[layer.kind];
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(1, axis));
  const found = new Uint8Array(shape[0] * units);
  // half floats are bits: minus zero is 0x8000
  const isZero = layer.dtype === "float16" ? (value: number) => (value & 0x7fff) === 0 : (value: number) => value === 0;
  let at = 0;
  for (let image = 0; image < shape[0]; image++) {
    for (let o = 0; o < outer; o++) {
      for (let unit = 0; unit < units; unit++) {
        for (let i = 0; i < inner; i++, at++) if (!isZero(Number(data[at]))) found[image * units + unit] = 1;
      }
    }
  }
  return found;
}

/** float32 [row, unit]: 0 for a row's silent units, 1 for the others. */
function maskOf(layer: Layer, rows: readonly UnitSet[]): NdArray<"float32"> {
  const data = new Float32Array(rows.length * layer.units).fill(1);
  for (const [row, set] of rows.entries()) for (const unit of set.get(layer) ?? []) data[row * layer.units + unit] = 0;
  return ndarray("float32", [rows.length, layer.units], data);
}
