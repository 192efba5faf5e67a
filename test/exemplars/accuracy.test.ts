/**
 * How far levels are off when a sweep is too large to take all activations: on a real network and real photographs, against
 * the levels of all activations.
 *
 * The plan is that of a probe set of 13,000 images (a tenth of the rows of every map); the sweep sees 200 of them. Errors
 * shrink with the root of the number of images, so those of the whole would be an eighth of these.
 */
import { expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { layoutOf } from "../../src/exemplars/layout.js";
import { planSweep } from "../../src/exemplars/plan.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { Sweeper } from "../../src/exemplars/sweep.js";
import { tailCapacity } from "../../src/exemplars/tail.js";
import { describeShared, shared } from "../shared.js";

const IMAGES = 200;
const QUANTILE = 0.99;

describeShared("levels from drawn rows", () => {
  test("are near the exact ones in rank; maxima and exemplars are the same", async () => {
    const subject = await openModel(shared("data/models/squeezenet1_1-imagenet.onnx"));
    const probe = await imageFolder(shared("data/imagenet-sample"))(subject, silent);
    const layer = subject.layers.find(({ shortNames }) => shortNames.includes("features.1"))!;
    const layout = layoutOf(layer, probe.picture);
    const [drawn] = planSweep([layout], 13_000, QUANTILE);
    expect(drawn.mapRows).toBeLessThan(layout.height / 8);
    const [exact] = planSweep([layout], IMAGES, QUANTILE);
    expect(exact.mapRows).toBe(layout.height);
    const plans = [exact, drawn].map((plan) => {
      const shown = plan.positions * IMAGES;
      return { ...plan, shown, capacity: tailCapacity(shown, QUANTILE - 0.02) };
    });
    const [all, some] = await Promise.all(
      plans.map((plan) => Sweeper.open(subject.model, [plan], { k: 15, seed: 0, session: {} })),
    );
    const order = Uint32Array.from({ length: IMAGES }, (_, id) => id);
    for await (const { ids, feeds } of probe.batches(order, 8, false, () => {})) {
      await all.add(ids, feeds);
      await some.add(ids, feeds);
    }
    expect(some.layers[0].top.save()).toEqual(all.layers[0].top.save());

    const levels = some.layers[0].levels(QUANTILE);
    const tails = all.layers[0].tails;
    const errors = Array.from(levels, (level, unit) => {
      const above = tails.largest(unit).filter((activation) => activation > level).length;
      return Math.abs(1 - above / tails.count(unit) - QUANTILE);
    });
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    expect(rms).toBeLessThan(0.002); // measured: 0.0006
    expect(Math.max(...errors)).toBeLessThan(0.005);
    await Promise.all([all.close(), some.close(), probe.close()]);
  });
});
