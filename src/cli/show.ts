/** `milan show`: reading the descriptions of a run on the terminal. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../base/errors.js";
import type { Description, Meaning } from "../run/descriptions.js";
import { displayName, findLayer, type Named } from "../run/layer-name.js";
import type { VerdictRow } from "../run/verdicts.js";
import { whole } from "./arguments.js";
import { plain, printJson, printTable } from "./print.js";

interface Options {
  layer?: string;
  unit?: number;
  grep?: string;
  sort: "unit" | "pmi" | "confidence";
  doubtful?: boolean;
  json?: boolean;
}

export function registerShow(program: Command): void {
  program
    .command("show")
    .description("read the descriptions of a run")
    .argument("<run>", "a run with descriptions, or any folder with descriptions.csv")
    .option("--layer <name>", "only this layer")
    .option("--unit <number>", "only this unit, with its beam and exemplars", whole(0))
    .option("--grep <words>", "only descriptions with all these words (any case, anywhere in a word)")
    .option("--doubtful", "only units whose description is missing or not to be trusted")
    .addOption(new Option("--sort <by>", "order").choices(["unit", "pmi", "confidence"]).default("unit"))
    .option("--json", "machine-readable output, with all evidence")
    .action(async (folder: string, options: Options) => {
      const { readDescriptions } = await import("../run/descriptions.js");
      const { isRun } = await import("../run/manifest.js");
      const { Run } = await import("../run/run.js");
      const { readVerdicts, VERDICTS_FILE } = await import("../run/verdicts.js");
      const run = isRun(folder) ? await Run.open(folder) : undefined;
      const all = await readDescriptions(folder);
      if (all.length === 0) {
        throw new UserError(
          run
            ? `showing ${folder}: it has no descriptions yet; run \`milan describe ${folder}\` first`
            : `showing ${folder}: it holds no descriptions; expected a run that \`milan describe\` has described, check the path`,
        );
      }
      const layers = layersOf(all, run);
      const called = (name: string) => displayName(layers.get(name)!);
      const layer = options.layer && findLayer([...layers.values()], options.layer, folder).name;
      const words = (options.grep ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const found = all.filter(
        (item) =>
          (layer === undefined || item.layer === layer) &&
          (options.unit === undefined || item.unit === options.unit) &&
          (!options.doubtful || item.doubts.length > 0) &&
          [item, ...(item.meanings ?? [])].some(({ description }) =>
            words.every((word) => description.toLowerCase().includes(word)),
          ),
      );
      if (options.sort !== "unit") {
        const key = options.sort;
        found.sort((a, b) => (b[key] ?? Number.NEGATIVE_INFINITY) - (a[key] ?? Number.NEGATIVE_INFINITY));
      }
      if (options.json) printJson(found);
      else if (options.unit === undefined) showAll(found, called);
      else {
        const verdicts = await readVerdicts(join(folder, VERDICTS_FILE));
        for (const item of found) await showUnit(item, called(item.layer), run, verdicts);
      }
      if (!options.json) process.stderr.write(`${found.length} of ${all.length} units\n`);
      await run?.close();
    });
}

type Run = import("../run/run.js").Run;

/** The layers that have descriptions, with all their names when the run knows them. */
function layersOf(all: readonly Description[], run: Run | undefined): Map<string, Named> {
  const known = (name: string) => run?.layers.find((layer) => layer.name === name) ?? { name, shortNames: [] };
  return new Map(all.map(({ layer }) => [layer, known(layer)]));
}

function showAll(found: readonly Description[], called: (name: string) => string): void {
  const real = (value: number | null) => (value === null ? "-" : value.toFixed(2));
  printTable(
    ["layer", "unit", "pmi", "conf", "description"],
    found.map(({ layer, unit, pmi, confidence, description, doubts, meanings = [] }) => [
      called(layer),
      unit,
      real(pmi),
      real(confidence),
      `${description || "(cannot tell)"}${doubts.length > 0 ? `  [${doubts.join(", ")}]` : ""}` +
        `${meanings.length > 0 ? `  ${meanings.map((each) => `${each.description} (${percent(each)})`).join("; ")}` : ""}`,
    ]),
  );
}

const percent = ({ share }: Meaning) => `${Math.round(100 * share)} %`;

/** What `milan verify` found out about a description, in one line. */
function foundOut({ images, predictor, verdict, reason, ...row }: VerdictRow): string {
  const measured = row.auprc
    ? `AUPRC ${row.auprc} (base rate ${row.base_rate})${row.place_auprc && `, places ${row.place_auprc} (${row.place_base_rate})`}, p ${row.p || "-"}`
    : "nothing to measure";
  return `on ${images} held-out images: ${measured}: ${verdict}${reason && ` (${reason})`}; by ${predictor}`;
}

async function showUnit(
  item: Description,
  layerName: string,
  run: Run | undefined,
  verdicts: readonly VerdictRow[],
): Promise<void> {
  const { unit, description, doubts, beam, pmi, logp, logpLm, confidence, support, meanings = [] } = item;
  const real = (value: number | null) => (value === null ? "-" : value.toFixed(3));
  const line = (text: string) => process.stdout.write(`${plain(text)}\n`);
  line(`${layerName} unit ${unit}: ${description || "(cannot tell)"}`);
  line(`log p(d|E) ${real(logp)}, log p(d) ${real(logpLm)}, PMI ${real(pmi)}, confidence ${real(confidence)}`);
  if (support !== undefined)
    line(
      `support: ${Math.round(100 * support)} % of the exemplars, each by itself, make it likelier than it is without any`,
    );
  for (const doubt of doubts) line(`doubt: ${doubt}`);
  const verdict = verdicts.find(
    (row) => row.layer === item.layer && +row.unit === unit && row.description === description,
  );
  if (verdict) line(foundOut(verdict));
  if (meanings.length > 0) {
    line("");
    line("meanings");
    printTable(
      ["", "share", "pmi", "log p(d|E)", "log p(d)", "exemplars", "description"],
      meanings.map((each, i) => [
        ...[i + 1, percent(each), real(each.pmi), real(each.logp), real(each.logpLm)],
        ...[each.exemplars.map((rank) => rank + 1).join(","), each.description],
      ]),
    );
  }
  if (beam.length > 0) {
    line("");
    line("beam");
    const reranked = item.clip !== undefined;
    const isEach = beam.some(({ alone }) => alone !== undefined);
    printTable(
      [
        ...(reranked ? ["clip"] : []),
        ...["pmi", "log p(d|E)", "log p(d)"],
        ...(isEach ? ["median log p(d|e)", "support"] : []),
        "description",
      ],
      beam
        .slice(0, 10)
        .map(({ clip = null, pmi, logp, logpLm, alone = null, support, description }) => [
          ...(reranked ? [real(clip)] : []),
          ...[pmi, logp, logpLm].map(real),
          ...(isEach ? [real(alone), support === undefined ? "-" : support.toFixed(2)] : []),
          description,
        ]),
    );
  }
  const layer = run?.layers.find(({ name }) => name === item.layer);
  const row = layer?.unitNumbers.indexOf(unit) ?? -1;
  if (!run || !layer || row < 0) return;
  const { k } = run.manifest;
  const files = await run.probeFiles();
  line("");
  line(`exemplars (level ${real(layer.levels[row])})`);
  const groups = meanings.map(({ exemplars }) => exemplars);
  const rest = Array.from({ length: k }, (_, rank) => rank).filter((rank) => !groups.flat().includes(rank));
  const ordered = [...groups, rest].flatMap((ranks, group) => ranks.map((rank) => ({ rank, group })));
  printTable(
    ["rank", "activation", ...(meanings.length > 0 ? ["meaning"] : []), "image", "file"],
    ordered
      .filter(({ rank }) => layer.ids[row * k + rank] >= 0)
      .map(({ rank, group }) => {
        const id = layer.ids[row * k + rank];
        const meaning = group < groups.length ? group + 1 : "-";
        const strength = real(layer.activations[row * k + rank]);
        return [rank + 1, strength, ...(meanings.length > 0 ? [meaning] : []), id, files[id] ?? ""];
      }),
  );
}
