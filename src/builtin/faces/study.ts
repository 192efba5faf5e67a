/**
 * The audit with blurred faces on the made world (paper, section 6; Figures 5 and 6): the same classifiers are trained on pictures of people and on the
 * same pictures with faces blurred; both are dissected over pictures with faces as they are, described, and audited for faces. As the labels know where
 * faces are, the audit itself can be judged.
 *
 * All work is kept in one folder, step by step, and gone on with.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../base/files.js";
import { silent } from "../../base/progress.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import { openWorldFolder } from "../../data/world/folder.js";
import { classesOf } from "../../data/world/world.js";
import { auditRun, comparisons, type RunAudit } from "../../studies/audit/audit.js";
import { ruleOf } from "../../studies/audit/policy.js";
import { sameOrNew } from "../../studies/settings-file.js";
import { builtInDescriber } from "../assets.js";
import { taught } from "../taught.js";
import type { FacesFindings, FacesModel, FaceUnit, Said, Speaker } from "./findings.js";
import { accuraciesOf, prepare, renderAll } from "./networks.js";
import { type FacesOptions, type Pupil, picturesOf, pupilsOf, runOf } from "./scale.js";
import { annotatedIn, describedBy, saidIn } from "./speakers.js";
import { activityOf, truthsOf } from "./truth.js";
import { DEFINITIONS, verdictsOf, WORD_LISTS, WORDS } from "./verdicts.js";

/**
 * The kinds of people, which are the classes: neither the truth nor the annotators call anything so, because the question is what units look at, not for
 * which class. People, children and faces remain.
 */
const KINDS = classesOf("world-people");

/** Does all of it. Errors: those of the steps; `UserError` when the folder was begun at another scale. */
export async function facesStudy(options: FacesOptions): Promise<FacesFindings> {
  const { out, scale, progress = silent } = options;
  await mkdir(out, { recursive: true });
  await sameOrNew(join(out, "scale.json"), scale, "the audit with blurred faces");
  await renderAll(out, scale, progress);
  const pupils = pupilsOf(scale);
  for (const pupil of pupils) await prepare(pupil, options);
  const probe = unnamed(await openWorldFolder(picturesOf(out, "probe", "plain")), KINDS);
  const teachers = pupils.filter(({ teaches }) => teaches);
  const runs = teachers.map((teacher) => runOf(out, teacher));
  const learning = { ...scale.describer, source: probe, progress, now: options.now };
  const path = runs.length > 0 ? await taught({ ...learning, runs, out: join(out, "describer") }) : undefined;
  const grade = remembered(await openWorldFolder(picturesOf(out, "grade", "plain")));
  const models: FacesModel[] = [];
  const folders: Record<"built-in" | "taught", string[]> = { "built-in": [], taught: [] };
  for (const pupil of pupils) {
    const builtIn = await describedBy("built-in", builtInDescriber(), pupil, options);
    const byTaught =
      path !== undefined && !pupil.teaches ? await describedBy("taught", path, pupil, options) : undefined;
    folders["built-in"].push(builtIn);
    if (byTaught !== undefined) folders.taught.push(byTaught);
    const said: Partial<Record<Speaker, ReadonlyMap<string, Said>>> = {
      "built-in": await saidIn(builtIn),
      ...(byTaught !== undefined && { taught: await saidIn(byTaught) }),
      ...(pupil.teaches && { annotators: await annotatedIn(runOf(out, pupil)) }),
    };
    const { name, network, seed, training } = pupil;
    models.push({
      ...{ name, network, seed, training, run: join("runs", name), accuracy: await accuraciesOf(pupil, options) },
      units: await unitsOf(pupil, said, grade, options),
    });
  }
  const rules = WORDS.map((words) => ruleOf(WORD_LISTS[words], { name: words }));
  const compared = [];
  for (const speaker of ["built-in", "taught"] as const) {
    const audits = [];
    for (const folder of folders[speaker]) audits.push(await auditRun(folder, rules));
    compared.push(...comparisons(audits).map((comparison) => ({ ...comparison, speaker })));
  }
  const labelled = comparisons(models.map(auditByLabels));
  compared.push(...labelled.map((comparison) => ({ ...comparison, speaker: "labels" as const })));
  return { models, comparisons: compared, verdicts: verdictsOf(models) };
}

/** What an audit would find that knows the labels: a rule for each definition. */
const auditByLabels = ({ name, units }: FacesModel): RunAudit => ({
  ...{ run: name, model: undefined },
  results: Object.entries(DEFINITIONS).map(([definition, holds]) => ({
    rule: { name: definition, words: [] },
    ...{ findings: [], standing: units.filter(holds).length, described: units.length, failed: undefined },
  })),
});

async function unitsOf(
  pupil: Pupil,
  said: Partial<Record<Speaker, ReadonlyMap<string, Said>>>,
  source: LabelSource,
  options: FacesOptions,
): Promise<FaceUnit[]> {
  const { out, progress = silent } = options;
  const run = runOf(out, pupil);
  const truths = await kept(join(out, "truths", `${pupil.name}.json`), () =>
    truthsOf(run, picturesOf(out, "grade", "plain"), source, { progress, withheld: KINDS }),
  );
  const blurred = await kept(join(out, "truths", `${pupil.name} on blurred faces.json`), async () => {
    const { totals } = await activityOf(run, picturesOf(out, "grade", "blurred"), source, { progress });
    return totals.map(({ activeOnFaces }) => activeOnFaces);
  });
  return truths.map((truth, i): FaceUnit => {
    const key = `${truth.unit} ${truth.layer}`;
    const own = Object.entries(said).flatMap(([speaker, all]) => (all.has(key) ? [[speaker, all.get(key)!]] : []));
    return { ...truth, said: Object.fromEntries(own), activeOnBlurred: blurred[i] };
  });
}

/** What was measured once, from its file. */
async function kept<T>(file: string, measure: () => Promise<T>): Promise<T> {
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as T;
  const found = await measure();
  await writeFileAtomically(file, `${JSON.stringify(found)}\n`);
  return found;
}

/** Labels that are rendered once for all networks: 20 kB a picture. The blurred pictures show what the others do. */
function remembered(source: LabelSource): LabelSource {
  const known = new Map<string, Promise<Labels>>();
  return {
    ...source,
    labels(file, size) {
      const key = `${size} ${file.replace(/\.\w+$/, "")}`;
      const found = known.get(key) ?? source.labels(file, size);
      known.set(key, found);
      return found;
    },
  };
}

/** Labels in which some names do not occur. */
function unnamed(source: LabelSource, withheld: readonly string[]): LabelSource {
  const isKept = (name: string) => !withheld.includes(name);
  return {
    ...source,
    names: new Set([...source.names].filter(isKept)),
    async labels(file, size) {
      const labels = await source.labels(file, size);
      return { ...labels, things: labels.things.map((thing) => ({ ...thing, names: thing.names.filter(isKept) })) };
    },
  };
}
