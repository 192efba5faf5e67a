/**
 * The audit with blurred faces on the made world (paper, section 6; Figures 5 and 6): the same classifiers are trained on pictures of people and on the
 * same pictures with faces blurred; both are dissected over pictures with faces as they are, described, and audited for faces. As the labels know where
 * faces are, the audit itself can be judged.
 *
 * All work is kept in one folder, step by step, and gone on with.
 */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Interval } from "../../base/bootstrap.js";
import { type Progress, silent } from "../../base/progress.js";
import { wilson } from "../../base/proportion.js";
import { VERSION } from "../../base/version.js";
import { IMAGENET } from "../../data/images/preprocess.js";
import type { LabelSource, Labels } from "../../data/labels/labels.js";
import { openWorldFolder, writeWorld } from "../../data/world/folder.js";
import { classesOf } from "../../data/world/world.js";
import { describe } from "../../describer/describe.js";
import { loadDescriber } from "../../describer/describer.js";
import { readModel } from "../../engine/onnx/model.js";
import { dissect } from "../../exemplars/dissect.js";
import { imageFolder } from "../../exemplars/probe.js";
import { openModel } from "../../exemplars/subject.js";
import { readDescriptions, writeDescriptions } from "../../run/descriptions.js";
import { Run } from "../../run/run.js";
import { openClassPictures } from "../../studies/ablation/class-pictures.js";
import { auditRun, comparisons, type RunAudit } from "../../studies/audit/audit.js";
import { blurThings } from "../../studies/audit/blur.js";
import { ruleOf } from "../../studies/audit/policy.js";
import { sameOrNew } from "../../studies/settings-file.js";
import { trainClassifier } from "../../studies/train-classifier.js";
import { judge } from "../../studies/train-classifier-judge.js";
import { openPixels } from "../../studies/train-classifier-pixels.js";
import { builtInDescriber } from "../assets.js";
import { subjectOf } from "../subjects/build.js";
import { smallAlexnet, smallResnet } from "../subjects/networks.js";
import type { ClassifierSettings } from "../subjects/subjects.js";
import { type FacesFindings, type FacesModel, type FaceUnit, TRAININGS, type Training } from "./findings.js";
import { truthsOf } from "./truth.js";
import { verdictsOf, WORD_LISTS, type WordList } from "./verdicts.js";

/** How large everything is. */
export interface FacesScale {
  /** Pictures to train on, to validate, to dissect with, and to measure the truth on. */
  readonly pictures: Readonly<Record<Part, number>>;
  readonly networks: readonly ("alexnet" | "resnet")[];
  readonly epochs: number;
  /** Each network is trained with each seed, on either pictures. */
  readonly seeds: readonly number[];
}

/** Eight networks: half an hour to an hour on two cores. */
export const FACES_FULL: FacesScale = {
  pictures: { train: 5200, val: 650, probe: 2000, grade: 1000 },
  ...{ networks: ["alexnet", "resnet"], epochs: 8, seeds: [1, 2] },
};

export interface FacesOptions {
  readonly out: string;
  readonly scale: FacesScale;
  readonly progress?: Progress;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

const PARTS = ["train", "val", "probe", "grade"] as const;
type Part = (typeof PARTS)[number];
/** Seeds of the parts: a picture of one is in no other. */
const PART_SEEDS = { train: 5, val: 6, probe: 3, grade: 4 } as const;
const SIZE = 64;

/** Does all of it. Errors: those of the steps; `UserError` when the folder was begun at another scale. */
export async function facesStudy(options: FacesOptions): Promise<FacesFindings> {
  const { out, scale, progress = silent } = options;
  await mkdir(out, { recursive: true });
  await sameOrNew(join(out, "scale.json"), scale, "the audit with blurred faces");
  await renderAll(out, scale, progress);
  const source = remembered(await openWorldFolder(picturesOf(out, "grade", "plain")));
  const models: FacesModel[] = [];
  const audits: RunAudit[] = [];
  for (const network of scale.networks) {
    for (const seed of scale.seeds) {
      for (const training of TRAININGS) {
        const model = { network, seed, training, name: `${training}-${network}-${seed}` };
        await train(model, options);
        await dissectAndDescribe(model, out, progress);
        const run = join(out, "runs", model.name);
        audits.push(await auditRun(run, RULES));
        models.push({
          ...{ ...model, run: join("runs", model.name), accuracy: await accuraciesOf(model, out, progress) },
          units: await unitsOf(model, out, source, progress),
        });
      }
    }
  }
  const { pictures } = scale;
  return { models, comparisons: comparisons(audits), verdicts: verdictsOf(models), pictures };
}

const WORDS = Object.keys(WORD_LISTS) as WordList[];
const RULES = WORDS.map((name) => ruleOf(WORD_LISTS[name], { name }));

interface Model {
  readonly name: string;
  readonly network: "alexnet" | "resnet";
  readonly seed: number;
  readonly training: Training;
}

/** @param faces whether they are as they are, or blurred. */
const picturesOf = (out: string, part: Part, faces: Training) =>
  join(out, "pictures", faces === "plain" ? part : `${part}-blurred`);

const modelOf = (out: string, { name }: Model) => join(out, "networks", `${name}.onnx`);

/** Renders what is missing, and blurs the faces of all but the pictures to dissect with. */
async function renderAll(out: string, { pictures }: FacesScale, progress: Progress): Promise<void> {
  for (const part of PARTS) {
    const plain = picturesOf(out, part, "plain");
    await once(plain, () =>
      writeWorld(plain, { set: "world-people", count: pictures[part], seed: PART_SEEDS[part], size: SIZE, progress }),
    );
    if (part === "probe") continue;
    const blurred = picturesOf(out, part, "blurred");
    await once(blurred, async () => {
      await rm(blurred, { recursive: true, force: true }); // of a killed study
      await blurThings(plain, await openWorldFolder(plain), { out: blurred, what: "faces", progress });
    });
  }
}

/** Makes a folder, unless `FOLDER.done` says that it was made. */
async function once(folder: string, make: () => Promise<unknown>): Promise<void> {
  if (existsSync(`${folder}.done`)) return;
  await make();
  await writeFile(`${folder}.done`, "");
}

async function train(model: Model, { out, scale, progress = silent, now }: FacesOptions): Promise<void> {
  const file = modelOf(out, model);
  if (existsSync(file)) return;
  const { network, seed, training } = model;
  await trainClassifier(picturesOf(out, "train", training), {
    ...(subjectOf(`${network}-objects`).settings as ClassifierSettings),
    ...{ epochs: scale.epochs, network: network === "alexnet" ? smallAlexnet : smallResnet, seed },
    ...{ validation: picturesOf(out, "val", training), out: file },
    ...{ resume: existsSync(file.replace(/\.onnx$/, ".checkpoint.safetensors")), progress, now },
  });
}

async function dissectAndDescribe(model: Model, out: string, progress: Progress): Promise<void> {
  const folder = join(out, "runs", model.name);
  if (existsSync(join(folder, "descriptions.csv"))) return;
  const { layers } = subjectOf(`${model.network}-objects`);
  const probe = imageFolder(picturesOf(out, "probe", "plain"));
  const subject = await openModel(modelOf(out, model));
  await (await dissect(subject, probe, { out: folder, layers: [...layers], progress })).close();
  const run = await Run.open(folder);
  const describer = await loadDescriber(builtInDescriber());
  try {
    const descriptions = [];
    for await (const description of describe(run, describer, { progress })) descriptions.push(description);
    const { search, lambda, beam, length } = describer.search;
    await writeDescriptions(
      join(folder, "descriptions.csv"),
      {
        ...{ milan: VERSION, describer: describer.path, describerSha256: describer.sha256 },
        ...{ search, lambda, beam, length, compat: null, clip: null },
      },
      descriptions,
    );
  } finally {
    await describer.close();
    await run.close();
  }
}

async function accuraciesOf(model: Model, out: string, progress: Progress): Promise<Record<Training, Interval>> {
  const file = modelOf(out, model);
  const of = async (faces: Training) => {
    const classes = classesOf("world-people").length;
    const pictures = await openClassPictures(picturesOf(out, "val", faces), {
      ...{ doing: "judging", outputs: classes, model: file },
    });
    try {
      const { set, ids, classes: labels } = pictures;
      const preprocessing = { ...IMAGENET, width: SIZE, height: SIZE };
      const validation = await openPixels({ set, ids, labels }, { preprocessing, cacheBytes: 2 ** 28, progress });
      const { accuracy, images } = await judge(await readModel(file), {
        ...{ preprocessing, validation, classes, batchSize: 64, threads: undefined },
      });
      return wilson(Math.round(accuracy * images), images);
    } finally {
      await pictures.close();
    }
  };
  return { plain: await of("plain"), blurred: await of("blurred") };
}

async function unitsOf(model: Model, out: string, source: LabelSource, progress: Progress): Promise<FaceUnit[]> {
  const run = join(out, "runs", model.name);
  const [truths, blurred] = [
    await truthsOf(run, picturesOf(out, "grade", "plain"), source, { progress }),
    await truthsOf(run, picturesOf(out, "grade", "blurred"), source, { progress }),
  ];
  const audit = await auditRun(run, RULES);
  const descriptions = new Map(
    (await readDescriptions(run)).map(({ layer, unit, description }) => [`${unit} ${layer}`, description]),
  );
  return truths.map((truth, i): FaceUnit => {
    const { layer, unit } = truth;
    const isFound = (words: WordList) =>
      audit.results[WORDS.indexOf(words)].findings.some((finding) => finding.layer === layer && finding.unit === unit);
    return {
      ...truth,
      description: descriptions.get(`${unit} ${layer}`) ?? "",
      found: { face: isFound("face"), people: isFound("people") },
      activeOnBlurred: blurred[i].activeOnFaces,
    };
  });
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
