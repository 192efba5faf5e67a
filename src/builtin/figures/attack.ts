/** Figure 14: cut-and-paste attacks on the network that ships, with what its units are described by and with what they see. */
import { join } from "node:path";
import { silent } from "../../base/progress.js";
import { openWorldFolder } from "../../data/world/folder.js";
import { describerWordVectors } from "../../describer/word-vectors.js";
import { attack } from "../../studies/attack/attack.js";
import { ATTACK_HEADER, attackRows, interval, writeAttack } from "../../studies/attack/report.js";
import { builtInDescriber } from "../assets.js";
import { rendered } from "../reproduce.js";
import { subjectOf } from "../subjects/build.js";
import { classifierRun, STRANGER } from "./classifiers.js";
import { type FigureOptions, type Shown, scaleOf } from "./shown.js";

/** Of the picture's area. */
const SIZE = 0.2;

/** All units of the last layer that is dissected. Errors: those of the steps. */
export async function attackFigures(options: FigureOptions): Promise<Shown[]> {
  const { out, fast, progress = silent } = options;
  const run = await classifierRun(STRANGER, options);
  const { data, layers } = subjectOf(STRANGER);
  const [probe, others] = [
    await rendered(out, data, "probe", scaleOf(options), progress),
    await rendered(out, data, "grade", scaleOf(options), progress),
  ];
  const common = {
    ...{ images: others, layers: layers.slice(-1), top: Number.POSITIVE_INFINITY, size: SIZE },
    ...{ trials: fast ? 40 : 200, seed: 0, vectors: await describerWordVectors(builtInDescriber()), progress },
  };
  const ways = [
    {
      name: "described",
      what: "what is said of it",
      distractors: { images: probe, source: await openWorldFolder(probe) },
    },
    { name: "exemplars", what: "what it sees, cut out by its masks", distractors: undefined },
  ];
  const shown: Shown[] = [];
  for (const { name, what, distractors } of ways) {
    const found = await attack(run, { ...common, distractors });
    const { files } = await writeAttack(join(out, "figures", "attack", name), found);
    shown.push({
      figures: ["fig14"],
      title: `Figure 14: pasted is, of each unit, ${what}; over ${found.units.length} units ${interval(found.overall)} points more are taken for its class than with random pastes: ${found.verdict}`,
      header: ATTACK_HEADER,
      rows: attackRows(found),
      files,
    });
  }
  return shown;
}
