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
import { auditRun, comparisons } from "../../studies/audit/audit.js";
import { ruleOf } from "../../studies/audit/policy.js";
import { sameOrNew } from "../../studies/settings-file.js";
import { builtInDescriber } from "../assets.js";
import type { FacesFindings, FacesModel, FaceUnit, Said, Speaker, Training } from "./findings.js";
import { accuraciesOf, prepare, renderAll } from "./networks.js";
import { type FacesOptions, type Pupil, picturesOf, pupilsOf, runOf } from "./scale.js";
import { annotatedIn, describedBy, saidIn, teach } from "./speakers.js";
import { truthsOf, type UnitTruth } from "./truth.js";
import { verdictsOf, WORD_LISTS, WORDS } from "./verdicts.js";

/** Does all of it. Errors: those of the steps; `UserError` when the folder was begun at another scale. */
export async function facesStudy(options: FacesOptions): Promise<FacesFindings> {
  const { out, scale, progress = silent } = options;
  await mkdir(out, { recursive: true });
  await sameOrNew(join(out, "scale.json"), scale, "the audit with blurred faces");
  await renderAll(out, scale, progress);
  const pupils = pupilsOf(scale);
  for (const pupil of pupils) await prepare(pupil, options);
  const probe = await openWorldFolder(picturesOf(out, "probe", "plain"));
  const teachers = pupils.filter(({ teaches }) => teaches);
  const taught = teachers.length > 0 ? await teach(teachers, probe, options) : undefined;
  const grade = remembered(await openWorldFolder(picturesOf(out, "grade", "plain")));
  const models: FacesModel[] = [];
  const folders: Record<"built-in" | "taught", string[]> = { "built-in": [], taught: [] };
  for (const pupil of pupils) {
    const builtIn = await describedBy("built-in", builtInDescriber(), pupil, options);
    const byTaught =
      taught !== undefined && !pupil.teaches ? await describedBy("taught", taught, pupil, options) : undefined;
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
  return { models, comparisons: compared, verdicts: verdictsOf(models), pictures: scale.pictures };
}

async function unitsOf(
  pupil: Pupil,
  said: Partial<Record<Speaker, ReadonlyMap<string, Said>>>,
  source: LabelSource,
  options: FacesOptions,
): Promise<FaceUnit[]> {
  const truths = await truthsIn(pupil, "plain", source, options);
  const blurred = await truthsIn(pupil, "blurred", source, options);
  return truths.map((truth, i): FaceUnit => {
    const key = `${truth.unit} ${truth.layer}`;
    const own = Object.entries(said).flatMap(([speaker, all]) => (all.has(key) ? [[speaker, all.get(key)!]] : []));
    return { ...truth, said: Object.fromEntries(own), activeOnBlurred: blurred[i].activeOnFaces };
  });
}

/** Measured once, and kept. @param faces of the pictures that it is measured on. */
async function truthsIn(
  pupil: Pupil,
  faces: Training,
  source: LabelSource,
  { out, progress = silent }: FacesOptions,
): Promise<UnitTruth[]> {
  const file = join(out, "truths", `${pupil.name} on ${faces} faces.json`);
  if (existsSync(file)) return JSON.parse(await readFile(file, "utf8")) as UnitTruth[];
  const truths = await truthsOf(runOf(out, pupil), picturesOf(out, "grade", faces), source, { progress });
  await writeFileAtomically(file, `${JSON.stringify(truths)}\n`);
  return truths;
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
