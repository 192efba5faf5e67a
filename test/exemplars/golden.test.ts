/** Exemplars, activations, levels and masks of the reference implementation on its two small networks. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { openImages } from "../../src/data/images/open.js";
import { readNpy } from "../../src/engine/tensor/npy.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { maskOf } from "../../src/exemplars/masks.js";
import { imageProbe } from "../../src/exemplars/probe.js";
import { imageInput, openModel, preprocessingOf } from "../../src/exemplars/subject.js";
import type { Run, RunLayer } from "../../src/run/run.js";
import { readTable } from "../../src/run/table.js";
import { describeShared, shared } from "../shared.js";

const NETS = {
  reslite: { images: "in112", k: 15, layers: ["conv1", "layer1", "layer3"] },
  alexlite: { images: "in64", k: 5, layers: ["features.0", "features.6", "features.9"] },
} as const;

for (const [net, { images, k, layers }] of Object.entries(NETS)) {
  describeShared(`golden exemplars of ${net}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "milan-golden-"));
    const golden = (layer: string, file: string) => shared(`golden/exemplars/${net}/${layer}/${file}`);
    let run: Run;

    beforeAll(async () => {
      const subject = await openModel(shared(`golden/models/${net}.taps.onnx`));
      const set = await openImages(shared(`golden/images/${images}`));
      const probe = imageProbe(set, preprocessingOf(subject), imageInput(subject).name, silent);
      const units: Record<string, number[]> = {};
      for (const layer of layers) {
        const numbers = await readNpy(golden(layer, "units.npy")).catch(() => undefined);
        if (numbers) units[layer] = Array.from(numbers.data as BigInt64Array, Number);
      }
      run = await dissect(subject, probe, { out: join(folder, "run"), layers, units, k });
      await probe.close();
    });
    afterAll(async () => {
      await run?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const name of layers) {
      let layer: RunLayer;
      beforeAll(() => {
        layer = run.layer(name);
      });

      test(`${name}: ids and activations`, async () => {
        const ids = await readTable(golden(name, "ids.csv"));
        expect(Array.from(layer.ids)).toEqual(Array.from(ids.values));
        const activations = await readTable(golden(name, "activations.csv"));
        for (const [i, wanted] of activations.values.entries()) {
          expect(Math.abs(layer.activations[i] - wanted)).toBeLessThan(1e-4 * Math.abs(wanted));
        }
      });

      test(`${name}: levels are the exact quantiles`, async () => {
        const exact = await readNpy(golden(name, "extra/levels_exact.npy"));
        for (const [i, wanted] of Array.from(exact.data as Float32Array).entries()) {
          expect(Math.abs(layer.levels[i] - wanted)).toBeLessThanOrEqual(1e-5 * Math.abs(wanted));
        }
      });

      test(`${name}: masks, with the reference's level and with ours`, async () => {
        const masks = await readNpy(golden(name, "masks.npy"));
        const [units, , , height, width] = masks.shape;
        const levels = (await readNpy(golden(name, "extra/levels_kll.npy"))).data as Float32Array;
        const wrong = { theirs: 0, ours: 0 };
        const mask = new Uint8Array(height * width);
        for (let i = 0; i < units * k; i++) {
          const row = Math.floor(i / k);
          const map = await run.map(layer, row, i % k);
          const wanted = (masks.data as Uint8Array).subarray(i * mask.length, (i + 1) * mask.length);
          for (const [whose, level] of [
            ["theirs", levels[row]],
            ["ours", layer.levels[row]],
          ] as const) {
            maskOf(map, [layer.height, layer.width], level, mask, [height, width]);
            for (let at = 0; at < mask.length; at++) if (mask[at] !== wanted[at]) wrong[whose]++;
          }
        }
        expect(wrong.theirs).toBeLessThanOrEqual(1e-5 * masks.data.length);
        expect(wrong.ours).toBeLessThanOrEqual(5e-4 * masks.data.length);
      });
    }

    test("maxima of every image agree with the reference's pooled activations on the winners", async () => {
      const layer = run.layer(layers[0]);
      const pooled = await readNpy(golden(layers[0], "extra/pooled.npy"));
      const [, columns] = pooled.shape;
      for (const [i, id] of layer.ids.entries()) {
        const wanted = Number(pooled.data[id * columns + Math.floor(i / k)]);
        expect(layer.activations[i]).toBeCloseTo(wanted, 4);
      }
    });

    test("the probe table names every image", () => {
      const lines = readFileSync(join(run.folder, "probe.csv"), "utf8").trim().split("\n");
      expect(lines).toHaveLength(201);
      expect(lines[1]).toBe("0,c0/000.png,c0");
    });
  });
}
