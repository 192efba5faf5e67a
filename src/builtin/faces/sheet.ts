/**
 * Figure 6: units of networks that have only seen blurred faces, and yet are active on faces as they are. A row a unit: its first exemplars, dark where it is
 * not above its level.
 */
import { join } from "node:path";
import sharp from "sharp";
import { writeFileAtomically } from "../../base/files.js";
import { Art } from "../../data/world/art.js";
import { type ExemplarStore, openExemplars } from "../../exemplars/store.js";
import type { FacesFindings, FacesModel, FaceUnit } from "./findings.js";
import { DEFINITIONS } from "./verdicts.js";

const ROWS = 8;
/** Of one network at most, so that several are seen. */
const ROWS_OF_A_MODEL = 2;
const COLUMNS = 6;
const GAP = 2;
const TITLE = 13;

interface Chosen {
  readonly model: FacesModel;
  readonly unit: FaceUnit;
}

/** By the describer that has learned of faces, where it describes the unit. */
const wordsOn = ({ said }: FaceUnit) => said.taught ?? said["built-in"];

/** Units that an audit finds in networks trained on blurred faces, those first that are most on faces. */
function chosenUnits({ models }: FacesFindings): Chosen[] {
  return models
    .filter(({ training }) => training === "blurred")
    .flatMap((model) =>
      model.units
        .filter((unit) => wordsOn(unit)?.found.face && DEFINITIONS.mostly(unit))
        .sort((a, b) => b.faceIou - a.faceIou)
        .slice(0, ROWS_OF_A_MODEL)
        .map((unit) => ({ model, unit })),
    )
    .sort((a, b) => b.unit.faceIou - a.unit.faceIou)
    .slice(0, ROWS);
}

/** Writes the sheet. @param out the study's folder, below which the runs are. */
export async function writeSheet(path: string, findings: FacesFindings, out: string): Promise<void> {
  const chosen = chosenUnits(findings);
  const art = await Art.open();
  const layers: { input: Buffer; left: number; top: number }[] = [];
  let [width, top] = [400, 0];
  for (const { model, unit } of chosen) {
    const store = await openExemplars(join(out, model.run));
    try {
      const side = store.width;
      width = Math.max(width, COLUMNS * (side + GAP));
      layers.push({ input: titleOf(art, model, unit, width), left: 0, top });
      const pictures = await exemplarsOf(store, unit);
      for (const [i, input] of pictures.entries()) layers.push({ input, left: i * (side + GAP), top: top + TITLE + 2 });
      top += TITLE + side + 6;
    } finally {
      await store.close();
    }
  }
  const canvas = sharp({ create: { width, height: Math.max(1, top), channels: 3, background: "white" } });
  await writeFileAtomically(
    path,
    await canvas.composite(layers).png({ palette: true, colours: 64, effort: 10 }).toBuffer(),
  );
}

/** A layer's name without what exporters put around it. */
export const shortLayer = (name: string): string => name.replace(/^\//, "").split("/")[0];

/** A line of letters as outlines, which need no font of the machine; they have no punctuation. */
function titleOf(art: Art, { network, seed, training }: FacesModel, unit: FaceUnit, width: number): Buffer {
  const share = Math.round((100 * unit.activeOnFaces) / unit.active);
  const parts = [`${training} ${network} ${seed}`, `${shortLayer(unit.layer).replace(".", " ")} unit ${unit.unit}`];
  const said = [...parts, wordsOn(unit)?.description ?? "", `${share} of 100 active pixels on faces`].join("   ");
  const { body } = art.outline(0, said);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TITLE}"><g transform="translate(1 ${TITLE - 3}) scale(0.011)">${body}</g></svg>`;
  return Buffer.from(svg);
}

async function exemplarsOf(store: ExemplarStore, { layer: name, unit }: FaceUnit): Promise<Buffer[]> {
  const { width, height } = store;
  const layer = store.layers.find((each) => each.name === name)!;
  const row = layer.units.indexOf(unit);
  const found: Buffer[] = [];
  for (let rank = 0; rank < Math.min(COLUMNS, store.k); rank++) {
    const id = layer.images[row * store.k + rank];
    if (id < 0) continue;
    const [pixels, mask] = [await store.image(id), await store.mask(layer, row, rank)];
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
      const [channel, at] = [i % 3, Math.floor(i / 3)];
      const value = pixels[channel * width * height + at];
      return mask[at] ? value : Math.round(0.35 * value);
    });
    found.push(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
  }
  return found;
}
