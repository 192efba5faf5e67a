/**
 * Where the units of a run's layers are active in pictures, as their masks are: activation maps upsampled to the size of the labels and
 * cut at the run's own levels (`exemplars/masks.ts`). One pass of the network for all layers; a picture at a time leaves.
 */
import type { Progress } from "../base/progress.js";
import { GraphBuilder } from "../engine/onnx/build.js";
import { withGraph } from "../engine/onnx/edit.js";
import type { OnnxModel } from "../engine/onnx/model.js";
import { openSession } from "../engine/runtime/open.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { canonicalMaps } from "../exemplars/graphs.js";
import { type LayerLayout, unitsOf } from "../exemplars/layout.js";
import { Masker } from "../exemplars/masks.js";
import type { Probe } from "../exemplars/probe.js";

/** A layer with the levels of those of its units that the layout has. */
export interface WatchedLayer {
  readonly layout: LayerLayout;
  /** float32 [row of the layout]; NaN for a unit that cannot be judged, which is nowhere active. */
  readonly levels: Float32Array;
}

/** One picture. */
export interface Watched {
  readonly id: number;
  /** [layer][row]: positions of the active pixels, y * size + x, ascending. */
  readonly covered: readonly (readonly Uint32Array[])[];
}

export interface WatchMasksOptions {
  /** Side of the masks, pixels. */
  readonly size: number;
  readonly batchSize: number;
  /** Whether the model takes batches of exactly `batchSize` only. */
  readonly fixed: boolean;
  readonly session: SessionOptions;
  readonly progress: Progress;
}

/** Runs the network over the pictures, in their order. Damaged ones are left out, with a warning. */
export async function* watchMasks(
  model: OnnxModel,
  probe: Probe,
  layers: readonly WatchedLayer[],
  { size, batchSize, fixed, session: settings, progress }: WatchMasksOptions,
): AsyncGenerator<Watched> {
  const g = GraphBuilder.extending(withGraph(model, { output: [] }));
  const names = layers.map(({ layout }, i) => {
    const name = `milan.masks.${i}`;
    g.output(canonicalMaps(g, layout, i), name, "float32", [
      "images",
      unitsOf(layout).length,
      layout.height,
      layout.width,
    ]);
    return name;
  });
  const session = await openSession(g.build(), settings);
  const maskers = layers.map(({ layout }) => new Masker([layout.height, layout.width], [size, size]));
  progress.begin("held-out images", probe.size, "image");
  try {
    const order = Uint32Array.from({ length: probe.size }, (_, i) => i);
    for await (const batch of probe.batches(order, batchSize, fixed, () => {})) {
      const outputs = await session.run(batch.feeds);
      for (let image = 0; image < batch.ids.length; image++) {
        const covered = layers.map((layer, i) =>
          coveredBy(layer, outputs[names[i]].data as Float32Array, image, maskers[i]),
        );
        yield { id: batch.ids[image], covered };
      }
      progress.update(batch.ids[batch.ids.length - 1] + 1);
    }
  } finally {
    progress.end();
    await session.close();
  }
}

/** @param maps float32 [image, row, y, x] */
function coveredBy({ layout, levels }: WatchedLayer, maps: Float32Array, image: number, masker: Masker) {
  const cells = layout.height * layout.width;
  return Array.from(levels, (level, row) => {
    const from = (image * levels.length + row) * cells;
    return masker.positions(maps.subarray(from, from + cells), level);
  });
}
