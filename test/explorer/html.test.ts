import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { type Progress, silent } from "../../src/base/progress.js";
import { openExemplars } from "../../src/exemplars/store.js";
import { exportHtml, type HtmlOptions } from "../../src/explorer/html.js";
import type { Description } from "../../src/run/descriptions.js";
import { readTable } from "../../src/run/table.js";
import { describeShared, shared } from "../shared.js";
import { block, disc, forgedStore, HOSTILE, K, MADE, picture, SIZE, said, unpack } from "./forged.js";

const folder = mkdtempSync(join(tmpdir(), "milan-html-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function exported(
  store = forgedStore({ conv1: 5, conv2: 3 }),
  descriptions: readonly Description[] = [said("conv1", 2, "red birds"), said("conv2", 0, "water")],
  options: HtmlOptions = {},
): Promise<string> {
  const path = join(folder, "page.html");
  await exportHtml(store, descriptions, path, options);
  return readFileSync(path, "utf8");
}

const facts = (page: string) => JSON.parse(block(page, "facts").join(""));
const units = (page: string) => block(page, "units").map((line) => JSON.parse(line));

describe("what is on the page", () => {
  test("every unit with what was said of it", async () => {
    const page = await exported();
    expect(facts(page)).toMatchObject({ described: 2, lambda: 0.2, height: SIZE, width: SIZE });
    expect(facts(page).layers).toEqual([
      { name: "conv1", tensor: "conv1" },
      { name: "conv2", tensor: "conv2" },
    ]);
    expect(units(page)).toHaveLength(8);
    expect(units(page)[2]).toEqual({
      ...{ layer: 0, unit: 2, text: "red birds", logp: -4, logpLm: -12, pmi: -1.6, confidence: 0.31, doubts: [] },
      ...{ level: 1.5, images: [2, 3, 4, 5], activations: [12, 11, 10, 9] },
    });
    expect(units(page)[3]).toMatchObject({ unit: 3, text: "", pmi: null, doubts: [] });
    const evidence = block(page, "evidence").map((line) => JSON.parse(unpack(line).toString()));
    expect(evidence[2].beam).toEqual([
      ["red birds", -4, -12],
      ["not red birds", -5, -16],
    ]);
    expect(evidence[2].attention).toEqual([
      [700, 100, 100, 100],
      [100, 700, 100, 100],
    ]);
    expect(evidence[3]).toEqual({ beam: [], attention: [] });
  });

  test("the meanings of a unit that has several, with their exemplars among those shown", async () => {
    const meaning = { description: "birds", logp: -3, logpLm: -9, pmi: -1.2, share: 0.7123456, exemplars: [0, 3] };
    const meanings = [meaning, { ...meaning, description: "boats", share: 0.2, exemplars: [1, 2] }];
    const page = await exported(forgedStore({ conv1: 2 }), [said("conv1", 0, "things", { meanings })], {
      exemplars: 3,
    });
    expect(units(page)[0].meanings).toEqual([
      { text: "birds", share: 0.71235, exemplars: [0] },
      { text: "boats", share: 0.2, exemplars: [1, 2] },
    ]);
    expect(units(page)[1]).not.toHaveProperty("meanings");
  });

  test("masks, bit for bit", async () => {
    const page = await exported();
    const lines = block(page, "masks");
    expect(lines).toHaveLength(8);
    const packed = unpack(lines[6]); // unit 1 of conv2
    const bytes = (SIZE * SIZE) / 8;
    for (let rank = 0; rank < K; rank++) {
      const bits = Array.from({ length: SIZE * SIZE }, (_, i) => (packed[rank * bytes + (i >> 3)] >> (i & 7)) & 1);
      expect(bits).toEqual([...disc(1, rank)]);
    }
  });

  test("every picture once, and it is the picture", async () => {
    const page = await exported();
    const images = block(page, "images").map((line) => JSON.parse(line));
    expect(images).toHaveLength(7);
    const { data, info } = await sharp(Buffer.from(images[3].webp, "base64"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([SIZE, SIZE]);
    const original = picture(3);
    const errors = Array.from(data, (value, i) =>
      Math.abs(value - original[(i % 3) * SIZE * SIZE + Math.floor(i / 3)]),
    );
    expect(errors.reduce((a, b) => a + b) / errors.length).toBeLessThan(6);
  });

  test("equal pictures of different numbers once", async () => {
    const store = forgedStore({ conv1: 5 }, { image: async (id) => picture(id % 2) });
    expect(block(await exported(store, []), "images")).toHaveLength(2);
  });

  test("smaller pictures and fewer exemplars when asked for", async () => {
    const page = await exported(undefined, undefined, { imageSize: 12, exemplars: 2 });
    expect(facts(page)).toMatchObject({ height: 12, width: 12 });
    expect(units(page)[0].images).toHaveLength(2);
    expect(unpack(block(page, "masks")[0])).toHaveLength(2 * 18);
  });

  test("a unit that cannot be judged, with exemplars or without", async () => {
    const store = forgedStore({ conv1: 2 });
    const [layer] = store.layers;
    layer.images.fill(-1, 0, K);
    const flaws = [{ unit: 0, flaw: "nan" } as const];
    const page = await exported({ ...store, layers: [{ ...layer, flaws }] }, []);
    expect(units(page)[0]).toMatchObject({ doubts: ["nan"], images: [], text: "" });
    expect(block(page, "masks")).toHaveLength(2);
  });

  test("attention stays with its exemplars where some ranks have no picture", async () => {
    const store = forgedStore({ conv1: 1 });
    store.layers[0].images[1] = -1;
    const attention = [[0.2, 0.5, 0.3]]; // of the three exemplars there are
    const page = await exported(store, [said("conv1", 0, "water", { attention })]);
    expect(units(page)[0].images).toHaveLength(3);
    expect(JSON.parse(unpack(block(page, "evidence")[0]).toString()).attention).toEqual([[200, 500, 300]]);
  });

  test("all that several people said of a unit", async () => {
    const page = await exported(forgedStore({ conv1: 1 }), [said("conv1", 0, "dogs"), said("conv1", 0, "fur")]);
    expect(units(page)[0].text).toBe("dogs / fur");
  });

  test("λ as it was: none without a language model, 0 for an order by log p(d|E)", async () => {
    const plain = said("conv1", 0, "dogs");
    const withoutPrior = plain.beam.map((item) => ({ ...item, logpLm: null, pmi: null }));
    const store = forgedStore({ conv1: 1 });
    expect(facts(await exported(store, [{ ...plain, beam: withoutPrior }])).lambda).toBeNull();
    const reversed = [{ ...plain, beam: plain.beam.toReversed() }];
    expect(facts(await exported(store, reversed)).lambda).toBe(0);
    // a witness or the beam's agreement may choose another than the best by PMI
    expect(facts(await exported(store, reversed, { made: MADE })).lambda).toBe(0.2);
    expect(facts(await exported(store, reversed, { made: { ...MADE, search: "beam" } })).lambda).toBe(0);
  });
});

describe("a page is safe to open", () => {
  const hostile = () =>
    exported(forgedStore({ [HOSTILE]: 2 }), [said(HOSTILE, 0, HOSTILE, { doubts: [HOSTILE as never] })], {
      title: HOSTILE,
      made: { ...MADE, describer: `somewhere/${HOSTILE.replaceAll("/", "")}` },
    });

  test("it fetches nothing", async () => {
    const page = await exported(forgedStore({ conv1: 5 }, { imageName: () => undefined }));
    expect(page).not.toMatch(/https?:|url\(|@import|\bsrc=|<link|\bfetch\(|XMLHttpRequest|WebSocket/i);
    expect(page.match(/\bimport\b/g)).toBeNull();
  });

  test("its policy allows its own style and program, by their hashes, and nothing else", async () => {
    const page = await exported();
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
    const [, program] = /<script type="module">([\s\S]*?)<\/script>/.exec(page)!;
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(policy.split("; ").slice(0, 3)).toEqual([
      "default-src 'none'",
      `style-src ${hash(style)}`,
      `script-src ${hash(program)}`,
    ]);
  });

  test("names and descriptions are never markup", async () => {
    const [page, plain] = [await hostile(), await exported()];
    for (const tag of ["<script", "</script", "<!--", "<img", "<style"]) {
      expect([tag, page.split(tag).length]).toEqual([tag, plain.split(tag).length]);
    }
    expect(facts(page).title).toBe(HOSTILE);
    expect(facts(page).layers[0].name).toBe(HOSTILE);
    expect(units(page)[0]).toMatchObject({ text: HOSTILE, doubts: [HOSTILE] });
    expect(JSON.parse(block(page, "images")[0]).name).toBe(`picture 0 ${HOSTILE}`);
  });

  test("its program is sound where no browser is at hand", async () => {
    const [, program] = /<script type="module">([\s\S]*?)<\/script>/.exec(await exported())!;
    expect(() => new Function(program)).not.toThrow();
  });
});

describe("writing", () => {
  test("a page of 300 units stays small, and makes none of its rows before it is opened", async () => {
    const store = forgedStore({ conv1: 300 });
    const descriptions = Array.from({ length: 300 }, (_, unit) =>
      said("conv1", unit, "white areas around dark objects"),
    );
    const page = await exported(store, descriptions);
    const empty = await exported(forgedStore({ conv1: 1 }), []);
    expect((page.length - empty.length) / 300).toBeLessThan(1000);
    expect(page.split("<li").length).toBe(1);
  });

  test("progress of every phase ends, and descriptions of other units are reported", async () => {
    const calls: string[] = [];
    const progress: Progress = {
      begin: (phase, total, unit) => calls.push(`${phase} ${total} ${unit}`),
      update: (done) => calls.push(String(done)),
      end: () => calls.push("end"),
      warn: (message) => calls.push(message),
    };
    await exported(
      forgedStore({ conv1: 1 }),
      [said("conv1", 0, "dogs"), said("conv1", 7, "cats"), said("fc", 0, "x")],
      {
        progress,
      },
    );
    expect(calls).toEqual([
      "2 of 3 descriptions are of units that forged does not have; they are left out",
      ...["images 4 image", "1", "2", "3", "4", "end", "masks 1 unit", "1", "end"],
    ]);
  });

  test("nothing is left where a picture cannot be read", async () => {
    const out = join(folder, "failed", "page.html");
    const image = async (id: number) => {
      if (id === 3) throw new UserError("reading 3.jpg: damaged");
      return picture(id);
    };
    const failing = forgedStore({ conv1: 5 }, { image });
    await expect(exportHtml(failing, [], out, { progress: silent })).rejects.toThrow("reading 3.jpg: damaged");
    expect(readdirSync(join(folder, "failed"))).toEqual([]);
  });

  test("options out of range", async () => {
    const out = join(folder, "none.html");
    for (const options of [{ imageSize: 0 }, { imageSize: 1.5 }, { exemplars: Number.NaN }]) {
      await expect(exportHtml(forgedStore({ conv1: 1 }), [], out, options)).rejects.toThrow(UserError);
    }
    expect(existsSync(out)).toBe(false);
  });
});

describeShared("a MILANNOTATIONS folder", () => {
  test("its copies of a picture are one on the page", async () => {
    const source = shared("golden/exemplars/reslite");
    const store = await openExemplars(source);
    const path = join(folder, "reslite.html");
    await exportHtml(store, [], path);
    await store.close();
    const ids = await Promise.all(store.layers.map(({ name }) => readTable(join(source, name, "ids.csv"))));
    const distinct = new Set(ids.flatMap(({ values }) => [...values]));
    const page = readFileSync(path, "utf8");
    expect(block(page, "images")).toHaveLength(distinct.size);
    expect(units(page)).toHaveLength(20);
    expect(statSync(path).size).toBeLessThan(1_000_000);
  });
});
