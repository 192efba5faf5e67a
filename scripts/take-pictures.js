/**
 * Takes the first pictures of each class out of an archive or a folder, so that a probe set is no larger than it need be:
 *
 *     node scripts/take-pictures.js OUT PICTURES COUNT [plain] [val]
 *
 * With `plain` the classes' folders are called without their WordNet ids. Only `train/` is taken of sets that have it, or with `val` only `val/`. Writes OUT/<class>/<file>.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { openImages } from "../dist/data/images/open.js";

const [out, path, count, ...how] = process.argv.slice(2);
const set = await openImages(path);
const isIn = (file, part) => file.split("/").includes(part);
const part = how.includes("val") ? "val" : "train";
const hasParts = set.entries.some(({ file }) => isIn(file, "train"));
const taken = new Map();
for (const [index, { file }] of set.entries.entries()) {
  if (hasParts && !isIn(file, part)) continue;
  const folder = file.split("/").at(-2);
  const name = how.includes("plain") ? folder.replace(/^n\d{8}[_ ]/, "") : folder;
  const before = taken.get(name) ?? 0;
  if (before >= Number(count)) continue;
  taken.set(name, before + 1);
  mkdirSync(join(out, name), { recursive: true });
  writeFileSync(join(out, name, basename(file)), await set.read(index));
}
await set.close();
console.log(`${out}: ${[...taken.values()].reduce((a, b) => a + b, 0)} pictures of ${taken.size} classes`);
