/** The explorer's API, asked over HTTP, against the runs on disk. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { z } from "@hono/zod-openapi";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { maskOf } from "../../src/exemplars/masks.js";
import { writeMilannotations } from "../../src/exemplars/milannotations.js";
import { type ExemplarStore, openExemplars } from "../../src/exemplars/store.js";
import * as schemas from "../../src/explorer/api/schemas.js";
import { openSyntax } from "../../src/language/syntax/open.js";
import { writeDescriptions } from "../../src/run/descriptions.js";
import type { Run } from "../../src/run/run.js";
import { diffRuns } from "../../src/studies/audit/diff.js";
import { readReviews } from "../../src/studies/audit/reviews.js";
import { HOSTILE, MADE, said } from "./forged.js";
import { SIDE, workshop } from "./live/made.js";
import { type Served, serve } from "./served.js";

const { at, writeSquares, describedRun } = workshop();

type Said<S extends z.ZodType> = z.infer<S>;

const TEXTS = [
  "red dogs",
  "a dog in green grass",
  "leaves of trees",
  "blue cars and buses",
  `<b>traffic</b> lights ${HOSTILE}`,
  "random areas",
  "dogmatic signs",
  "running animals",
  "a white leaf",
  "a white leaf",
];

let run: Run;
let store: ExemplarStore;
let server: Served;
beforeAll(async () => {
  await writeSquares(30);
  run = await describedRun("net");
  const units = run.layers.flatMap(({ name, unitNumbers }) => unitNumbers.slice(0, -1).map((unit) => ({ name, unit })));
  const sayings = units.map(({ name, unit }, i) =>
    said(name, unit, TEXTS[i], {
      confidence: i / 10,
      doubts: i === 5 ? ["vague"] : [],
      ...(i === 7 && {
        meanings: [
          { description: "horses", logp: -1, logpLm: -2, pmi: 0, share: 0.7, exemplars: [0, 2] },
          { description: "zebras", logp: -1, logpLm: -2, pmi: 0, share: 0.3, exemplars: [1, 3] },
        ],
      }),
    }),
  );
  await writeDescriptions(at("net", "descriptions.csv"), MADE, sayings);
  store = await openExemplars(at("net"));
  cpSync(at("net"), at("silent"), { recursive: true });
  for (const file of ["descriptions.csv", "descriptions.jsonl"]) rmSync(at("silent", file));
  await writeMilannotations(store, at("published"), silent);
  writeFileSync(at("published", "annotations.csv"), "layer,unit,summary\ncolours,0,red dogs\ncolours,0,red things\n");
  server = await serve([at("net"), at("silent"), at("published")], { reviewer: "ada" });
});

const list = (query: string, id = "net") =>
  server.json<Said<typeof schemas.UnitList>>(`/api/runs/${id}/units?${query}`);
const found = async (query: string) => (await list(query)).units.map(({ text }) => text);
const page = (layer: number, unit: number, query = "", id = "net") =>
  server.json<Said<typeof schemas.UnitPage>>(`/api/runs/${id}/units/${layer}/${unit}${query && `?${query}`}`);

async function pixels(path: string, channels: 1 | 3) {
  const answer = await server.ask(path);
  expect(answer.status, answer.text.slice(0, 200)).toBe(200);
  const picture = sharp(answer.body).toColourspace(channels === 1 ? "b-w" : "srgb");
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(channels);
  return { answer, data, width: info.width, height: info.height };
}

describe("runs", () => {
  test("say what they are and what they lack", async () => {
    const runs = schemas.Run.array().parse(await server.json("/api/runs"));
    expect(runs.map(({ id }) => id)).toEqual(["net", "silent", "published"]);
    const [net, silentRun, published] = runs;
    expect(net).toMatchObject({
      k: 4,
      units: 12,
      described: 10,
      quantile: 0.95,
      height: SIDE,
      width: SIDE,
      lambda: 0.2,
    });
    expect(net.layers.map(({ name, units, described, map }) => [name, units, described, map])).toEqual([
      ["colours", 6, 5, [SIDE, SIDE]],
      ["mixed", 6, 5, [SIDE / 2, SIDE / 2]],
    ]);
    expect(net.cannot).toMatchObject({ pictures: null, relevel: null });
    expect(net.doubts).toContain("vague");
    expect(silentRun).toMatchObject({ described: 0, describer: null, lambda: null });
    expect(published).toMatchObject({ described: 1, model: null, quantile: null });
    expect(published.cannot.relevel).toMatch(/one level only/);
    expect(published.cannot.probe).toMatch(/without the model/);
    expect(await server.json("/api/runs/net")).toEqual(net);
  });

  test("without their probe set are shown without pictures, and with it where it is now", async () => {
    cpSync(at("net"), at("blind"), { recursive: true });
    const manifest = JSON.parse(readFileSync(at("blind", "run.json"), "utf8"));
    writeFileSync(at("blind", "run.json"), JSON.stringify({ ...manifest, probePath: at("gone") }));
    const blind = await serve([at("blind")]);
    const shown = schemas.Run.parse(await blind.json("/api/runs/blind"));
    expect(shown.cannot.pictures).toMatch(/gone is not there any more/);
    expect(shown.cannot.relevel).toBeNull();
    const unit = schemas.UnitPage.parse(await blind.json("/api/runs/blind/units/0/0"));
    expect(unit.exemplars[0]).toMatchObject({ rank: 0, name: null });
    expect((await blind.ask(`/api/runs/blind/images/${unit.exemplars[0].image}`)).status).toBe(409);
    expect((await blind.ask("/api/runs/blind/units/0/0/masks")).status).toBe(200);
    expect((await blind.ask("/api/runs/blind/units/0/0/strip")).status).toBe(200);
    expect(blind.faults).toEqual([]);
    const seeing = await serve([at("blind")], { images: [at("published"), at("squares")] });
    expect(schemas.Run.parse(await seeing.json("/api/runs/blind")).cannot.pictures).toBeNull();
  });

  test("without activation maps keep to their level and say so", async () => {
    cpSync(at("net"), at("flat"), { recursive: true });
    rmSync(at("flat", "layers", "mixed", "quantiles.safetensors"));
    const flat = await serve([at("flat")]);
    expect(schemas.Run.parse(await flat.json("/api/runs/flat")).cannot.relevel).toMatch(/maps are not there/);
    const unit = schemas.UnitPage.parse(await flat.json("/api/runs/flat/units/0/0"));
    expect([unit.quantiles, unit.histogram]).toEqual([[], null]);
    expect((await flat.ask("/api/runs/flat/units/0/0/masks?quantile=0.5")).status).toBe(409);
    expect((await flat.ask("/api/runs/flat/units/0/0/masks?quantile=0.95")).status).toBe(200);
    expect((await flat.ask("/api/runs/flat/units/0/0/heat")).status).toBe(409);
  });

  test("without any maps show pictures without masks", async () => {
    cpSync(at("net"), at("maskless"), { recursive: true });
    for (const layer of ["colours", "mixed"]) rmSync(at("maskless", "layers", layer, "maps.npy"));
    const maskless = await serve([at("maskless")]);
    const strip = await maskless.ask("/api/runs/maskless/units/0/0/strip?count=1&shade=1");
    expect(strip.status).toBe(200);
    const { channels } = await sharp(strip.body).stats();
    expect(Math.min(...channels.map(({ mean }) => mean))).toBeGreaterThan(10); // nothing is dark
    const masks = await maskless.ask("/api/runs/maskless/units/0/0/masks");
    expect([masks.status, masks.text]).toEqual([400, expect.stringMatching(/maps\.npy: no such file/)]);
    expect(maskless.faults).toEqual([]);
  });

  test("that are none, or twice the same, are refused in a line", async () => {
    mkdirSync(at("empty"), { recursive: true });
    await expect(serve([at("empty")])).rejects.toThrow(/expected a run .* or a MILANNOTATIONS folder/);
    await expect(serve([at("net"), `${at("net")}/`])).rejects.toThrow(/given twice/);
  });

  test("of one name have different ids", async () => {
    mkdirSync(at("other"), { recursive: true });
    cpSync(at("net"), at("other", "net"), { recursive: true });
    const both = await serve([at("net"), at("other", "net")]);
    expect(
      schemas.Run.array()
        .parse(await both.json("/api/runs"))
        .map(({ id }) => id),
    ).toEqual(["net", "net-2"]);
  });
});

describe("lists", () => {
  test("are the units of the run in its order, in parts", async () => {
    const whole = schemas.UnitList.parse(await list("limit=500"));
    expect(whole.total).toBe(12);
    expect(whole.units.map(({ layer, unit }) => `${layer}:${unit}`)).toEqual(
      [0, 1].flatMap((layer) => [0, 1, 2, 3, 4, 5].map((unit) => `${layer}:${unit}`)),
    );
    expect(whole.units[0]).toMatchObject({ text: "red dogs", logp: -4, logpLm: -12, exemplars: 4 });
    const part = await list("limit=2&offset=5");
    expect(part.units).toEqual(whole.units.slice(5, 7));
    expect((await list("offset=100")).units).toEqual([]);
  });

  test.each([
    ["dog", ["red dogs", "a dog in green grass", "dogmatic signs"]],
    ["dogs", ["red dogs", "a dog in green grass"]],
    ["DOG", ["red dogs", "a dog in green grass", "dogmatic signs"]],
    ["do gra", ["a dog in green grass"]],
    ["leaf", ["leaves of trees", "a white leaf", "a white leaf"]],
    ["leaves tree", ["leaves of trees"]],
    ["bus", ["blue cars and buses"]],
    ["zebra", ["running animals"]],
    ["ogs", []],
    ["dog zebra", []],
    ["(.*", []],
    ["", "all"],
    ["   ", "all"],
  ])("of %j", async (query, expected) => {
    const texts = await found(`q=${encodeURIComponent(query)}`);
    if (expected === "all") expect(texts).toHaveLength(12);
    else expect(texts).toEqual(expected);
  });

  test("by meaning have synonyms and kinds as well", async () => {
    expect(await found("q=animal")).toEqual(["running animals"]);
    expect(await found("q=animal&meaning=1")).toEqual(
      expect.arrayContaining(["running animals", "red dogs", "a dog in green grass"]),
    );
    expect(await found("q=automobile&meaning=1")).toEqual(["blue cars and buses"]);
    expect((await found("q=animal&meaning=1&sort=relevance"))[0]).toBe("running animals");
  });

  test("by meaning have words with near vectors, where there are some", async () => {
    const lines = ["puppy 1 0 0.1", "dogs 1 0 0", "dog 0.9 0 0.1", "tree 0 1 0"];
    writeFileSync(at("vectors.txt"), `${lines.join("\n")}\n`);
    const near = await serve([at("net")], { vectors: at("vectors.txt") });
    const { units } = await near.json<Said<typeof schemas.UnitList>>("/api/runs/net/units?q=puppy&meaning=1");
    expect(units.map(({ text }) => text)).toEqual(["red dogs", "a dog in green grass"]);
    expect((await list("q=puppy")).total).toBe(0);
    const neighbours = await near.json<Said<typeof schemas.Neighbours>>("/api/runs/net/units/0/0/neighbours");
    expect(neighbours.byDescription[0].text).toBe("a dog in green grass");
  });

  test("are filtered", async () => {
    expect(await found("doubt=vague")).toEqual(["random areas"]);
    expect((await list("doubt=certain")).total + (await list("doubt=doubted")).total).toBe(12);
    expect((await list("layers=1")).units.every(({ layer }) => layer === 1)).toBe(true);
    expect((await list("layers=0,1")).total).toBe(12);
    expect((await list("layers=7")).total).toBe(0);
    expect((await list("minConfidence=0.75")).units.map(({ confidence }) => confidence)).toEqual([0.8, 0.9]);
    expect(await found("speech=adposition")).toEqual(["a dog in green grass", "leaves of trees"]);
    expect(await found("speech=adjective&q=leaf")).toEqual(["a white leaf", "a white leaf"]);
    expect((await list("verdict=none")).total).toBe(12);
    const clusters = schemas.Cluster.array().parse(await server.json("/api/runs/net/clusters"));
    const leaf = clusters.find(({ name }) => name === "leaf")!;
    expect(leaf.units).toBe(3);
    expect(await found(`cluster=${leaf.cluster}`)).toEqual(["leaves of trees", "a white leaf", "a white leaf"]);
  });

  test("are sorted, those without a value last", async () => {
    const rising = (await list("sort=confidence")).units.map(({ confidence }) => confidence);
    expect(rising).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, null, null]);
    const falling = (await list("sort=confidence&descending=1")).units.map(({ confidence }) => confidence);
    expect(falling).toEqual([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0, null, null]);
    expect((await found("sort=text"))[1]).toBe("a dog in green grass");
    expect((await found("sort=length&descending=0"))[0]).toBe("red dogs");
    expect((await list("sort=layer&descending=1")).units[0]).toMatchObject({ layer: 1, unit: 5 });
    expect((await found("q=dog&sort=relevance")).at(-1)).toBe("dogmatic signs");
  });
});

describe("a unit", () => {
  test("has what the run has", async () => {
    const unit = schemas.UnitPage.parse(await page(0, 1));
    const layer = run.layers[0];
    const files = await run.probeFiles();
    expect(unit.exemplars.map(({ image }) => image)).toEqual(Array.from(layer.ids.subarray(4, 8)));
    expect(unit.exemplars.map(({ name }) => name)).toEqual(unit.exemplars.map(({ image }) => files[image]));
    expect(unit.exemplars[0].activation).toBe(layer.activations[4]);
    expect(unit.level).toBe(layer.levels[1]);
    expect(unit.beam.map(({ text }) => text)).toEqual(["a dog in green grass", "not a dog in green grass"]);
    expect(unit.words).toEqual(["a", "dog", "in", "green", "grass"]);
    expect(unit.attention).toHaveLength(5);
    expect(unit.attention[1]).toEqual([0.1, 0.7, 0.1, 0.1]);
    expect([unit.previous, unit.next]).toEqual([
      [0, 0],
      [0, 2],
    ]);
    const several = await page(1, 2);
    expect(several.meanings).toEqual([
      { text: "horses", share: 0.7, ranks: [0, 2] },
      { text: "zebras", share: 0.3, ranks: [1, 3] },
    ]);
  });

  test("has its neighbours in the list it was found in", async () => {
    const middle = await page(0, 1, "q=dog");
    expect([middle.previous, middle.next]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const outside = await page(0, 2, "q=dog");
    expect([outside.previous, outside.next]).toEqual([null, null]);
  });

  test("has all its activations, and a level at every quantile", async () => {
    const { quantiles, histogram, level } = await page(0, 0);
    const levels = quantiles.map(([, value]) => value);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(quantiles.find(([q]) => q === 0.95)![1]).toBe(level);
    expect(quantiles.at(-1)![0]).toBe(1);
    expect(quantiles.at(-1)![1]).toBeCloseTo(run.layers[0].activations[0], 5); // the table has six digits
    expect(histogram!.total).toBe(30 * SIDE * SIDE);
    const sum = histogram!.counts.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - histogram!.total)).toBeLessThanOrEqual(histogram!.counts.length);
    // the network's first unit is red itself: all its activations can be counted
    const reds: number[] = [];
    for (let id = 0; id < 30; id++)
      for (const value of (await store.image(id)).subarray(0, SIDE * SIDE)) reds.push(Math.fround(value / 255));
    const from = (edge: number) => histogram!.edges.findIndex((value) => value >= edge);
    const counted = (bin: number) => histogram!.counts.slice(bin).reduce((a, b) => a + b, 0);
    const real = (bin: number) => reds.filter((value) => value >= histogram!.edges[bin] - 1e-6).length;
    expect(real(from(level!))).toBeGreaterThan(100);
    expect(counted(from(level!))).toBe(real(from(level!)));
    const half = from(histogram!.edges.at(-1)! / 2); // below the level, by the sample
    expect(counted(half) / real(half)).toBeGreaterThan(0.85);
    expect(counted(half) / real(half)).toBeLessThan(1.15);
  });

  test("has others that are like it", async () => {
    const near = schemas.Neighbours.parse(await server.json("/api/runs/net/units/1/3/neighbours?count=3"));
    expect(near.byDescription[0]).toMatchObject({
      layer: 1,
      unit: 4,
      text: "a white leaf",
      likeness: expect.closeTo(1, 9),
    });
    expect(near.byDescription.length).toBeLessThanOrEqual(3);
    const own = await page(1, 3);
    const pictures = new Set(own.exemplars.map(({ image }) => image));
    for (const other of near.byExemplars) {
      expect([other.layer, other.unit]).not.toEqual([1, 3]);
      const { exemplars } = await page(other.layer, other.unit);
      expect(exemplars.some(({ image }) => pictures.has(image))).toBe(true);
    }
    expect(near.byExemplars.length).toBeGreaterThan(0);
  });
});

describe("evidence", () => {
  test("pictures are those of the probe set, and stay in the browser's cache", async () => {
    const { exemplars } = await page(0, 0);
    const path = `/api/runs/net/images/${exemplars[0].image}`;
    const { answer, data, width, height } = await pixels(path, 3);
    expect([width, height, answer.headers["content-type"]]).toEqual([SIDE, SIDE, "image/webp"]);
    const real = await store.image(exemplars[0].image);
    let difference = 0;
    for (let i = 0; i < SIDE * SIDE; i++)
      for (let c = 0; c < 3; c++) difference += Math.abs(data[3 * i + c] - real[c * SIDE * SIDE + i]);
    expect(difference / data.length).toBeLessThan(12);
    expect(answer.headers["cache-control"]).toBe("private, no-cache");
    const { version } = await server.json<Said<typeof schemas.Run>>("/api/runs/net");
    const named = await server.ask(`${path}?v=${version}`);
    expect(named.headers["cache-control"]).toContain("immutable");
    const again = await server.ask(path, { headers: { "if-none-match": named.headers.etag! } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await pixels(`${path}?size=16`, 3)).width).toBe(16);
    expect((await server.ask("/api/runs/net/images/4000000")).status).toBe(404);
  });

  test("masks are those of the run, and at other levels those of its maps", async () => {
    const own = await pixels("/api/runs/net/units/1/2/masks", 1);
    expect([own.width, own.height]).toEqual([SIDE, 4 * SIDE]);
    const area = SIDE * SIDE;
    for (let rank = 0; rank < 4; rank++) {
      const mask = await store.mask(store.layers[1], 2, rank);
      expect([...own.data.subarray(rank * area, (rank + 1) * area)]).toEqual(Array.from(mask, (on) => 255 * on));
    }
    const { quantiles } = await page(1, 2);
    const [quantile, level] = quantiles.find(([q]) => q === 0.99)!;
    const other = await pixels(`/api/runs/net/units/1/2/masks?quantile=${quantile}`, 1);
    const map = await run.map(run.layers[1], 2, 1);
    const mask = maskOf(map, [SIDE / 2, SIDE / 2], level, new Uint8Array(area), [SIDE, SIDE]);
    expect([...other.data.subarray(area, 2 * area)]).toEqual(Array.from(mask, (on) => 255 * on));
    const lit = (data: Uint8Array) => data.filter((value) => value > 0).length;
    expect(lit(other.data)).toBeLessThan(lit(own.data));
    expect(lit((await pixels("/api/runs/net/units/1/2/masks?quantile=0.9", 1)).data)).toBeGreaterThanOrEqual(
      lit(own.data),
    );
  });

  test("heat is the activation's share of the unit's largest; maps are the numbers", async () => {
    const { data, height } = await pixels("/api/runs/net/units/0/0/heat", 1);
    expect(height).toBe(4 * SIDE);
    const answer = await server.ask("/api/runs/net/units/0/0/maps");
    const values = new Float32Array(new Uint8Array(answer.body).buffer);
    expect(values.length).toBe(4 * SIDE * SIDE);
    expect(values.subarray(SIDE * SIDE, 2 * SIDE * SIDE)).toEqual(await run.map(run.layers[0], 0, 1));
    const most = run.layers[0].activations[0];
    expect([...data]).toEqual(Array.from(values, (value) => Math.round(255 * Math.min(1, value / most))));
  });

  test("strips are the exemplars, dark outside of their masks", async () => {
    const { data, width, height } = await pixels("/api/runs/net/units/0/0/strip?count=3&shade=1", 3);
    expect([width, height]).toEqual([3 * SIDE, SIDE]);
    const mask = await store.mask(store.layers[0], 0, 0);
    let [inside, outside] = [0, 0];
    for (let i = 0; i < mask.length; i++) {
      const red = data[3 * (Math.floor(i / SIDE) * width + (i % SIDE))];
      if (mask[i]) inside += red / mask.reduce((a, b) => a + b, 0);
      else outside += red / mask.filter((on) => !on).length;
    }
    expect(inside).toBeGreaterThan(120);
    expect(outside).toBeLessThan(25);
    expect((await pixels("/api/runs/net/units/0/0/strip?count=30", 3)).width).toBe(4 * SIDE);
  });

  test("MILANNOTATIONS have pictures and masks, and refuse the rest", async () => {
    const unit = await page(0, 0, "", "published");
    expect(unit.text).toBe("red dogs / red things");
    expect([unit.level, unit.histogram, unit.quantiles, unit.beam, unit.words]).toEqual([null, null, [], [], []]);
    const own = await pixels("/api/runs/published/units/0/0/masks", 1);
    const mask = await store.mask(store.layers[0], 0, 0);
    expect([...own.data.subarray(0, mask.length)]).toEqual(Array.from(mask, (on) => 255 * on));
    const files = ["images/0", "units/0/0/strip"].map((path) => server.ask(`/api/runs/published/${path}`));
    expect((await Promise.all(files)).map(({ status }) => status)).toEqual([200, 200]);
    const refused = ["masks?quantile=0.5", "heat", "maps", "strip?quantile=0.5"];
    for (const path of refused) {
      const answer = await server.ask(`/api/runs/published/units/0/0/${path}`);
      expect([answer.status, answer.text]).toEqual([409, expect.stringContaining("one level only")]);
    }
  });
});

test("MILANNOTATIONS without pictures, as published for ImageNet, show masks alone until they are told where the images are", async () => {
  cpSync(at("published"), at("bare"), { recursive: true });
  for (const layer of ["colours", "mixed"]) rmSync(at("bare", layer, "images.npy"));
  const bare = await serve([at("bare")]);
  expect(schemas.Run.parse(await bare.json("/api/runs/bare")).cannot.pictures).toMatch(
    /say where they are with --images/,
  );
  expect((await bare.ask("/api/runs/bare/units/0/0/masks")).status).toBe(200);
  const { exemplars } = await bare.json<Said<typeof schemas.UnitPage>>("/api/runs/bare/units/0/0");
  expect((await bare.ask(`/api/runs/bare/images/${exemplars[0].image}`)).status).toBe(409);
  const seeing = await serve([at("bare")], { images: [at("squares")] });
  expect((await seeing.ask(`/api/runs/bare/images/${exemplars[0].image}`)).status).toBe(200);
  expect([...bare.faults, ...seeing.faults]).toEqual([]);
});

describe("verdicts", () => {
  test("are kept as milan audit keeps them, with who and when", async () => {
    const request = { layer: 0, unit: 0, verdict: "no", note: `a "note", with\nlines` };
    const given = schemas.Review.parse((await server.post("/api/runs/net/reviews", request)).json());
    expect(given).toMatchObject({ layer: "colours", description: "red dogs", reviewer: "ada" });
    const [kept] = await readReviews(at("net"));
    expect(kept).toEqual(given);
    expect((await page(0, 0)).review).toMatchObject({ verdict: "no", note: request.note, reviewer: "ada" });
    expect((await list("verdict=no")).units.map(({ unit, verdict }) => [unit, verdict])).toEqual([[0, "no"]]);
    expect((await list("verdict=none")).total).toBe(11);
    const changed = { ...request, verdict: "yes", reviewer: "grace" };
    expect((await server.post("/api/runs/net/reviews", changed)).status).toBe(200);
    expect((await list("verdict=yes")).units[0].verdict).toBe("yes");
    const all = schemas.Review.array().parse(await server.json("/api/runs/net/reviews"));
    expect(all.map(({ reviewer }) => reviewer)).toEqual(["ada", "grace"]);
  });

  test("given at the same time are all kept", async () => {
    const units = [1, 2, 3, 4];
    const given = units.map((unit) => server.post("/api/runs/net/reviews", { layer: 0, unit, verdict: "unsure" }));
    expect((await Promise.all(given)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const kept = (await readReviews(at("net"))).filter(({ verdict }) => verdict === "unsure");
    expect(kept.map(({ unit }) => unit).sort()).toEqual(units);
  });

  test.each([
    [{ layer: 0, unit: 5, verdict: "yes" }, 409, /no description/],
    [{ layer: 0, unit: 99, verdict: "yes" }, 404, /no unit 99/],
    [{ layer: -1, unit: 0, verdict: "yes" }, 400, /^layer/],
    [{ layer: 0, unit: 0, verdict: "maybe" }, 400, /^verdict/],
    [{ layer: 0, unit: 0, verdict: "yes", note: "x".repeat(3000) }, 400, /^note/],
    [{ layer: "0", unit: 0, verdict: "yes" }, 400, /^layer/],
    [[], 400, /object/],
  ])("%o is refused", async (request, status, message) => {
    const before = readFileSync(at("net", "audit.csv"), "utf8");
    const answer = await server.post("/api/runs/net/reviews", request);
    expect(answer.status).toBe(status);
    expect((answer.json() as { error: string }).error).toMatch(message);
    expect(readFileSync(at("net", "audit.csv"), "utf8")).toBe(before);
  });
});

describe("a run as a whole", () => {
  test("its words, doubts and clusters", async () => {
    const board = schemas.Dashboard.parse(await server.json("/api/runs/net/dashboard"));
    expect(board.layers.map(({ layer, units, doubted }) => [layer, units, doubted])).toEqual([
      ["colours", 6, expect.any(Number)],
      ["mixed", 6, expect.any(Number)],
    ]);
    expect(board.words.slice(0, 2)).toEqual([
      { word: "leaf", units: 3 },
      { word: "dog", units: 2 },
    ]);
    expect(board.doubts).toContainEqual({ doubt: "vague", units: 1 });
    const silentBoard = schemas.Dashboard.parse(await server.json("/api/runs/silent/dashboard"));
    expect([silentBoard.words, silentBoard.clusters]).toEqual([[], []]);
  });

  test("its figures, by id alone, and harmless", async () => {
    mkdirSync(at("net", "analysis"), { recursive: true });
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    writeFileSync(at("net", "analysis", "ablation_curves.svg"), drawing);
    writeFileSync(at("net", "analysis", "ablation_curves.png"), "a png");
    writeFileSync(at("secret.png"), "secret");
    symlinkSync(at("secret.png"), at("net", "analysis", "linked.png"));
    symlinkSync(at("squares"), at("net", "pointer"));
    const { figures } = schemas.Dashboard.parse(await server.json("/api/runs/net/dashboard"));
    expect(figures).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{16}$/), title: "analysis: ablation curves", type: "image/svg+xml" },
    ]);
    const answer = await server.ask(`/api/runs/net/figures/${figures[0].id}`);
    expect(answer.text).toBe(drawing);
    expect(answer.headers["content-type"]).toBe("image/svg+xml");
    expect(answer.headers["content-security-policy"]).toMatch(/default-src 'none';.*sandbox/);
    expect((await server.ask("/api/runs/net/figures/0123456789abcdef")).status).toBe(404);
    for (const path of ["..%2f..%2fsecret.png", "analysis%2fablation_curves.svg", "secret.png"]) {
      expect([400, 404]).toContain((await server.ask(`/api/runs/net/figures/${path}`)).status);
    }
  });

  test("beside another, as milan diff", async () => {
    await describedRun("twin");
    const both = await serve([at("net"), at("twin"), at("silent")]);
    const compared = schemas.Comparison.parse(await both.json("/api/compare?a=net&b=twin"));
    const { words, described } = await diffRuns(at("net"), at("twin"), await openSyntax());
    expect(compared.words.map(({ word, a, b, q }) => ({ word, a, b, q }))).toEqual(
      words.map(({ word, first, second, q }) => ({ word, a: first, b: second, q })),
    );
    expect(compared.words[0].shareA).toBe(compared.words[0].a / described[0]);
    expect(compared.layers).toEqual([
      { display: "colours", a: 5, b: 5, same: 0 },
      { display: "mixed", a: 5, b: 5, same: 0 },
    ]);
    const itself = schemas.Comparison.parse(await both.json("/api/compare?a=net&b=net"));
    expect(itself.layers[0]).toEqual({ display: "colours", a: 5, b: 5, same: 5 });
    expect((await both.ask("/api/compare?a=net&b=silent")).status).toBe(409);
    expect((await both.ask("/api/compare?a=net&b=nothing")).status).toBe(404);
    expect((await both.ask("/api/compare?a=net")).status).toBe(400);
  });
});

describe("what makes no sense", () => {
  test.each([
    ["/api/runs/nothing", 404],
    ["/api/runs/..%2fnet", 404],
    ["/api/runs/%2e%2e", 404],
    [`/api/runs/${"x".repeat(500)}`, 400],
    ["/api/runs/__proto__", 404],
    ["/api/runs/constructor/units", 404],
    ["/api/runs/net/units?limit=501", 400],
    ["/api/runs/net/units?limit=1e99", 400],
    ["/api/runs/net/units?limit=ten", 400],
    ["/api/runs/net/units?offset=-1", 400],
    ["/api/runs/net/units?offset=1.5", 400],
    ["/api/runs/net/units?layers=0;1", 400],
    ["/api/runs/net/units?sort=__proto__", 400],
    ["/api/runs/net/units?doubt=all", 400],
    ["/api/runs/net/units?minConfidence=NaN", 400],
    ["/api/runs/net/units?cluster=-2", 400],
    [`/api/runs/net/units?q=${"a".repeat(201)}`, 400],
    ["/api/runs/net/units/0/99", 404],
    ["/api/runs/net/units/9/0", 404],
    ["/api/runs/net/units/-1/0", 400],
    ["/api/runs/net/units/0/0x1", 400],
    ["/api/runs/net/units/0/%20", 400],
    ["/api/runs/net/units/0/1e400", 400],
    ["/api/runs/net/units/0/a", 400],
    ["/api/runs/net/units/0/0/masks?quantile=2", 400],
    ["/api/runs/net/units/0/0/masks?quantile=x", 400],
    ["/api/runs/net/units/0/0/strip?size=100000", 400],
    ["/api/runs/net/units/0/0/strip?count=0", 400],
    ["/api/runs/net/images/-1", 400],
    ["/api/runs/net/images/..%2f..%2fnet%2frun.json", 400],
    ["/api/runs/net/images/29999", 404],
    ["/api/../api/runs/net/run.json", 404],
    ["/run.json", 404],
  ])("%s is answered with %i and a reason", async (path, status) => {
    const answer = await server.ask(path);
    expect(answer.status, answer.text.slice(0, 300)).toBe(status);
    expect((answer.json() as { error: string }).error).not.toMatch(/\n|at .*\.ts/);
  });

  test("other methods are not answered", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) {
      expect((await server.ask("/api/runs/net", { method })).status).toBe(404);
    }
  });

  test("markup in descriptions is text", async () => {
    const answer = await server.ask("/api/runs/net/units?q=traffic");
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect((answer.json() as Said<typeof schemas.UnitList>).units[0].text).toContain(HOSTILE);
  });
});

test("the document describes every route", async () => {
  const document = await server.json<{ openapi: string; paths: Record<string, Record<string, { responses: object }>> }>(
    "/api/openapi.json",
  );
  expect(document.openapi).toBe("3.1.0");
  const names: Record<string, string> = { run: "net", layer: "0", unit: "1", image: "0" };
  const [first] = (await page(0, 1)).exemplars;
  names.image = String(first.image);
  const asked: string[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    if (!operations.get || path.includes("{figure}") || path === "/api/compare") continue;
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name) => names[name] ?? `{${name}}`);
    const answer = await server.ask(address);
    expect(answer.status, address).toBe(200);
    asked.push(path);
  }
  expect(asked).toContain("/api/runs/{run}/units/{layer}/{unit}/strip");
  expect(Object.keys(document.paths).length).toBeGreaterThan(13);
});

test("nothing failed inside, and nothing but verdicts was written", () => {
  expect(server.faults).toEqual([]);
  expect(existsSync(at("net", "audit.csv"))).toBe(true);
  expect(existsSync(at("silent", "audit.csv"))).toBe(false);
  renameSync(at("net", "audit.csv"), at("net", "audit.old"));
});
