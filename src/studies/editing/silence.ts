/** The model with units silenced for good, as a file that runs anywhere; it says itself what was done to it. */
import { bakeAblation } from "../../engine/onnx/ablate.js";
import { withMetadata } from "../../engine/onnx/metadata.js";
import type { OnnxModel } from "../../engine/onnx/model.js";
import { type AblatableUnit, setOf } from "../ablation/described-classifier.js";

/** A unit to be silenced, and what the metadata are to call it. */
export interface SilencedUnit extends AblatableUnit {
  readonly told: { readonly layer: string; readonly unit: number; readonly description: string };
}

/**
 * Silences units. The metadata entry `milan.edit` is a JSON object: `silenced`, a list of layer, unit and description, and beside it `why`.
 * @param why how the units were chosen.
 */
export function silence(model: OnnxModel, units: readonly SilencedUnit[], why: object): OnnxModel {
  const masks = [...setOf(units)].map(([layer, numbers]) => {
    const mask = new Float32Array(layer.units).fill(1);
    for (const unit of numbers) mask[unit] = 0;
    return { layer, mask };
  });
  const silenced = units.map(({ told: { layer, unit, description } }) => ({ layer, unit, description }));
  return withMetadata(bakeAblation(model, masks), { "milan.edit": JSON.stringify({ ...why, silenced }) });
}
