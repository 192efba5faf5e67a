/** What each exemplar by itself makes of a beam, on units of which every exemplar's colour is known. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../src/base/progress.js";
import { builtInDescriber } from "../../src/builtin/assets.js";
import { agreements } from "../../src/describer/agreement.js";
import { aloneOf, OUTVOTED, weighed } from "../../src/describer/alone.js";
import { type DescribeOptions, describe } from "../../src/describer/describe.js";
import { type Describer, loadDescriber } from "../../src/describer/describer.js";
import { decodeSome, type Evidence, encode, scoreOne } from "../../src/describer/evidence.js";
import type { Witness } from "../../src/describer/witness.js";
import { type ExemplarStore, openExemplars } from "../../src/exemplars/store.js";
import { tokenize } from "../../src/language/tokens.js";
import { isVague } from "../../src/language/vague.js";
import { type Description, descriptionsTable } from "../../src/run/descriptions.js";
import { colourRun, K, NAMES } from "./meanings/colours.js";

let store: ExemplarStore;
let describer: Describer;
let red: Evidence;
let blue: Evidence;
const ranks = Array.from({ length: K }, (_, rank) => rank);

afterAll(() => Promise.all([store.close(), describer.close()]));
beforeAll(async () => {
  const at = await colourRun();
  store = await openExemplars(at("run"));
  describer = await loadDescriber(builtInDescriber());
  const [layer] = store.layers;
  const tasks = (["red", "blue"] as const).map((name) => ({ layer, row: NAMES.indexOf(name), ranks }));
  [red, blue] = await encode(store, describer, tasks, silent);
}, 120_000);

const size = () => describer.encoder.featureSize;
const exemplar = (of: Evidence, at: number): Evidence => ({
  ...{ task: of.task, masked: Uint8Array.of(1) },
  features: of.features.subarray(at * size(), (at + 1) * size()),
});

/** The first exemplars of the one, then the first of the other, as if they were a unit's. */
function mixed(many: Evidence, few: Evidence, count: number): Evidence {
  const features = new Float32Array(K * size());
  features.set(many.features.subarray(0, (K - count) * size()));
  features.set(few.features.subarray(0, count * size()), (K - count) * size());
  return { task: many.task, features, masked: new Uint8Array(K).fill(1) };
}

const tokensOf = (text: string) => describer.vocabulary.index([tokenize(text)], { start: false, pad: false })[0];
const scored = (evidence: Evidence, text: string) => scoreOne(describer, evidence, tokensOf(text), 0.2);

test("is the median of what the captioner says of each, and the share by which it is likelier than without any", async () => {
  const evidence = mixed(red, blue, 6);
  const candidates = await Promise.all(["red things", "blue objects", "dogs"].map((text) => scored(evidence, text)));
  const found = await aloneOf(describer, evidence, candidates);
  for (const [i, { tokens, logpLm }] of candidates.entries()) {
    const each: number[] = [];
    for (const at of ranks) each.push((await scoreOne(describer, exemplar(evidence, at), tokens, 0.2)).logp);
    each.sort((a, b) => a - b);
    expect(found[i].alone).toBeCloseTo(each[7], 4);
    expect(found[i].support).toBeCloseTo(each.filter((logp) => logp > logpLm!).length / K, 12);
  }
  expect(found[0].support).toBeGreaterThanOrEqual(8 / K);
  expect(found[1].support).toBeGreaterThanOrEqual(5 / K);
  expect(found[2].support).toBeLessThanOrEqual(OUTVOTED);
});

test("exemplars without a mask have no say, and a unit without any is not asked", async () => {
  const evidence = mixed(red, blue, 6);
  const candidate = await scored(evidence, "red things");
  const shown: Evidence = { ...evidence, masked: Uint8Array.from(ranks, (rank) => (rank < 9 ? 1 : 0)) };
  const first = { ...evidence, features: evidence.features.slice(0, 9 * size()), masked: new Uint8Array(9).fill(1) };
  expect(await aloneOf(describer, shown, [candidate])).toEqual(await aloneOf(describer, first, [candidate]));
  expect(await aloneOf(describer, shown, [candidate])).not.toEqual(await aloneOf(describer, evidence, [candidate]));
  expect(await aloneOf(describer, { ...evidence, masked: new Uint8Array(K) }, [candidate])).toEqual([]);
  expect(await aloneOf(describer, evidence, [])).toEqual([]);
});

test("the beam is put in their order; what says nothing, is cut short or contradicted is not asked about and comes behind", async () => {
  const beam = (await decodeSome(describer, [red], { ...describer.search })).get(red)!.beam;
  const told = beam.map((each, i) => ({ ...each, contradicted: i % 7 === 3 }));
  const cut = { ...told[1], tokens: told[1].tokens.slice(0, -1) };
  const found = await weighed([cut, ...told], describer, red, 0.2);
  expect(found).toHaveLength(told.length + 1);
  const textOf = ({ tokens }: { readonly tokens: readonly number[] }) => describer.vocabulary.reconstruct(tokens);
  const asked = found.filter(({ alone }) => alone !== undefined);
  expect(found.slice(0, asked.length)).toEqual(asked);
  const scores = asked.map(({ alone, logpLm }) => alone! - 0.2 * logpLm!);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  for (const each of asked) {
    expect(each.contradicted).toBe(false);
    expect(isVague(textOf(each))).toBe(false);
    expect(each.tokens.at(-1)).toBe(describer.vocabulary.stop);
  }
  const others = found.slice(asked.length);
  expect(others[0]).toBe(cut);
  for (const each of others.slice(1)) expect(each.contradicted || isVague(textOf(each))).toBe(true);
});

test("what says nothing has a say only where it is more than half of what exemplars would say", async () => {
  const candidates = await Promise.all(["random areas", "objects", "red things"].map((text) => scored(red, text)));
  const [first, ...others] = await weighed(candidates, describer, red, 0.2);
  expect(first.tokens).toEqual(tokensOf("red things"));
  expect(others).toEqual(candidates.slice(0, 2));
  const odd = await Promise.all(["random areas", "objects", "a shark above text"].map((text) => scored(red, text)));
  const all = await weighed(odd, describer, red, 0.2);
  expect(all.every(({ alone }) => alone !== undefined)).toBe(true);
  expect(all.at(-1)!.tokens).toEqual(tokensOf("a shark above text"));
});

async function described(options: DescribeOptions): Promise<Description[]> {
  const all: Description[] = [];
  for await (const item of describe(store, describer, options)) all.push(item);
  return all;
}

test("descriptions of known units name their colours, with what supports them; without it none has any", async () => {
  const [each, together] = [await described({ each: true, consensus: true }), await described({ consensus: true })];
  for (const [unit, name] of NAMES.entries()) {
    const { description, support, alone, beam, confidence } = each[unit];
    expect([name, description.toLowerCase()]).toEqual([name, expect.stringContaining(name)]);
    expect(support).toBeGreaterThan(0.5);
    expect(alone).toBe(beam[0].alone);
    expect(confidence).toBeCloseTo(agreements(beam.filter((other) => other.alone !== undefined))[0], 12);
  }
  expect(together.every(({ support, alone, beam }) => (support ?? alone ?? beam[0].alone) === undefined)).toBe(true);
  expect(descriptionsTable(each).split("\n")[0]).toMatch(/,doubts,support$/);
  expect(descriptionsTable(together).split("\n")[0]).toMatch(/,doubts$/);
});

test("what no more than a third of the exemplars support is said to be so", async () => {
  // with the colours denied, what is left is true of few
  const denies: Witness = {
    title: "denies colours",
    testify: async (_, __, texts) =>
      texts.map((text) => ({ contradicted: NAMES.some((name) => text.toLowerCase().includes(name)) })),
  };
  const all = await described({ each: true, witness: denies });
  const asked = all.filter(({ support }) => support !== undefined);
  expect(asked.filter(({ doubts }) => doubts.includes("outvoted")).length).toBeGreaterThan(0);
  for (const { support, doubts } of asked) expect(doubts.includes("outvoted")).toBe(support! <= OUTVOTED);
});
