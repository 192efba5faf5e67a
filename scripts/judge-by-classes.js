/**
 * Judges the things that descriptions name by the classes of the photographs they were made of: how many of those that name things are true of
 * half or more of their unit's exemplars, and how many of less than a fifth. For probe sets of ImageNet's classes whose files or folders
 * begin with WordNet ids (`n02085620_chihuahua.jpg`); a class says what is in a photograph, not under a mask.
 *
 *     npm run build
 *     node scripts/judge-by-classes.js RUN [DESCRIPTIONS.csv]
 *
 * DESCRIPTIONS are of the same run; default RUN/descriptions.csv.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { namesIn } from "../dist/data/labels/implies.js";
import { allImagenetNames, imagenetNames } from "../dist/data/labels/kinds.js";
import { vocabularyOf } from "../dist/data/labels/lexicon.js";
import { namesOfWorld } from "../dist/data/world/names.js";
import { openExemplars } from "../dist/exemplars/store.js";
import { readDescription } from "../dist/studies/grading/read.js";

const [run, file = join(run, "descriptions.csv")] = process.argv.slice(2);
const rows = parse(readFileSync(file), { columns: true });
const store = await openExemplars(run);
const vocabulary = vocabularyOf({ names: new Set([...namesOfWorld(), ...allImagenetNames()]) });

/** What a picture's class is called and is a kind of; nothing where it is not ImageNet's. */
const classOf = (image) => imagenetNames(/(n\d{8})[^/]*(\/[^/]*)?$/.exec(store.imageName(image))?.[1] ?? "") ?? [];

/** Share of a unit's exemplars whose class is one of the names. */
function shareOf(names, { layer: name, unit }) {
  const layer = store.layers.find((each) => each.name === name || each.shortNames?.includes(name));
  const row = layer.units.indexOf(Number(unit));
  const images = Array.from(layer.images.subarray(row * store.k, (row + 1) * store.k)).filter((image) => image >= 0);
  return images.filter((image) => names.some((each) => classOf(image).includes(each))).length / images.length;
}

const judged = rows.flatMap((row) => {
  const { query } = readDescription(row.description, vocabulary);
  const names = (query ? namesIn(query) : []).filter((name) => name !== "object");
  return names.length === 0 ? [] : [{ share: shareOf(names, row), isDoubted: row.doubts !== "" }];
});
for (const [which, some] of [
  ["all", judged],
  ["without doubts", judged.filter(({ isDoubted }) => !isDoubted)],
]) {
  const [half, fifth] = [some.filter(({ share }) => share >= 0.5), some.filter(({ share }) => share < 0.2)];
  console.log(
    `${which}: ${some.length} of ${rows.length} descriptions name things; ${half.length} are true of half or more of the exemplars, ${fifth.length} of less than a fifth`,
  );
}
await store.close();
