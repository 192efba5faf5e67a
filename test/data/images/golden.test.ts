/** Against pictures and pixel arrays that other programs wrote. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { decode } from "../../../src/data/images/decode.js";
import { openImages } from "../../../src/data/images/open.js";
import { readNpy } from "../../../src/engine/tensor/npy.js";
import { describeShared, shared } from "../../shared.js";

describeShared("the reference's probe set", () => {
  // read where it is used: this function runs where the data are absent, too
  const openTable = () => readNpy(shared("golden/exemplars/byte_roundtrip.npy"));

  it("has the reference's ids", async () => {
    const set = await openImages(shared("golden/images/in112"));
    const rows = readFileSync(shared("golden/images/index.csv"), "utf8").trim().split("\n").slice(1);
    expect(set.entries.map(({ file }, id) => `${id},${file}`)).toEqual(rows.map((row) => row.split(",", 2).join(",")));
    expect(set.entries[0].label).toBe("c0");
  });

  // `images.npy` was written by Python from the same PNGs; it lost 1 in some values on the way, as the table says.
  it.each([
    ["reslite/conv1", "in112", 112],
    ["reslite/layer3", "in112", 112],
    ["alexlite/features.0", "in64", 64],
  ])("%s: every exemplar has its PNG's exact pixels", async (layer, images, size) => {
    const set = await openImages(shared(`golden/images/${images}`));
    const { shape, data } = await readNpy(shared(`golden/exemplars/${layer}/images.npy`));
    const ids = readFileSync(shared(`golden/exemplars/${layer}/ids.csv`), "utf8")
      .trim()
      .split(/[\n,]/)
      .map(Number);
    const lookup = (await openTable()).data as Uint8Array; // [3, 256]
    expect(ids).toHaveLength(shape[0] * shape[1]);
    const area = size * size;
    const decoded = new Map<number, Uint8Array>();
    for (const id of new Set(ids)) {
      const pixels = await decode(await set.read(id), { width: size, height: size, fit: "crop" });
      decoded.set(
        id,
        pixels.map((value, i) => lookup[Math.floor(i / area) * 256 + value]),
      );
    }
    ids.forEach((id, rank) => {
      const stored = (data as Uint8Array).subarray(rank * 3 * area, (rank + 1) * 3 * area);
      expect(Buffer.compare(decoded.get(id)!, stored), `id ${id}`).toBe(0);
    });
  });
});

describeShared("real photographs", () => {
  it("from a folder and a tar archive decode to the network's size", async () => {
    const folder = await openImages(shared("data/imagenet-sample"));
    expect(folder.entries).toHaveLength(1000);
    expect(folder.entries[0]).toEqual({ file: "n01440764_tench.jpg", label: undefined });
    const tar = await openImages(shared("data/tiny-imagenet-subset.tar"));
    expect(tar.entries.length).toBeGreaterThan(20_000);
    for (const set of [folder, tar]) {
      for (const index of [0, 333, 999]) {
        const pixels = await decode(await set.read(index), { width: 224, height: 224, fit: "crop" });
        expect(pixels).toHaveLength(3 * 224 * 224);
        expect(new Set(pixels).size).toBeGreaterThan(50); // a photograph, not a blank
      }
      await set.close();
    }
  });
});
