/** What an audit found, for people (tables), for build servers (JUnit), and for code scanning (SARIF 2.1.0). */
import { basename } from "node:path";
import { stringify } from "csv-stringify/sync";
import { VERSION } from "../../base/version.js";
import { type Comparison, type Finding, nameOf, type RuleResult, type RunAudit } from "./audit.js";
import { reasonOf, wantedOf } from "./match.js";

export const SUMMARY_HEADER = ["run", "rule", "units found", "called wrong", "of described", "allowed", ""] as const;

export const summaryRows = (audits: readonly RunAudit[]): string[][] =>
  audits.flatMap(({ run, results }) =>
    results.map(({ rule, findings, standing, described, failed }) => [
      ...[nameOf(run), rule.name, String(findings.length), String(findings.length - standing)],
      ...[
        `${described} (${((100 * standing) / described).toFixed(1)} %)`,
        rule.max === undefined ? "-" : String(rule.max),
      ],
      failed === undefined ? "" : failed ? "FAILED" : "passed",
    ]),
  );

export const COMPARISON_HEADER = ["rule", "first", "second", "difference of shares [95 %]", ""] as const;

export const comparisonRows = (list: readonly Comparison[]): string[][] =>
  list.map(({ rule, first, second, difference, low, high }) => [
    ...[rule, first, second, `${signed(difference)} [${signed(low)}, ${signed(high)}] points`],
    low > 0 ? "more in the first" : high < 0 ? "more in the second" : "cannot tell",
  ]);

const signed = (share: number) => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)}`;

/** All findings: run, rule, layer, unit, description, words, why, doubts, verdict, note, reviewer, date. */
export function findingsTable(audits: readonly RunAudit[]): string {
  const rows = audits.flatMap(({ run, results }) =>
    results.flatMap(({ rule, findings }) =>
      findings.map(({ layer, unit, description, matches, doubts, review }) => [
        ...[nameOf(run), rule.name, layer, unit, description, matches.map(({ said }) => said).join(" ")],
        ...[matches.map(reasonOf).join("; "), doubts.join(" ")],
        ...[review?.verdict, review?.note, review?.reviewer, review?.date],
      ]),
    ),
  );
  const header = [
    "run",
    "rule",
    "layer",
    "unit",
    "description",
    "words",
    "why",
    "doubts",
    "verdict",
    "note",
    "reviewer",
    "date",
  ];
  return stringify([header, ...rows]);
}

const standing = ({ findings }: RuleResult): Finding[] =>
  findings.filter(({ review }) => review?.verdict !== "no") as Finding[];

const sentence = ({ layer, unit, description }: Finding) => `${layer} unit ${unit}: ${description}`;

/** One test suite a run, one test a rule. */
export function junitOf(audits: readonly RunAudit[]): string {
  const suites = audits.map(({ run, results }) => {
    const cases = results.map((result) => {
      const { rule, failed } = result;
      const found = standing(result);
      const text = `${found.length} units, ${rule.max} allowed`;
      const failure = failed
        ? `<failure message="${xml(text)}">${xml(found.map(sentence).join("\n"))}</failure>`
        : `<system-out>${xml(found.map(sentence).join("\n"))}</system-out>`;
      return `    <testcase classname="${xml(nameOf(run))}" name="${xml(rule.name)}">${failure}</testcase>`;
    });
    const failures = results.filter(({ failed }) => failed).length;
    return `  <testsuite name="${xml(nameOf(run))}" tests="${results.length}" failures="${failures}" errors="0">\n${cases.join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="milan audit">\n${suites.join("\n")}\n</testsuites>\n`;
}

/** Text in XML: what has a meaning there escaped, what may not be there at all left out. */
const xml = (text: string): string =>
  text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** One result a standing finding: an error where its rule failed, else a note. */
export function sarifOf(audits: readonly RunAudit[]): string {
  const rules = audits[0].results.map(({ rule }, i) => ({
    id: `rule-${i + 1}`,
    name: rule.name,
    shortDescription: { text: `units described by: ${wantedOf(rule)}` },
  }));
  const results = audits.flatMap(({ run, model, results: list }) =>
    list.flatMap((result, i) =>
      standing(result).map((finding) => ({
        ruleId: `rule-${i + 1}`,
        ruleIndex: i,
        level: result.failed ? "error" : "note",
        message: { text: sentence(finding) },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: encodeURI(model === undefined ? nameOf(run) : basename(model)) },
            },
            logicalLocations: [
              { fullyQualifiedName: `${nameOf(run)}/${finding.layer}/${finding.unit}`, kind: "member" },
            ],
          },
        ],
      })),
    ),
  );
  const driver = { name: "milan audit", semanticVersion: VERSION, rules };
  const log = {
    version: "2.1.0",
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    runs: [{ tool: { driver }, results }],
  };
  return `${JSON.stringify(log, null, 1)}\n`;
}
