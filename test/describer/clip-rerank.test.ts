/** Reranking by an image-text model, where the right colours are known: a describer of three epochs' learning, and the dual encoder made by hand. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { registerDescribe } from "../../src/cli/describe.js";
import { boxOf } from "../../src/data/images/box.js";
import { openAnnotatedSets } from "../../src/describer/annotated-set.js";
import { ClipReranker } from "../../src/describer/clip-rerank.js";
import { describe } from "../../src/describer/describe.js";
import { loadDescriber } from "../../src/describer/describer.js";
import { openEncoder } from "../../src/describer/training/encoder-source.js";
import { trainDescriber } from "../../src/describer/training/train.js";
import { readNpy, writeNpy } from "../../src/engine/tensor/npy.js";
import { openExemplars } from "../../src/exemplars/store.js";
import { type Description, readDescriptions } from "../../src/run/descriptions.js";
import { writeColourClip } from "../studies/faithfulness/colour-clip.js";
import { SIZE, writeEyes, writeShapeSet } from "./training/shape-set.js";

const folder = mkdtempSync(join(tmpdir(), "milan-clip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

const UNITS = 12;
const EMPTY = 5;
/** So many that each unit has a candidate of its colour. */
const BEAM = 400;
const say = (colour: string) => [`${colour} things`];
/** The colour that each unit likes. */
let colours: string[];

beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  await writeColourClip(at("clip"), "pair");
  await writeShapeSet(at("known"), { units: 60, seed: 1, say });
  colours = (await writeShapeSet(at("unseen"), { units: UNITS, seed: 2, say })).map((answer) => answer.split(" ")[0]);
  const masks = await readNpy(at("unseen/layer1/masks.npy"));
  const size = masks.data.length / UNITS;
  masks.data.fill(0 as never, EMPTY * size, (EMPTY + 1) * size);
  await writeNpy(at("unseen/layer1/masks.npy"), masks);
  const source = await openEncoder(at("eyes.onnx"), { layers: ["colours"] });
  const sets = await openAnnotatedSets([at("known")]);
  await trainDescriber(sets, source, {
    ...{ out: at("describer"), epochs: 3, batch: 32, length: 4, rare: 0, seed: 4, sizes: { embedding: 8, hidden: 12 } },
    now: () => performance.now(),
  });
  for (const { store } of sets) await store.close();
}, 120_000);

const isRight = ({ unit, description }: Description) => description.toLowerCase().split(" ").includes(colours[unit]);

test("the beam's candidate that suits the exemplars wins, where the captioner's choice does not; its evidence is kept", async () => {
  const store = await openExemplars(at("unseen"));
  const describer = await loadDescriber(at("describer"));
  const clip = await ClipReranker.open(at("clip"));
  const all = async (options: Parameters<typeof describe>[2]) => {
    const found: Description[] = [];
    for await (const each of describe(store, describer, options)) found.push(each);
    return found;
  };
  const plain = await all({ beam: BEAM });
  const reranked = await all({ clip, beam: BEAM });
  const described = reranked.filter(({ unit }) => unit !== EMPTY);
  expect(plain.filter((item) => item.unit !== EMPTY && !isRight(item)).length).toBeGreaterThan(0);
  expect(described.filter((item) => !isRight(item))).toEqual([]);
  for (const { unit, description, clip, logp, logpLm, pmi, confidence, beam, attention } of described) {
    expect(plain[unit].beam).toContainEqual({ description, logp, logpLm, pmi });
    expect(confidence).toBeGreaterThan(0);
    expect(confidence).toBeLessThanOrEqual(1);
    expect(attention).toHaveLength(Math.min(4, description.split(" ").length + 1));
    const cosines = beam.flatMap((candidate) => candidate.clip ?? []);
    expect(cosines[0]).toBe(clip);
    expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
    expect(Math.abs(clip!)).toBeLessThanOrEqual(1 + 1e-6);
    expect(beam.map((candidate) => candidate.logp).sort()).toEqual(plain[unit].beam.map(({ logp }) => logp).sort());
  }
  expect(reranked[EMPTY]).toMatchObject({ description: "", doubts: ["no-exemplars"], beam: [] });
  await expect(all({ clip, search: "greedy" })).rejects.toThrow(/greedy search leaves one candidate/);
  await expect(all({ clip, consensus: true })).rejects.toThrow(/expected one way to choose, leave out --scattered/);
  await expect(all({ clip, each: true })).rejects.toThrow(/expected one way to choose, leave out --weigh/);
  await expect(all({ clip, compat: "reference" })).rejects.toThrow(/expected one of --clip and --compat/);
  await clip.close();
  await describer.close();
  await store.close();
});

test("a cosine is of the crops' mean: what lies outside the box does not count, a mask of one pixel is enough", async () => {
  const clip = await ClipReranker.open(at("clip"));
  const area = SIZE * SIZE;
  const picture = new Uint8Array(3 * area).fill(128);
  const paint = (x: number, rgb: readonly number[]) => {
    for (let y = 0; y < 4; y++) for (const [c, value] of rgb.entries()) picture[c * area + y * SIZE + x] = value;
  };
  for (let x = 0; x < SIZE / 2; x++) paint(x, [214, 42, 30]);
  for (let x = SIZE / 2; x < SIZE; x++) paint(x, [35, 72, 208]);
  const only = (...places: number[]) => Uint8Array.from({ length: area }, (_, i) => +places.includes(i));
  const score = (...masks: Uint8Array[]) => {
    const exemplars = async function* () {
      for (const mask of masks) yield { picture, mask };
    };
    return clip.likeness(exemplars(), ["red things", "blue things"], [SIZE, SIZE]);
  };
  const [red, blue] = [only(0, 3 * SIZE + 9), only(SIZE - 1)];
  const left = await score(red);
  const right = await score(blue);
  expect(left[0]).toBeGreaterThan(left[1] + 0.5);
  expect(right[1]).toBeGreaterThan(right[0] + 0.5);
  const both = await score(red, new Uint8Array(area), ...new Array<Uint8Array>(33).fill(blue));
  expect(both[0]).toBeCloseTo((left[0] + 33 * right[0]) / 34, 5);
  expect(await score(new Uint8Array(area))).toEqual(Float64Array.of(Number.NaN, Number.NaN));
  await clip.close();
});

test("the box of a mask", () => {
  expect(boxOf(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 1, 0), 3)).toEqual({ left: 1, top: 1, right: 3, bottom: 3 });
  expect(boxOf(new Uint8Array(9), 3)).toBeUndefined();
});

test("on the command line: the header says how it was done; what is no image-text model is refused in a line", async () => {
  const run = async (...options: string[]) => {
    const program = new Command();
    registerDescribe(program);
    const spies = [process.stderr, process.stdout].map((stream) => vi.spyOn(stream, "write").mockReturnValue(true));
    try {
      await program.parseAsync(["describe", at("unseen"), "--describer", at("describer"), ...options], {
        from: "user",
      });
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  };
  await run("--clip", at("clip"), "--beam", String(BEAM));
  const header = () => JSON.parse(readFileSync(at("unseen/descriptions.jsonl"), "utf8").split("\n")[0]);
  expect(header()).toMatchObject({ search: "beam", beam: BEAM, clip: { folder: at("clip") } });
  expect(header().clip.sha256).toMatch(/^[0-9a-f]{64}$/);
  const read = await readDescriptions(at("unseen"));
  expect(read.every((item) => item.unit === EMPTY || isRight(item))).toBe(true);
  await run();
  expect(header()).toMatchObject({ search: "rerank", beam: 50, clip: null });

  mkdirSync(at("bad"));
  await expect(run("--clip", at("bad"))).rejects.toThrow(/bad: no preprocessor_config\.json; expected a CLIP exported/);
  await writeColourClip(at("bad"), "one");
  writeFileSync(at("bad/model.onnx"), "hello");
  await expect(run("--clip", at("bad"))).rejects.toThrow(/not an ONNX file/);
  await expect(run("--clip", at("nowhere"))).rejects.toThrow(/nowhere: no preprocessor_config/);
});
