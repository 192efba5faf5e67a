/** Figures 5 and 6: classifiers that have seen faces, and classifiers that have not, are audited for units that respond to faces (section 6). */
import { join } from "node:path";
import {
  MODELS_HEADER,
  modelRows,
  PAIRS_HEADER,
  pairRows,
  VERDICTS_HEADER,
  verdictRows,
  writeFaces,
} from "../faces/report.js";
import { FACES_FAST, FACES_FULL } from "../faces/scale.js";
import { facesStudy } from "../faces/study.js";
import type { FigureOptions, Shown } from "./shown.js";

/** Errors: those of the steps. */
export async function facesFigures(options: FigureOptions): Promise<Shown[]> {
  const out = join(options.out, "faces");
  const findings = await facesStudy({ ...options, out, scale: options.fast ? FACES_FAST : FACES_FULL });
  const files = await writeFaces(join(options.out, "figures", "faces"), findings, out);
  const figures = ["fig5", "fig6"];
  return [
    {
      ...{ figures, title: "Figures 5 and 6: networks, what they know, and their face units by the labels" },
      ...{ header: MODELS_HEADER, rows: modelRows(findings), files },
    },
    {
      ...{ figures, title: "Figure 5: what blurring changes in the share of face units" },
      ...{ header: PAIRS_HEADER, rows: pairRows(findings), files: [] },
    },
    {
      ...{ figures, title: "How right the audit is, by the labels" },
      ...{ header: VERDICTS_HEADER, rows: verdictRows(findings), files: [] },
    },
  ];
}
