/**
 * What descriptions of a describer that was trained elsewhere are worth by human annotations of the same units, beside the controls of
 * `milan evaluate`. Run `npm run build` first, then
 *
 *     node bench/training/judge-descriptions.js descriptions.csv annotations.csv
 *
 * Both with the columns layer and unit; a column summary (or description) holds the text. Says how long each metric took: two minutes in
 * all for 3,904 units.
 */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { judge, openMetrics, Random, readAnnotations } from "../../dist/index.js";

const [descriptions, annotations] = process.argv.slice(2);
const references = new Map();
for (const { layer, unit, summary } of (await readAnnotations(annotations)).list) {
  const key = `${unit} ${layer}`;
  references.set(key, [...(references.get(key) ?? []), summary]);
}
const units = parse(readFileSync(descriptions), { columns: true })
  .map(({ layer, unit, ...row }) => ({ layer, unit: Number(unit), description: row.summary ?? row.description }))
  .map((unit) => ({ ...unit, references: references.get(`${unit.unit} ${unit.layer}`) }))
  .filter((unit) => unit.references);
console.log(`${units.length} units`);

const { list, close } = await openMetrics({ bert: process.env.MILAN_BERT });
for (const metric of list) {
  const beganMs = performance.now();
  const [all] = await judge(
    units.map((unit) => ({ ...unit, layer: "" })),
    [metric],
    { random: new Random(0) },
  );
  const shown = ({ value, low, high }) => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  console.log(
    `${metric.name}: described ${shown(all.describer)}, one label ${shown(all.constant)} "${all.constant.label}", ` +
      `shuffled ${shown(all.shuffled)}; ${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
  );
}
await close();
