/** The networks of the audit with blurred faces: their pictures, their training, their dissection over faces as they are. */
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import type { Interval } from "../../base/bootstrap.js";
import { type Progress, silent } from "../../base/progress.js";
import { wilson } from "../../base/proportion.js";
import { IMAGENET } from "../../data/images/preprocess.js";
import { openWorldFolder, writeWorld } from "../../data/world/folder.js";
import { classesOf } from "../../data/world/world.js";
import { readModel } from "../../engine/onnx/model.js";
import { dissect } from "../../exemplars/dissect.js";
import { imageFolder } from "../../exemplars/probe.js";
import { openModel } from "../../exemplars/subject.js";
import { openClassPictures } from "../../studies/ablation/class-pictures.js";
import { blurThings } from "../../studies/audit/blur.js";
import { trainClassifier } from "../../studies/train-classifier.js";
import { judge } from "../../studies/train-classifier-judge.js";
import { openPixels } from "../../studies/train-classifier-pixels.js";
import { subjectOf } from "../subjects/build.js";
import { smallAlexnet, smallResnet } from "../subjects/networks.js";
import type { ClassifierSettings } from "../subjects/subjects.js";
import type { Training } from "./findings.js";
import { type FacesOptions, type FacesScale, modelOf, PARTS, type Pupil, picturesOf, runOf, SIZE } from "./scale.js";

/** Seeds of the parts: a picture of one is in no other. */
const PART_SEEDS = { train: 5, val: 6, probe: 3, grade: 4 } as const;

/** Renders what is missing, and blurs the faces of all but the pictures to dissect with. */
export async function renderAll(out: string, { pictures }: FacesScale, progress: Progress): Promise<void> {
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

/** The recipe of the subject of the same architecture: what differs between two trainings is the pictures alone. */
const recipeOf = ({ network }: Pupil) => subjectOf(`${network}-objects`);

/** Trains and dissects a network, as far as that is not done. */
export async function prepare(pupil: Pupil, { out, scale, progress = silent, now }: FacesOptions): Promise<void> {
  const { network, seed, training } = pupil;
  const [file, run] = [modelOf(out, pupil), runOf(out, pupil)];
  const { settings, layers } = recipeOf(pupil);
  if (!existsSync(file)) {
    await trainClassifier(picturesOf(out, "train", training), {
      ...(settings as ClassifierSettings),
      ...{ epochs: scale.epochs, network: network === "alexnet" ? smallAlexnet : smallResnet, seed },
      ...{ validation: picturesOf(out, "val", training), out: file },
      ...{ resume: existsSync(file.replace(/\.onnx$/, ".checkpoint.safetensors")), progress, now },
    });
  }
  await once(run, async () => {
    const chosen = layers.slice(-(scale.layers ?? layers.length));
    const probe = imageFolder(picturesOf(out, "probe", "plain"));
    await (await dissect(await openModel(file), probe, { out: run, layers: chosen, progress })).close();
  });
}

/** Shares of the validation pictures that a network knows, with faces and with blurred ones. */
export async function accuraciesOf(
  pupil: Pupil,
  { out, progress = silent }: FacesOptions,
): Promise<Record<Training, Interval>> {
  const file = modelOf(out, pupil);
  const classes = classesOf("world-people").length;
  const preprocessing = { ...IMAGENET, width: SIZE, height: SIZE };
  const of = async (faces: Training) => {
    const pictures = await openClassPictures(picturesOf(out, "val", faces), {
      ...{ doing: "judging", outputs: classes, model: file },
    });
    try {
      const { set, ids, classes: labels } = pictures;
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
