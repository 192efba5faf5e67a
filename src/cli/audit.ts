/** `milan audit`: which units are described as responding to something; a gate for pipelines. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../base/errors.js";
import { between, kindOption, names, place, synonymsOption, vectorsOption, whole } from "./arguments.js";
import { plain, printJson, printTable } from "./print.js";
import { terminalProgress } from "./progress.js";
import { vectorsFor } from "./word-vectors.js";

interface Options {
  words?: string[];
  synonyms?: boolean;
  kind?: string[];
  policy?: string;
  max?: number;
  certain?: boolean;
  near?: number;
  vectors?: string;
  verdict?: readonly Verdict[];
  note: string;
  reviewer?: string;
  out?: string;
  junit?: string;
  sarif?: string;
  page?: string;
  images?: string;
  json?: boolean;
}

interface Verdict {
  readonly layer: string;
  readonly unit: number;
  readonly verdict: "yes" | "no" | "unsure";
}

/** Exit code when a rule is broken: neither a mistake of the person at the keyboard nor one of ours. */
const BROKEN = 3;

export function registerAudit(program: Command): void {
  program
    .command("audit")
    .description("find units by what their descriptions speak of, review them, and hold networks to rules")
    .argument("<runs...>", "runs with descriptions")
    .option(
      "--words <words>",
      "words, phrases and beginnings: face,traffic light,eye*; singular and plural are the same",
      names,
    )
    .addOption(synonymsOption())
    .addOption(kindOption())
    .option("--policy <file>", "several rules, as JSON")
    .option("--max <number>", "most units that may be found; more are a failure, exit code 3", whole(0))
    .option("--certain", "only descriptions without doubts")
    .option(
      "--near <cosine>",
      "also words so near to a wanted one by --vectors, or by the describer's own word vectors",
      between(-1, 1),
    )
    .addOption(vectorsOption())
    .option(
      "--verdict <unit=verdict>",
      "what you found: LAYER:UNIT=yes, no or unsure; repeatable, with one run",
      verdicts,
    )
    .option("--note <text>", "kept with the verdict", "")
    .option("--reviewer <name>", "kept with the verdict")
    .option("--out <file>", "all findings as a table", place)
    .option("--junit <file>", "a report for build servers", place)
    .option("--sarif <file>", "a report for code scanning", place)
    .addOption(
      new Option("--page <file>", "the units found with their exemplars, as a web page; one run").argParser(place),
    )
    .option("--images <path>", "for --page: the probe set, when it has moved")
    .option("--json", "machine-readable findings on standard output")
    .addHelpText(
      "after",
      `
A verdict is about a unit and its description, with reviewer and date, in RUN/audit.csv: a unit that somebody has looked at and called
"no" (it is not what its description says) does not count against --max any more. With several runs, shares are compared pair by pair.

  milan audit runs/net --words face,nose,eye* --page faces.html
  milan audit runs/net --words car --synonyms --kind animal,person
  milan audit runs/net --words face --verdict layer4:17=no --reviewer ada --note "round clocks"
  milan audit runs/net --policy rules.json --junit report.xml --sarif report.sarif`,
    )
    .action(async (folders: string[], options: Options) => {
      const { auditRun, comparisons } = await import("../studies/audit/audit.js");
      const { readPolicy, ruleOf } = await import("../studies/audit/policy.js");
      const { reasonOf } = await import("../studies/audit/match.js");
      const report = await import("../studies/audit/report.js");
      const { writeFileAtomically } = await import("../base/files.js");
      const { words, synonyms, kind: kinds, policy, max, certain, junit, sarif, out, page } = options;
      if ((words === undefined && kinds === undefined) === (policy === undefined)) {
        throw new UserError("auditing: expected --words or --kind, or else --policy");
      }
      if (policy !== undefined && (max !== undefined || certain || synonyms)) {
        throw new UserError(
          "auditing: --max, --certain or --synonyms beside --policy; expected them in its rules, leave them out",
        );
      }
      if (synonyms && words === undefined)
        throw new UserError("auditing: --synonyms without --words; expected words to find synonyms of, add them");
      if (folders.length > 1 && (options.verdict || page !== undefined)) {
        throw new UserError(`auditing: ${folders.length} runs; expected one, as verdicts and pages are of one run`);
      }
      const rules =
        policy === undefined ? [ruleOf(words ?? [], { kinds, max, certain, synonyms })] : await readPolicy(policy);
      const near = await nearnessOf(options, rules, folders);
      if (options.verdict) await review(folders[0], options.verdict, options);
      const audits = [];
      for (const folder of folders)
        audits.push(
          await auditRun(
            folder,
            rules.map((rule) => ({ ...rule, near })),
          ),
        );
      if (out !== undefined) await writeFileAtomically(out, report.findingsTable(audits));
      if (junit !== undefined) await writeFileAtomically(junit, report.junitOf(audits));
      if (sarif !== undefined) await writeFileAtomically(sarif, report.sarifOf(audits));
      if (page !== undefined)
        await writePage(
          page,
          folders[0],
          audits[0].results.flatMap(({ findings }) => findings),
          options.images,
        );
      const compared = comparisons(audits);
      if (options.json) printJson({ audits, comparisons: compared });
      else {
        for (const { results } of audits)
          for (const { findings } of results)
            for (const finding of findings) {
              const indirect = finding.matches.filter(({ by }) => by !== "word");
              process.stdout.write(`${line(finding, indirect.map(reasonOf))}\n`);
            }
        printTable(report.SUMMARY_HEADER, report.summaryRows(audits));
        if (compared.length > 0) printTable(report.COMPARISON_HEADER, report.comparisonRows(compared));
      }
      if (audits.some(({ results }) => results.some(({ failed }) => failed))) process.exitCode = BROKEN;
    });
}

type Finding = import("../studies/audit/audit.js").Finding;

const line = ({ layer, unit, description, doubts, review }: Finding, reasons: readonly string[]) =>
  plain(
    `${layer}:${unit}  ${description}${doubts.length > 0 ? `  (${doubts.join(", ")})` : ""}${reasons.length > 0 ? `  {${reasons.join("; ")}}` : ""}${review ? `  [${review.verdict}${review.reviewer ? ` by ${review.reviewer}` : ""}${review.note ? `: ${review.note}` : ""}]` : ""}`,
  );

async function nearnessOf(
  { near, vectors }: Options,
  rules: readonly { words: readonly string[] }[],
  folders: readonly string[],
) {
  if (near === undefined) return undefined;
  const wanted = rules.flatMap(({ words }) => words);
  return { least: near, vectors: await vectorsFor(folders, vectors, wanted) };
}

/** Keeps verdicts. Errors: `UserError` for units without a description. */
async function review(folder: string, list: readonly Verdict[], { note, reviewer = "" }: Options): Promise<void> {
  const { addReviews } = await import("../studies/audit/reviews.js");
  const { readDescriptions } = await import("../run/descriptions.js");
  const { isRun } = await import("../run/manifest.js");
  const { Run } = await import("../run/run.js");
  const run = isRun(folder) ? await Run.open(folder) : undefined;
  try {
    const described = await readDescriptions(folder);
    const date = new Date().toISOString();
    const reviews = list.map(({ layer: name, unit, verdict }) => {
      const layer = run ? run.layer(name).name : name;
      const found = described.find((item) => item.layer === layer && item.unit === unit);
      if (found) return { layer, unit, description: found.description, verdict, note, reviewer, date };
      throw new UserError(
        `auditing ${folder}: unit ${unit} of ${name} has no description; expected a described unit, correct the verdict`,
      );
    });
    await addReviews(folder, reviews);
  } finally {
    await run?.close();
  }
}

async function writePage(
  path: string,
  folder: string,
  findings: readonly Finding[],
  images: string | undefined,
): Promise<void> {
  const { openExemplars } = await import("../exemplars/store.js");
  const { readDescriptions, readDescriptionsHeader } = await import("../run/descriptions.js");
  const { exportHtml } = await import("../explorer/html.js");
  const found = new Set(findings.map(({ layer, unit }) => `${unit} ${layer}`));
  const store = await openExemplars(folder, images);
  try {
    const descriptions = (await readDescriptions(folder)).filter(({ layer, unit }) => found.has(`${unit} ${layer}`));
    const made = await readDescriptionsHeader(folder);
    await exportHtml(store, descriptions, path, { onlyDescribed: true, made, progress: terminalProgress() });
  } finally {
    await store.close();
  }
}

function verdicts(text: string, before: readonly Verdict[] = []): readonly Verdict[] {
  const [, layer, unit, verdict] = /^(.+):(\d+)=(yes|no|unsure)$/.exec(text) ?? [];
  if (layer === undefined) throw new InvalidArgumentError("expected LAYER:UNIT=yes, =no or =unsure");
  return [...before, { layer, unit: Number(unit), verdict: verdict as Verdict["verdict"] }];
}
