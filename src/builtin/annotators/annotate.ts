/**
 * Simulated annotations of units, in the form in which people's are kept. Nobody has looked at anything: three habits of describing
 * (`habits.ts`) are applied to what is known of the pictures under the masks. They are for teaching a describer English
 * and what is worth saying; they are no measure of one, and whoever shows them says that they are simulated.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { writeFileAtomically } from "../../base/files.js";
import { sha256 } from "../../base/hash.js";
import { type Progress, silent } from "../../base/progress.js";
import { Random } from "../../base/random.js";
import { VERSION } from "../../base/version.js";
import { type Annotation, writeAnnotations } from "../../data/annotations/annotations.js";
import type { LabelSource } from "../../data/labels/labels.js";
import type { ExemplarLayer, ExemplarStore } from "../../exemplars/store.js";
import { type AtLargeOptions, measureAtLarge } from "./at-large.js";
import { type Candidates, candidatesFor, isAttribute, knownAtLarge } from "./candidates.js";
import { edgeSentence } from "./edge-wording.js";
import { EdgeMeter, type Edges } from "./edges.js";
import { type Fit, Yardstick } from "./fit.js";
import { choose, type Generality, generalityOf, HABITS, type Habit } from "./habits.js";
import { vagueSentence } from "./vague.js";
import { Gallery } from "./views.js";
import { Speaker, sentence } from "./wording.js";

export interface AnnotateOptions {
  /** Same seed, same words. */
  readonly seed: number;
  /** Annotations a unit, default 3: the three annotators in turn. */
  readonly perUnit?: number;
  readonly progress?: Progress;
  /** Pictures that stand for the pictures at large; default 150. */
  readonly sample?: number;
  /** Whether annotators know where units are active at large, in a sample of as many pictures (`at-large.ts`), and say what fits that; otherwise they know the exemplars alone, as people do. */
  readonly atLarge?: KnowingAtLarge;
}

export interface KnowingAtLarge {
  /** The pictures that the store, a run, was made of. */
  readonly images: string;
  /**
   * Whether the source knows every pixel, as of the made world. Then what fits a unit at large is said although it is true of few of the exemplars, and before
   * lines and edges are; what is known of one object a picture is not worth that.
   */
  readonly isExact: boolean;
}

/** Of exemplars, an annotator needs a few to see a rule. */
const LEAST_VIEWS = 3;

/**
 * Annotates all units of a store. Units without exemplars to look at (flawed ones) are left out.
 * @param source knows the store's pictures.
 * Errors: `UserError` when the store does not say what its pictures are, or the source does not know one.
 */
export async function annotateStore(
  store: ExemplarStore,
  source: LabelSource,
  { seed, perUnit = 3, progress = silent, sample = 150, atLarge }: AnnotateOptions,
): Promise<Annotation[]> {
  if (!(Number.isInteger(perUnit) && perUnit >= 1)) {
    throw new UserError(`annotating ${store.folder}: ${perUnit} annotations a unit; expected a whole number from 1`);
  }
  const gallery = new Gallery(store, source);
  const yardstick = new Yardstick(await gallery.sample(sample, seed));
  const units: (Evidence & { layer: string; unit: number })[] = [];
  const total = store.layers.reduce((sum, { units }) => sum + units.length, 0);
  progress.begin("annotating", total, "unit");
  let done = 0;
  for (const layer of store.layers) {
    for (const [row, unit] of layer.units.entries()) {
      const evidence = await lookAt(store, gallery, yardstick, layer, row);
      if (evidence) units.push({ layer: layer.name, unit, ...evidence });
      progress.update(++done);
    }
  }
  progress.end();
  const known = atLarge
    ? await seenAtLarge(store, source, units, { images: atLarge.images, sample, seed, progress })
    : units;
  const isExact = atLarge?.isExact ?? false;
  return known.flatMap(({ layer, unit, ...evidence }) =>
    Array.from({ length: perUnit }, (_, i): Annotation => {
      const random = new Random(Number.parseInt(sha256(`${seed} ${layer} ${unit} ${i}`).slice(0, 8), 16));
      return { layer, unit, summary: summaryOf(evidence, HABITS[i % HABITS.length], random, isExact) };
    }),
  );
}

/** The same units, with what is known of their candidates at large. */
async function seenAtLarge<Unit extends Evidence & { layer: string; unit: number }>(
  store: ExemplarStore,
  source: LabelSource,
  units: readonly Unit[],
  options: AtLargeOptions,
): Promise<Unit[]> {
  const said = units.map(({ layer, unit, candidates }) => ({
    ...{ layer, unit, queries: candidates.all.map(({ query }) => query) },
  }));
  const atLarge = await measureAtLarge(store.folder, said, source, options);
  return units.map((each, at) => ({ ...each, candidates: knownAtLarge(each.candidates, atLarge[at]) }));
}

/** What annotators know of a unit. */
interface Evidence {
  readonly candidates: Candidates;
  readonly edges: Edges | undefined;
  readonly generality: Generality;
}

async function lookAt(
  store: ExemplarStore,
  gallery: Gallery,
  yardstick: Yardstick,
  layer: ExemplarLayer,
  row: number,
): Promise<Evidence | undefined> {
  const views = await gallery.views(layer, row);
  if (views.length < Math.min(LEAST_VIEWS, store.k)) return undefined;
  const candidates = candidatesFor(views, yardstick);
  const isClear = candidates.atoms.some(
    ({ query, information, precision }) => !isAttribute(query) && information > 1.5 * CLEAR && precision > 0.6,
  );
  const meter = new EdgeMeter();
  if (!isClear) {
    const images = await Promise.all(views.map(({ image }) => store.image(image)));
    for (const [i, { whole }] of views.entries()) meter.add(images[i], whole, store.width);
  }
  return { candidates, edges: meter.edges, generality: generalityOf(views, yardstick.sample) };
}

/** Information beyond which what is shown matters more than how its lines run. */
const CLEAR = 0.9;

function summaryOf(
  { candidates, edges, generality }: Evidence,
  habit: Habit,
  random: Random,
  isExact: boolean,
): string {
  const say = new Speaker(random, habit);
  // Breeds and species are known to few.
  const obscure = new Set(
    candidates.atoms.flatMap(({ query }) => (query.is === "thing" && generality(query.name) > 1 ? [query.name] : [])),
  );
  const ignored = say.chance(0.5) ? obscure : new Set<string>();
  const chosen = choose(candidates, habit, generality, random, ignored, isExact);
  const isTold = isExact && chosen !== undefined && chosen.atLarge!.lift >= TELLING;
  if (edges && !isTold && speaksOfEdges(chosen, edges, habit, say)) {
    const looks = chosen && isAttribute(chosen.query) && chosen.information > FAINT ? chosen.query : undefined;
    return edgeSentence(edges, looks, say);
  }
  return chosen ? sentence(chosen.query, say) : vagueSentence(habit, candidates, say);
}

/** Information below which what is shown hardly matters. */
const FAINT = 0.25;

/** Lift at large beyond which what is shown is said, and not how its lines run. */
const TELLING = 3;

function speaksOfEdges(chosen: Fit | undefined, { coherence }: Edges, habit: Habit, say: Speaker): boolean {
  if (!chosen) return say.chance(0.95);
  if (chosen.information < FAINT) return say.chance(coherence > 0.65 ? 0.9 : 0.5);
  if (isAttribute(chosen.query)) return say.chance(0.65 + 0.7 * (coherence - 0.5));
  if (chosen.information > CLEAR) return habit.name === "attribute-first" && say.chance(coherence - 0.4);
  return say.chance(habit.name === "generic" ? 0.5 : 0.8);
}

/** Names of the files of simulated annotations. */
const TABLE = "annotations.csv";
const ORIGIN = "annotators.json";

/** Writes `annotations.csv`, and beside it `annotators.json`, which says that nobody said this. */
export async function writeSimulated(
  folder: string,
  annotations: readonly Annotation[],
  {
    seed,
    source,
    atLarge,
  }: Pick<AnnotateOptions, "seed" | "atLarge"> & { readonly source: Pick<LabelSource, "title"> },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const origin = {
    simulated: true,
    note: "No person wrote these annotations: a program chose them by what is known of the pictures under the masks.",
    annotators: HABITS.map(({ name }) => name),
    labels: source.title,
    evidence: atLarge ? "exemplars, and where units are active in a sample of the pictures at large" : "exemplars",
    seed,
    version: VERSION,
  };
  await writeFileAtomically(join(folder, ORIGIN), `${JSON.stringify(origin, null, 2)}\n`);
  await writeAnnotations(join(folder, TABLE), annotations);
}
