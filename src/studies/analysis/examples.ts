/**
 * Examples of what an analysis scored (paper, Figure 13): for each criterion the units with the highest scores, each with its first exemplars under
 * their masks, its description and its score.
 */
import type { ExemplarStore } from "../../exemplars/store.js";
import { displayName } from "../../run/layer-name.js";
import { stripOf, svgOf, text } from "../exemplar-strip.js";
import { writeDrawing } from "../figure.js";
import type { AnalyzedUnit } from "./analyze.js";
import { titleOf } from "./criteria.js";

export interface ExampleOptions {
  /** Units of each criterion; default 3. */
  readonly units?: number;
  /** Exemplars of each unit, at most; default 5. */
  readonly exemplars?: number;
}

/** Pixels of the drawing: side of an exemplar, gap between them, height of text. */
const [SIDE, GAP, LINE, MARGIN] = [72, 4, 16, 14];
/** Characters of a description that fit under five exemplars, and lines of them. */
const [WIDTH, LINES] = [54, 2];

/**
 * Draws them into `STEM.svg` and `STEM.png`: a row a criterion. Returns their paths.
 * Errors: `UserError` when an exemplar's picture cannot be read.
 */
export async function writeExamples(
  stem: string,
  units: readonly AnalyzedUnit[],
  store: ExemplarStore,
  { units: most = 3, exemplars = 5 }: ExampleOptions = {},
): Promise<string[]> {
  const criteria = Object.keys(units[0].scores);
  const shown = Math.min(exemplars, store.k);
  const [width, height] = [shown * (SIDE + GAP) + 3 * GAP, SIDE + (LINES + 1) * LINE + GAP];
  const parts: string[] = [];
  let top = MARGIN;
  for (const criterion of criteria) {
    parts.push(text(MARGIN, top + LINE, titleOf(criterion), "font-size='14' font-weight='bold'"));
    top += 1.6 * LINE;
    const chosen = highest(units, criterion, most);
    if (chosen.length === 0) {
      parts.push(text(MARGIN, top + LINE, "no unit scores above 0", "font-size='12' fill='#666'"));
      top += LINE + MARGIN;
      continue;
    }
    for (const [place, unit] of chosen.entries()) {
      const left = MARGIN + place * (width + MARGIN);
      parts.push(...(await stripOf(unit, store, { count: shown, side: SIDE, gap: GAP, x: left, y: top })));
      const layer = store.layers.find(({ name }) => name === unit.layer)!;
      const score = unit.scores[criterion];
      const named = `${displayName(layer)}:${unit.unit}, score ${Number.isInteger(score) ? score : score.toFixed(2)}`;
      for (const [i, line] of wrapped(unit.description).entries())
        parts.push(text(left, top + SIDE + (i + 1) * LINE - 1, line, "font-size='12'"));
      const below = top + SIDE + (wrapped(unit.description).length + 1) * LINE - 2;
      parts.push(text(left, below, named, "font-size='11' fill='#666'"));
    }
    top += height + MARGIN;
  }
  const size = [2 * MARGIN + most * width + (most - 1) * MARGIN, top].map(Math.ceil);
  return writeDrawing(stem, svgOf(size[0], size[1], parts));
}

/** The highest first, none of those that score nothing; of units that say the same one is enough, as long as there are others. */
function highest(units: readonly AnalyzedUnit[], criterion: string, most: number): AnalyzedUnit[] {
  const order = units
    .filter(({ scores }) => scores[criterion] > 0)
    .sort((a, b) => b.scores[criterion] - a.scores[criterion]);
  const said = new Set<string>();
  const first = order.filter(({ description }) => !said.has(description) && said.add(description));
  return [...first, ...order.filter((unit) => !first.includes(unit))].slice(0, most);
}

/** A description on a few lines; what does not fit ends in an ellipsis. */
function wrapped(description: string): string[] {
  const lines = [""];
  for (const word of description.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== "" && last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  if (lines.length > LINES) lines[LINES - 1] += " …";
  return lines.slice(0, LINES).map((line) => (line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line));
}
