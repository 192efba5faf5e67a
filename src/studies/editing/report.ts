/** What an edit did: curves like the paper's Figures 8 and 15, the units in their order, and accuracies before and after. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import type { Interval } from "../../base/bootstrap.js";
import { writeFileAtomically } from "../../base/files.js";
import { apart, Plot, writeFigure } from "../figure.js";
import type { Edit, EditCurve } from "./edit.js";
import type { TunedOutcome } from "./fine-tune-edit.js";

export const EDIT_HEADER = [
  "order",
  "silenced",
  "validation",
  "test",
  "change on test",
  "best on test",
  "its change",
] as const;

const percent = (value: number | undefined) => (value === undefined ? "-" : `${(100 * value).toFixed(1)} %`);

/** In points, with its interval. */
const points = (change: Interval | undefined): string => {
  if (change === undefined) return "-";
  const signed = (share: number) => `${share > 0 ? "+" : ""}${(100 * share).toFixed(1)}`;
  return `${signed(change.value)} [${signed(change.low)}, ${signed(change.high)}]`;
};

const row = ({ name, stop, validation, test, change }: EditCurve): string[] => {
  const best = test.length === 0 ? -1 : test.indexOf(Math.max(...test));
  return [
    ...[name, `${stop} of ${validation.length - 1}`, percent(validation[stop])],
    ...[percent(test[stop]), points(change.test[stop]), percent(test[best]), points(change.test[best])],
  ];
};

/**
 * None, then candidates and controls at their stopping points; the last two columns would need the test pictures to be found. Changes are in points, against
 * the whole network on the same pictures, with 95 % intervals by pairs.
 */
export const editRows = ({ candidates, allUnits, random }: Omit<Edit, "edited">): string[][] => [
  ["none", "0", percent(candidates.validation[0]), percent(candidates.test[0]), "-", "-", "-"],
  ...[candidates, allUnits, ...random].map(row),
];

/** Accuracies, and intervals of their changes against the whole network. */
const CURVES = [
  ...["order", "silenced", "validation", "validation_change_low", "validation_change_high"],
  ...["test", "test_change_low", "test_change_high"],
];

export const TUNING_HEADER = ["network", "kept epoch", "validation", "test"] as const;

/** Before, after silencing, after fine-tuning, and the control; none without fine-tuning. */
export function tuningRows({ candidates: { validation, test, stop }, fineTuning }: Edit): string[][] {
  if (!fineTuning) return [];
  const tuned = (name: string, { epoch, validation: own, test: other }: TunedOutcome) => [
    ...[name, String(epoch), percent(own), percent(other)],
  ];
  return [
    ["as it was", "-", percent(validation[0]), percent(test[0])],
    ["silenced", "-", percent(validation[stop]), percent(test[stop])],
    tuned("silenced, fine-tuned", fineTuning.edited),
    tuned("control: not silenced, fine-tuned", fineTuning.control),
  ];
}

/** Writes `edit.svg` and `edit.png`, `curves.csv`, `units.csv`, after fine-tuning `tuning.csv` too. Returns their paths. */
export async function writeEdit(folder: string, edit: Edit): Promise<string[]> {
  const { candidates, allUnits, random, fineTuning } = edit;
  const curves = [candidates, allUnits, ...random];
  const interval = (change: Interval | undefined) =>
    change ? [change.low, change.high].map((end) => end.toFixed(4)) : ["", ""];
  const rows = curves.flatMap(({ name, validation, test, change }) =>
    validation.map((accuracy, silenced) => [
      ...[name, String(silenced), accuracy.toFixed(4), ...interval(change.validation[silenced])],
      ...[test[silenced]?.toFixed(4) ?? "", ...interval(change.test[silenced])],
    ]),
  );
  const units = curves.flatMap(({ name, units: list, stop }) =>
    list.map(({ layer, unit, description, effect }, i) => [
      ...[name, String(i + 1), layer, String(unit), description, effect.toFixed(4), i < stop ? "yes" : "no"],
    ]),
  );
  await writeFileAtomically(join(folder, "curves.csv"), stringify([CURVES, ...rows]));
  await writeFileAtomically(
    join(folder, "units.csv"),
    stringify([["order", "place", "layer", "unit", "description", "effect", "silenced"], ...units]),
  );
  const kinds = { candidates: "described so", "all units": "any unit, least needed first" } as const;
  const lines = curves.flatMap(({ name, validation, test }) =>
    (["validation", "test"] as const).flatMap((set) =>
      (set === "validation" ? validation : test).map((accuracy, silenced) => ({
        ...{ name, silenced, set, accuracy: 100 * accuracy },
        kind: kinds[name as keyof typeof kinds] ?? "units at random",
      })),
    ),
  );
  const figure: Plot.PlotOptions = {
    ...{ width: 760, height: candidates.test.length > 0 ? 520 : 300, marginRight: 190, marginLeft: 50 },
    x: { label: "units silenced", tickFormat: "d" },
    y: { label: "accuracy (%)", grid: true },
    fy: { label: null, domain: candidates.test.length > 0 ? ["validation", "test"] : ["validation"] },
    color: {
      domain: ["described so", "any unit, least needed first", "units at random"],
      range: ["#d6437d", "#4269d0", "#999"],
    },
    marks: [
      Plot.lineY(lines, { x: "silenced", y: "accuracy", fy: "set", z: "name", stroke: "kind", strokeWidth: 1.8 }),
      Plot.ruleX([candidates.stop], { stroke: "#d6437d", strokeDasharray: "3 3" }),
      Plot.text(labelsOf(lines), {
        x: "silenced",
        y: "y",
        fy: "set",
        text: "kind",
        fill: "kind",
        dx: 6,
        textAnchor: "start",
      }),
    ],
  };
  const drawn = await writeFigure(join(folder, "edit"), figure);
  const written = [...drawn, join(folder, "curves.csv"), join(folder, "units.csv")];
  if (!fineTuning) return written;
  await writeFileAtomically(join(folder, "tuning.csv"), stringify([TUNING_HEADER, ...tuningRows(edit)]));
  return [...written, join(folder, "tuning.csv")];
}

/** One name for each kind of line, at the end of the first of them, for each set of pictures. */
function labelsOf(lines: readonly Line[]) {
  const accuracies = lines.map(({ accuracy }) => accuracy);
  const gap = 0.06 * Math.max(1, Math.max(...accuracies) - Math.min(...accuracies));
  return [...new Set(lines.map(({ set }) => set))].flatMap((set) => {
    const ends = new Map<string, Line>();
    for (const line of lines.filter((one) => one.set === set)) {
      const known = ends.get(line.kind);
      if (!known || (known.name === line.name && line.silenced >= known.silenced)) ends.set(line.kind, line);
    }
    return apart(
      [...ends.values()].map((end) => ({ ...end, y: end.accuracy })),
      gap,
    );
  });
}

interface Line {
  readonly kind: string;
  readonly set: string;
  readonly name: string;
  readonly silenced: number;
  readonly accuracy: number;
}
