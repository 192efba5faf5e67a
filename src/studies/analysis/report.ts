/** What an analysis found, as figures (like the paper's Figure 4), the tables behind them, and a verdict for each criterion. */
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { writeFileAtomically } from "../../base/files.js";
import { apart, Plot, writeFigure } from "../figure.js";
import type { Analysis } from "./analyze.js";
import { titleOf } from "./criteria.js";
import type { Curve } from "./curves.js";

/** Whether a criterion's units matter more, or less, than units taken at random. */
export interface Verdict {
  readonly criterion: string;
  /** Area under its curve: mean accuracy while units are silenced. */
  readonly area: number;
  /** Mean of the random orders' areas, and how far a further random order would be from it, with 95 %. */
  readonly random: number;
  readonly margin: number;
  readonly verdict: "matter more" | "matter less" | "cannot tell";
}

/** Of Student's distribution, two-sided 95 %, by degrees of freedom from 1. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** With orders of the same layers these stand for the random ones. */
export function verdictsOf({
  curves,
  random,
  sameLayers,
}: Pick<Analysis, "curves" | "random" | "sameLayers">): Verdict[] {
  return curves.map(({ name, area }) => {
    const { mean, margin } = furtherOrder(sameLayers[name] ?? random);
    return {
      ...{ criterion: name, area, random: mean, margin },
      verdict: area < mean - margin ? "matter more" : area > mean + margin ? "matter less" : "cannot tell",
    };
  });
}

/** Where a further random order's area would be, with 95 %. */
function furtherOrder(orders: readonly Curve[]): { mean: number; margin: number } {
  const areas = orders.map(({ area }) => area);
  const mean = areas.reduce((a, b) => a + b, 0) / areas.length;
  const variance = areas.reduce((sum, area) => sum + (area - mean) ** 2, 0) / (areas.length - 1);
  const factor = STUDENT[Math.min(areas.length - 1, STUDENT.length) - 1] ?? Number.NaN;
  return { mean, margin: factor * Math.sqrt(variance * (1 + 1 / areas.length)) };
}

/** Of Tableau and Observable, in an order in which neighbours differ. */
const COLOURS = [
  ...["#4269d0", "#ff725c", "#3ca951", "#a463f2", "#9c6b4e", "#e0a100", "#1aa6b7", "#d6437d", "#7f7f00", "#97bbf5"],
  ...["#000000", "#6cc5b0"],
];

/**
 * Writes `ablation.svg`, `layers.svg` (and both as PNG), `curves.csv`, `classes.csv`, `layers.csv` and `units.csv` into a folder.
 * @returns paths of all files.
 */
export async function writeAnalysis(folder: string, analysis: Analysis): Promise<string[]> {
  const total = analysis.units.length;
  const tables: [string, string[][]][] = [
    ["curves.csv", curveRows(analysis)],
    ["classes.csv", classRows(analysis)],
    ["layers.csv", layerRows(analysis)],
    ["units.csv", unitRows(analysis)],
  ];
  const written: string[] = [];
  for (const [name, rows] of tables) {
    await writeFileAtomically(join(folder, name), stringify(rows));
    written.push(join(folder, name));
  }
  const lines = analysis.curves.flatMap(({ name, points }) =>
    points.map(({ ablated, accuracy }) => ({
      name: titleOf(name),
      share: (100 * ablated) / total,
      accuracy: 100 * accuracy,
    })),
  );
  const curves = analysis.curves.map(({ name }) => titleOf(name));
  const last = Math.max(...lines.map(({ share }) => share));
  const figure: Plot.PlotOptions = {
    ...{ width: 760, height: 440, marginRight: 110, marginLeft: 50 },
    x: { label: "units silenced (%)" },
    y: { label: "accuracy (%)", grid: true, zero: true },
    color: { domain: [...curves, "random"], range: [...COLOURS.slice(0, curves.length), "#555"] },
    marks: [
      Plot.areaY(bandOf(analysis.random, total), { x: "share", y1: "low", y2: "high", fill: "#999", fillOpacity: 0.3 }),
      Plot.lineY(bandOf(analysis.random, total), { x: "share", y: "mean", stroke: "#555", strokeDasharray: "4 3" }),
      Plot.lineY(lines, { x: "share", y: "accuracy", stroke: "name", strokeWidth: 1.8 }),
      Plot.text(apart(labelsOf(lines, analysis.random, total), 4), {
        x: last,
        y: "y",
        text: "name",
        fill: "name",
        dx: 6,
        textAnchor: "start",
      }),
      Plot.ruleY([0]),
    ],
  };
  written.push(...(await writeFigure(join(folder, "ablation"), figure)));
  const shares = analysis.layers.map(({ criterion, layer, top, units }) => ({
    ...{ criterion: titleOf(criterion), layer: short(layer), share: (100 * top) / units },
  }));
  const bars: Plot.PlotOptions = {
    ...{
      width: 860,
      height: 90 + 90 * new Set(shares.map(({ criterion }) => criterion)).size,
      marginLeft: 60,
      marginRight: 110,
    },
    x: { label: null, domain: [...new Set(shares.map(({ layer }) => layer))] },
    y: { label: "share of the layer's units (%)", grid: true, ticks: 4 },
    fy: { label: null, domain: [...new Set(shares.map(({ criterion }) => criterion))] },
    marks: [Plot.barY(shares, { x: "layer", y: "share", fy: "criterion", fill: "#4269d0" }), Plot.ruleY([0])],
  };
  written.push(...(await writeFigure(join(folder, "layers"), bars)));
  return written;
}

const short = (layer: string) => (layer.length > 18 ? `…${layer.slice(-17)}` : layer);

/** Names at the ends of the lines. */
function labelsOf(lines: readonly { name: string; accuracy: number }[], random: readonly Curve[], total: number) {
  const ends = new Map(lines.map(({ name, accuracy }) => [name, accuracy]));
  const own = [...ends].map(([name, y]) => ({ name, y }));
  const band = bandOf(random, total);
  return band.length > 0 ? [...own, { name: "random", y: band[band.length - 1].mean }] : own;
}

/** Lowest, mean and highest accuracy of the random orders at each step. */
function bandOf(random: readonly Curve[], total: number) {
  return (random[0]?.points ?? []).map(({ ablated }, i) => {
    const each = random.map(({ points }) => 100 * points[i].accuracy);
    const mean = each.reduce((a, b) => a + b, 0) / each.length;
    return { share: (100 * ablated) / total, low: Math.min(...each), high: Math.max(...each), mean };
  });
}

const real = (value: number) => (Number.isFinite(value) ? value.toFixed(4) : "");

const allOrders = ({ curves, random, sameLayers }: Analysis): Curve[] => [
  ...curves,
  ...random,
  ...Object.values(sameLayers).flat(),
];

const curveRows = (analysis: Analysis): string[][] => [
  ["order", "ablated", "share", "accuracy"],
  ...allOrders(analysis).flatMap(({ name, points }) =>
    points.map(({ ablated, accuracy }) => [
      name,
      String(ablated),
      real(ablated / analysis.units.length),
      real(accuracy),
    ]),
  ),
];

const classRows = (analysis: Analysis): string[][] => [
  ["order", "ablated", "share", "class", "accuracy"],
  ...allOrders(analysis).flatMap(({ name, points }) =>
    points.flatMap(({ ablated, byClass }) =>
      byClass.flatMap((accuracy, i) =>
        Number.isNaN(accuracy)
          ? []
          : [
              [
                ...[name, String(ablated), real(ablated / analysis.units.length)],
                ...[analysis.classNames[i], real(accuracy)],
              ],
            ],
      ),
    ),
  ),
];

const layerRows = ({ layers }: Analysis): string[][] => [
  ["criterion", "layer", "units", "among_top_tenth", "share"],
  ...layers.map(({ criterion, layer, top, units }) => [
    criterion,
    layer,
    String(units),
    String(top),
    real(top / units),
  ]),
];

function unitRows({ units }: Analysis): string[][] {
  const names = Object.keys(units[0].scores);
  return [
    ["layer", "unit", "description", ...names],
    ...units.map(({ layer, unit, description, scores }) => [
      ...[layer, String(unit), description],
      ...names.map((name) => (Number.isInteger(scores[name]) ? String(scores[name]) : scores[name].toFixed(4))),
    ]),
  ];
}

export const VERDICT_HEADER = ["criterion", "area under its curve", "random orders", "its units"] as const;

export const verdictRows = (verdicts: readonly Verdict[]): string[][] =>
  verdicts.map(({ criterion, area, random, margin, verdict }) => [
    ...[titleOf(criterion), area.toFixed(3), `${random.toFixed(3)} ± ${margin.toFixed(3)}`, verdict],
  ]);
