/** A batch for Mechanical Turk: `hit.html`, `batch.csv`, the pictures to be hosted, the qualification, and what to do with them. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import type { Progress } from "../base/progress.js";
import { expectVacant, writeWholeFolder } from "../base/whole-folder.js";
import type { ExemplarStore } from "../exemplars/store.js";
import { answerKey, hitTemplate, INPUT_COLUMNS, pictureColumn, questionForm, readMe } from "./mturk-template.js";
import { Pictures } from "./pictures.js";
import type { Study, StudyUnit } from "./study.js";

export interface BatchOptions {
  /** A new or empty folder. */
  readonly out: string;
  /** The address at which `pictures/` will be: `https://example.org/milan/pictures`. */
  readonly pictureUrl: string;
  readonly progress: Progress;
}

/** Writes a batch of all units that lack answers. Gives how many. Errors: `UserError` when none does, or the folder is not empty. */
export async function exportBatch(
  study: Study,
  store: ExemplarStore,
  { out, pictureUrl, progress }: BatchOptions,
): Promise<number> {
  await expectVacant(out, `exporting to ${out}`);
  const base = baseOf(pictureUrl);
  const { settings } = study;
  const units = lacking(study);
  if (units.length === 0) {
    throw new UserError(
      `exporting ${study.database.path}: every unit has its ${settings.annotators} answers; there is nothing to ask`,
    );
  }
  await writeWholeFolder(out, (whole) => fill(whole, study, store, units, { base, progress }));
  return units.length;
}

async function fill(
  out: string,
  study: Study,
  store: ExemplarStore,
  units: readonly StudyUnit[],
  { base, progress }: { base: string; progress: Progress },
): Promise<void> {
  const { settings } = study;
  const test = study.qualificationUnits();
  const pictures = new Pictures(study, store);
  const ranks = Array.from({ length: store.k }, (_, rank) => rank);
  progress.begin("pictures", (units.length + test.length) * store.k, "picture");
  let done = 0;
  for (const unit of [...units, ...test]) {
    for (const rank of ranks) {
      await writeFileAtomically(
        join(out, "pictures", ...picturePath(unit, rank)),
        await pictures.make(unit, rank, "jpeg"),
      );
      progress.update(++done);
    }
  }
  progress.end();
  const url = (unit: StudyUnit, rank: number) => `${base}${picturePath(unit, rank).join("/")}`;
  const rows = units.map((unit) => [
    ...[study.id, unit.code, unit.published, unit.unit],
    ...ranks.map((rank) => url(unit, rank)),
  ]);
  const protocol = { title: settings.title, pictures: store.k };
  const { qualification } = settings;
  const files: Record<string, string> = {
    "hit.html": hitTemplate(protocol),
    "batch.csv": stringify([[...INPUT_COLUMNS, ...ranks.map(pictureColumn)], ...rows]),
    "README.txt": readMe(protocol, { units: units.length, base, test: qualification, annotators: settings.annotators }),
    ...(qualification && {
      "qualification-questions.xml": questionForm(qualification, protocol, (question, rank) =>
        url(test[question], rank),
      ),
      "qualification-answers.xml": answerKey(qualification),
    }),
  };
  for (const [name, text] of Object.entries(files)) await writeFileAtomically(join(out, name), text);
}

const picturePath = ({ code }: StudyUnit, rank: number) => [code, `${rank + 1}.jpg`];

/** With a slash at its end. Errors: `UserError` for what is no address on the web. */
function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === "https:" || url.protocol === "http:")) return url.href.replace(/\/*$/, "/");
  throw new UserError(
    `exporting a batch: "${text}" is no address on the web; expected one such as https://example.org/pictures`,
  );
}

/** Units with fewer answers than are wanted, in the order of the study. */
const lacking = ({ database, settings }: Study): StudyUnit[] =>
  database.all(
    `SELECT * FROM units WHERE purpose = 'study'
       AND (SELECT count(*) FROM annotations WHERE unit = units.id AND status <> 'rejected') < ? ORDER BY place`,
    [settings.annotators],
  );
