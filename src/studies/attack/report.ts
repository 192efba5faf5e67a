/** What attacks did: a table of units, one of pictures, the pictures that fool the network, and a sheet to look at like the paper's Figure 14. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { writeFileAtomically } from "../../base/files.js";
import { readCsv } from "../../data/labels/csv.js";
import type { Attack } from "./attack.js";
import type { AttackedUnit } from "./attack-unit.js";
import { writeSheet } from "./sheet.js";

const UNITS = "attack.csv";
const PASTES = "pastes.csv";
const PICTURES = "pictures";

export const ATTACK_HEADER = [
  ...["unit", "description", "class", "weight", "cut-outs", "attacked", "success", "random", "difference", "verdict"],
] as const;

/** For people, a row a unit. */
export const attackRows = ({ units, classNames }: Attack): string[][] =>
  units.map((unit) => {
    const { success, control } = sharesOf(unit);
    return [
      ...[`${unit.layer}:${unit.unit}`, unit.description, classNames[unit.class], unit.weight.toFixed(2)],
      ...[
        String(unit.cutouts),
        String(unit.pairs.pictures),
        percent(success),
        percent(control),
        interval(unit.difference),
        unit.verdict,
      ],
    ];
  });

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** In points. */
export const interval = ({ value, low, high }: AttackedUnit["difference"]): string => {
  const [middle, least, most] = [value, low, high].map((share) => (100 * share).toFixed(1));
  return `${middle} [${least}, ${most}]`;
};

/** Shares of the attacked pictures, 0 to 1: taken for the unit's class, and for anything but what they show. */
export function sharesOf({ pairs: { pictures, first, second, both }, pastes }: AttackedUnit) {
  const lost = pastes.filter(({ before, after }) => after !== before).length;
  const lostControl = pastes.filter(({ before, controlAfter }) => controlAfter !== before).length;
  return {
    success: (first + both) / pictures,
    control: (second + both) / pictures,
    lost: lost / pictures,
    lostControl: lostControl / pictures,
  };
}

/**
 * Writes `attack.csv`, `pastes.csv`, `attack.svg` and `.png`, and `pictures/`. Pictures that an earlier attack left there, as its own table says, are removed; nothing
 * else is. Returns the paths of tables and sheet, and how many pictures there are.
 */
export async function writeAttack(folder: string, attack: Attack): Promise<{ files: string[]; pictures: number }> {
  await removeEarlier(folder);
  await mkdir(join(folder, PICTURES), { recursive: true });
  const name = (output: number) => attack.classNames[output] ?? "";
  const rows: (string | number)[][] = [];
  let pictures = 0;
  for (const { layer, unit, class: target, pastes } of attack.units) {
    for (const paste of pastes) {
      const file = paste.png ? `${PICTURES}/${String(++pictures).padStart(4, "0")}.png` : "";
      if (paste.png) await writeFileAtomically(join(folder, file), paste.png);
      const { x, y } = paste.place;
      rows.push([
        ...[layer, unit, name(target), paste.file, name(paste.before), paste.distractor, paste.control],
        ...[x.toFixed(1), y.toFixed(1), Math.round(paste.area), name(paste.after), name(paste.controlAfter), file],
      ]);
    }
  }
  const header = ["layer", "unit", "class", "picture", "before", "distractor", "control"];
  const paths = [UNITS, PASTES].map((file) => join(folder, file));
  await writeFileAtomically(
    paths[1],
    stringify([[...header, "x", "y", "pixels", "after", "after_control", "file"], ...rows]),
  );
  await writeFileAtomically(paths[0], unitsTable(attack));
  return { files: [...paths, ...(await writeSheet(join(folder, "attack"), attack))], pictures };
}

async function removeEarlier(folder: string): Promise<void> {
  if (!existsSync(join(folder, PASTES))) return;
  for (const { file } of await readCsv(join(folder, PASTES), ["file"])) {
    if (new RegExp(`^${PICTURES}/\\d+\\.png$`).test(file)) await rm(join(folder, file), { force: true });
  }
}

/** Units that could not be attacked with come last, with the reason. */
function unitsTable({ units, skipped, classNames }: Attack): string {
  const columns = [
    ...[
      "layer",
      "unit",
      "description",
      "word_difference",
      "class",
      "weight",
      "cutouts",
      "attacked",
      "success",
      "control",
    ],
    ...["difference", "low", "high", "lost", "lost_control", "verdict"],
  ];
  const attacked = units.map((unit) => {
    const { success, control, lost, lostControl } = sharesOf(unit);
    const { value, low, high } = unit.difference;
    return [
      ...[unit.layer, unit.unit, unit.description, unit.wordDifference.toFixed(4), classNames[unit.class]],
      ...[unit.weight.toFixed(4), unit.cutouts, unit.pairs.pictures],
      ...[success, control, value, low, high, lost, lostControl].map((share) => share.toFixed(4)),
      unit.verdict,
    ];
  });
  const others = skipped.map(({ layer, unit, description, wordDifference, reason }) => [
    ...[layer, unit, description, wordDifference.toFixed(4)],
    ...Array(columns.length - 5).fill(""),
    `not attacked: ${reason}`,
  ]);
  return stringify([columns, ...attacked, ...others]);
}

/** For programs: everything but pixels. */
export const attackSummary = ({ units, skipped, images, recognised, overall, verdict, classNames }: Attack) => ({
  ...{ images, recognised, overall, verdict },
  units: units.map(({ pastes: _, example: __, class: target, ...unit }, i) => ({
    ...unit,
    class: classNames[target],
    ...sharesOf(units[i]),
  })),
  skipped,
});
