import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openLatents } from "../../../src/data/images/latents.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { writeNpy } from "../../../src/engine/tensor/npy.js";
import { temporaryFolder } from "./made.js";

const folder = temporaryFolder();
const at = (path: string) => join(folder, path);
const latent = ndarray(
  "float32",
  [6, 2, 3],
  Float32Array.from({ length: 36 }, (_, i) => i / 4),
);
const classes = ndarray("int64", [6], BigInt64Array.from([9n, 8n, 7n, 6n, 5n, 4n]));

beforeAll(async () => {
  await writeNpy(at("gan/latent.npy"), latent);
  await writeNpy(at("gan/class.npy"), classes);
  writeFileSync(at("gan/notes.txt"), "");
});

describe("latents", () => {
  it("of a folder: one input per file, named after it", async () => {
    const set = await openLatents(at("gan"));
    expect([set.length, set.inputs]).toEqual([6, ["class", "latent"]]);
    const feeds = await set.feeds([4, 5, 0, 0, 2]);
    expect(feeds.class).toEqual({ dtype: "int64", shape: [5], data: BigInt64Array.of(5n, 4n, 9n, 9n, 7n) });
    expect(feeds.latent.shape).toEqual([5, 2, 3]);
    const row = (id: number) => [...latent.data.subarray(id * 6, id * 6 + 6)];
    expect([...(feeds.latent.data as Float32Array)]).toEqual([4, 5, 0, 0, 2].flatMap(row));
    await set.close();
  });

  it("of one file, or of files by name, agree", async () => {
    const single = await openLatents(at("gan/latent.npy"));
    expect(single.inputs).toEqual(["latent"]);
    const named = await openLatents({ latent: at("gan/latent.npy"), class: at("gan/class.npy") });
    const whole = await openLatents(at("gan"));
    expect(named.fingerprint).toBe(whole.fingerprint);
    expect(single.fingerprint).not.toBe(whole.fingerprint);
    expect((await named.feeds(Uint32Array.of(1))).class.data).toEqual(BigInt64Array.of(8n));
    for (const set of [single, named, whole]) await set.close();
  });

  it("are identified by their contents and names", async () => {
    const changed = ndarray(
      "float32",
      latent.shape,
      latent.data.map((value, i) => (i === 35 ? -value : value)),
    );
    await writeNpy(at("other/latent.npy"), changed);
    const [one, other] = [await openLatents(at("gan/latent.npy")), await openLatents(at("other"))];
    const renamed = await openLatents({ z: at("gan/latent.npy") });
    expect(new Set([one.fingerprint, other.fingerprint, renamed.fingerprint]).size).toBe(3);
    for (const set of [one, other, renamed]) await set.close();
  });

  it("must have equally many rows", async () => {
    await writeNpy(at("uneven/a.npy"), classes);
    await writeNpy(at("uneven/b.npy"), ndarray("int64", [5], classes.data.slice(1)));
    await expect(openLatents(at("uneven"))).rejects.toThrow(
      /as many rows for every input, got a 6, b 5; make them equal/,
    );
  });

  it("refuse what is not there", async () => {
    mkdirSync(at("none"));
    await expect(openLatents(at("none"))).rejects.toThrow(/no \.npy file; expected one per network input/);
    await expect(openLatents(at("missing"))).rejects.toThrow(/opening the latents .*missing: no such file/);
    await expect(openLatents(at("gan/notes.txt"))).rejects.toThrow(/not a NumPy array/);
    await writeNpy(at("empty/z.npy"), ndarray("float32", [0, 4], new Float32Array(0)));
    await expect(openLatents(at("empty"))).rejects.toThrow(/no rows/);
    const set = await openLatents(at("gan"));
    for (const id of [6, -1])
      await expect(set.feeds([0, id])).rejects.toThrow(new RegExp(`row ${id}; expected 0 to 5`));
    await set.close();
  });
});
