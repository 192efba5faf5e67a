/**
 * What the paper's tables need, again, on the made world: its networks are trained, dissected, annotated (by simulated annotators) and
 * described, and everything is judged as the paper judges it, and by grades besides. Nothing is needed but Milan itself. What is then laid out
 * as which table is in `tables.ts`.
 *
 * - Table 1: the networks that are annotated.
 * - Table 2: NetDissect, Compositional Explanations, p(d|E) and mutual information, each network by a describer of all the others.
 * - Table 3: within networks, and across architectures, data sets, tasks, and to a transformer trained by self-supervision.
 * - Table 4: how far annotators agree.
 * - Table 5: what their annotations are made of.
 * - Table 6: what generated descriptions are made of.
 *
 * All work is kept in one folder, step by step, and gone on with.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../base/files.js";
import { type Progress, silent } from "../base/progress.js";
import { Random } from "../base/random.js";
import { readAnnotations } from "../data/annotations/annotations.js";
import { openWorldFolder, writeWorld } from "../data/world/folder.js";
import { classesOf, WORLD_SETS, type WorldSet } from "../data/world/world.js";
import { openEncoder } from "../describer/training/encoder-source.js";
import { resolveLayers } from "../engine/onnx/layers.js";
import { dissect } from "../exemplars/dissect.js";
import { imageFolder, latentFolder } from "../exemplars/probe.js";
import { openExemplars } from "../exemplars/store.js";
import { openModel, type Subject } from "../exemplars/subject.js";
import type { TextMetric } from "../language/metric.js";
import { generalize, type Outcome } from "../studies/generalization/generalize.js";
import type { Protocol } from "../studies/generalization/protocol.js";
import { worldsFor } from "../studies/generalization/worlds.js";
import { sameOrNew } from "../studies/settings-file.js";
import { annotateStore, writeSimulated } from "./annotators/annotate.js";
import { openGenerated } from "./annotators/generated.js";
import { builtInDescriber, builtInNetwork, isBuiltIn } from "./assets.js";
import { buildSubject, picturesFor, type SubjectFacts, subjectOf, writeSubjectLatents } from "./subjects/build.js";
import { CLASS } from "./subjects/gan-generator.js";
import { SUBJECTS } from "./subjects/subjects.js";
import { type NetworkAnnotation, table3Group } from "./tables.js";

export const TABLES = ["table1", "table2", "table3", "table4", "table5", "table6"] as const;
export type TableName = (typeof TABLES)[number];

/** How large everything is. */
export interface Scale {
  readonly subjects: readonly string[];
  /** Pictures to train on, of each class; to validate, to dissect with, to grade on, of each data set. */
  readonly pictures: readonly [trainPerClass: number, validation: number, probe: number, grade: number];
  /** Layers of each subject, from the last; default all it has. */
  readonly layers?: number;
  /** Units of a layer, drawn by a seed where it has more; default all. The paper's transformer, too, has 100 of each layer annotated. */
  readonly unitsPerLayer?: number;
  /** Of the subjects' settings, instead of their own. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly training: { readonly epochs: number; readonly patience: number; readonly hidden: number };
}

/** As `npm run build-world` makes them. */
export const FULL: Scale = {
  subjects: SUBJECTS.map(({ name }) => name),
  pictures: [750, 960, 2400, 1200],
  unitsPerLayer: 100,
  settings: {},
  training: { epochs: 20, patience: 5, hidden: 256 },
};

/** Four classifiers, trained for a few minutes: half an hour in all. */
export const FAST: Scale = {
  subjects: ["alexnet-objects", "resnet-objects", "alexnet-scenes", "resnet-scenes"],
  pictures: [150, 480, 1200, 400],
  settings: { epochs: 3 },
  training: { epochs: 15, patience: 5, hidden: 128 },
};

export interface ReproduceOptions {
  readonly tables: readonly TableName[];
  readonly out: string;
  readonly scale: Scale;
  readonly seeds?: readonly number[];
  readonly metrics: readonly TextMetric[];
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

export interface Reproduced {
  readonly subjects: readonly SubjectFacts[];
  /** Of all networks; none when only Table 1 was asked for. */
  readonly annotations: readonly NetworkAnnotation[];
  readonly outcomes: readonly Outcome[];
}

/** What the tables need of describers. */
const NEEDS: Record<TableName, readonly Protocol[]> = {
  table1: [],
  table2: ["left-out"],
  table3: ["within", "across"],
  table4: [],
  table5: [],
  table6: ["left-out"],
};

/** Does what is needed for some tables. Errors: those of the steps. */
export async function reproduce(options: ReproduceOptions): Promise<Reproduced> {
  const { tables, out, scale, seeds = [0], metrics, progress = silent, now } = options;
  await sameOrNew(join(out, "scale.json"), scale, "reproducing");
  const subjects: SubjectFacts[] = [];
  for (const name of scale.subjects) subjects.push(await subjectIn(out, name, scale, progress, now));
  if (tables.every((table) => table === "table1")) return { subjects, annotations: [], outcomes: [] };
  const annotations: NetworkAnnotation[] = [];
  for (const facts of subjects) {
    const { list } = await readAnnotations(await annotated(out, facts, scale, progress));
    for (const each of list) annotations.push({ ...each, network: facts.name });
  }
  const protocols = [...new Set(tables.flatMap((table) => NEEDS[table]))];
  if (protocols.length === 0) return { subjects, annotations, outcomes: [] };
  for (const set of new Set(subjects.map(({ name }) => subjectOf(name).data))) {
    await rendered(out, set, "grade", scale, progress);
  }
  const outcomes = await generalize(
    subjects.map(({ name }) => join(out, "runs", name)),
    {
      ...{ out: join(out, "study"), protocols, seeds, metrics, progress, now },
      // pairs that differ in two ways at once belong to no row of Table 3
      judges: (pair) => pair.protocol !== "across" || table3Group(pair) !== undefined,
      encoder: await openEncoder(builtInDescriber()),
      labelled: worldsFor(WORLD_SETS.map((set) => partOf(out, set, "grade")).filter(existsSync)),
      training: {
        ...{ epochs: scale.training.epochs, patience: scale.training.patience },
        sizes: { hidden: scale.training.hidden },
      },
    },
  );
  return { subjects, annotations, outcomes };
}

const PARTS = ["train", "val", "probe", "grade"] as const;
/** Seeds of the parts: a picture of one is in no other. */
const PART_SEEDS = { train: 5, val: 6, probe: 3, grade: 4 } as const;

type Part = (typeof PARTS)[number];

const partOf = (out: string, set: WorldSet, part: Part): string =>
  part === "train" || part === "val" ? join(out, "pictures", set, part) : join(out, "pictures", `${set}-${part}`);

/** Pictures of a part, rendered where they are not yet. Returns their folder. */
export async function rendered(
  out: string,
  set: WorldSet,
  part: Part,
  { pictures }: Scale,
  progress: Progress,
): Promise<string> {
  const folder = partOf(out, set, part);
  const done = `${folder}.done`;
  if (existsSync(done)) return folder;
  const count = pictures[PARTS.indexOf(part)] * (part === "train" ? classesOf(set).length : 1);
  await writeWorld(folder, { set, count, seed: PART_SEEDS[part], size: 64, progress });
  await writeFile(done, "");
  return folder;
}

/**
 * Trains one of the subjects, or finds it trained: `subjects/NAME.onnx`. Its pictures are rendered before. Networks that ship are not trained again, unless
 * with other settings.
 */
async function subjectIn(
  out: string,
  name: string,
  scale: Scale,
  progress: Progress,
  now: () => number,
): Promise<SubjectFacts> {
  const folder = join(out, "subjects");
  const facts = join(folder, `${name}.json`);
  if (existsSync(facts)) return JSON.parse(await readFile(facts, "utf8")) as SubjectFacts;
  const subject = subjectOf(name);
  const { settings } = scale;
  if (Object.keys(settings).length === 0 && isBuiltIn(name)) {
    const network = builtInNetwork(name);
    await mkdir(folder, { recursive: true });
    const copy = join(folder, `${name}.onnx`);
    await copyFile(network, copy);
    const told = await readFile(network.replace(/\.onnx$/, ".json"), "utf8");
    const known = JSON.parse(told) as SubjectFacts;
    await writeSubjectLatents(subject, known.classes.length, copy);
    await writeFileAtomically(facts, told);
    return known;
  }
  for (const part of ["train", "val"] as const) await rendered(out, subject.data, part, scale, progress);
  const pictures = await picturesFor(subject, join(out, "pictures", subject.data), progress);
  return buildSubject(subject, pictures, folder, { settings, progress, now });
}

/** Dissects and annotates a subject, where that is not done. Returns the table of annotations. */
async function annotated(
  out: string,
  { name, layers }: SubjectFacts,
  scale: Scale,
  progress: Progress,
): Promise<string> {
  const run = join(out, "runs", name);
  const table = join(run, "annotations.csv");
  if (existsSync(table)) return table;
  const { data, network } = subjectOf(name);
  const file = join(out, "subjects", `${name}.onnx`);
  const latents = join(out, "subjects", `${name}.latents`);
  const probe = await rendered(out, data, "probe", scale, progress);
  const opener = network === "gan" ? latentFolder(latents) : imageFolder(probe);
  const model = await openModel(file);
  const chosen = layers.slice(-(scale.layers ?? layers.length));
  const units = someUnits(model, chosen, scale.unitsPerLayer);
  await (await dissect(model, opener, { out: run, layers: chosen, units, progress })).close();
  const source =
    network === "gan"
      ? await openGenerated({ run, classes: join(latents, `${CLASS}.npy`), set: data })
      : await openWorldFolder(probe);
  const store = await openExemplars(run);
  try {
    const seed = 0;
    await writeSimulated(run, await annotateStore(store, source, { seed, progress }), { seed, source });
  } finally {
    await store.close();
  }
  return table;
}

/** Units of the layers that have more than `most`, drawn by a seed. */
function someUnits(
  model: Subject,
  names: readonly string[],
  most = Number.POSITIVE_INFINITY,
): Record<string, readonly number[]> {
  const large = resolveLayers(model.layers, names).filter(({ units }) => units > most);
  return Object.fromEntries(
    large.map(({ name, units }, i) => [name, [...new Random(i).permutation(units).subarray(0, most)]]),
  );
}
