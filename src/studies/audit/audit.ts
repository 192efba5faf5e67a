/**
 * Auditing (paper, section 6; Figures 5 and 6): which units of a network are described as responding to something that it should not, or should,
 * look at; for several networks side by side; with rules that a pipeline can hold a network to.
 */
import { basename, resolve } from "node:path";
import { UserError } from "../../base/errors.js";
import { type Description, readDescriptions } from "../../run/descriptions.js";
import { isRun, readManifest } from "../../run/manifest.js";
import { type Match, matches, type Wanted } from "./match.js";
import { type Meanings, openMeanings } from "./meaning.js";
import { type Review, readReviews, verdictOn } from "./reviews.js";

export interface Rule extends Wanted {
  readonly name: string;
  /** Most units that may be found; undefined where the rule only lists. */
  readonly max?: number | undefined;
  /** Only descriptions without doubts count; default: all. */
  readonly certain?: boolean | undefined;
}

/** A unit whose description speaks of what a rule looks for. */
export interface Finding {
  readonly layer: string;
  readonly unit: number;
  readonly description: string;
  /** What of it matched, and why. */
  readonly matches: readonly Match[];
  readonly doubts: readonly string[];
  readonly review?: Review | undefined;
}

/** What a rule found in a run. */
export interface RuleResult {
  readonly rule: Rule;
  readonly findings: readonly Finding[];
  /** Findings that nobody has called wrong. */
  readonly standing: number;
  /** Units that have a description. */
  readonly described: number;
  /** Whether more stand than the rule allows; undefined for a rule that only lists. */
  readonly failed: boolean | undefined;
}

export interface RunAudit {
  readonly run: string;
  /** The model's file, where that is known. */
  readonly model: string | undefined;
  readonly results: readonly RuleResult[];
}

/** Holds a run to rules. Errors: `UserError` when it has no descriptions; as `openMeanings`. */
export async function auditRun(folder: string, rules: readonly Rule[]): Promise<RunAudit> {
  const described = (await readDescriptions(folder)).filter(({ description }) => description !== "");
  if (described.length === 0) {
    throw new UserError(`auditing ${folder}: it has no descriptions; expected some, make them with milan describe`);
  }
  const reviews = await readReviews(folder);
  const meanings = await openMeanings("auditing", rules);
  return {
    run: folder,
    model: isRun(folder) ? (await readManifest(folder)).modelPath : undefined,
    results: rules.map((rule) => resultOf(rule, described, reviews, meanings)),
  };
}

function resultOf(
  rule: Rule,
  described: readonly Description[],
  reviews: readonly Review[],
  meanings?: Meanings,
): RuleResult {
  const findings = described.flatMap((item): Finding[] => {
    const { layer, unit, description, doubts } = item;
    const found = rule.certain && doubts.length > 0 ? [] : matches(description, rule, meanings);
    if (found.length === 0) return [];
    return [{ layer, unit, description, matches: found, doubts, review: verdictOn(reviews, item) }];
  });
  const standing = findings.filter(({ review }) => review?.verdict !== "no").length;
  const failed = rule.max === undefined ? undefined : standing > rule.max;
  return { rule, findings, standing, described: described.length, failed };
}

/** How two runs differ in the share of units that a rule finds. */
export interface Comparison {
  readonly rule: string;
  readonly first: string;
  readonly second: string;
  /** Share in the first less that in the second, -1 to 1, with its 95 % interval (Agresti and Caffo, 2000). */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** Every pair of runs, by every rule (Figure 5). */
export function comparisons(audits: readonly RunAudit[]): Comparison[] {
  return audits.flatMap((first, i) =>
    audits.slice(i + 1).flatMap((second) =>
      first.results.map((a, rule) => {
        const b = second.results[rule];
        return { rule: a.rule.name, first: nameOf(first.run), second: nameOf(second.run), ...compared(a, b) };
      }),
    ),
  );
}

export const nameOf = (run: string): string => basename(resolve(run));

function compared(a: RuleResult, b: RuleResult) {
  const difference = a.standing / a.described - b.standing / b.described;
  const [p, n, q, m] = [
    (a.standing + 1) / (a.described + 2),
    a.described + 2,
    (b.standing + 1) / (b.described + 2),
    b.described + 2,
  ];
  const margin = 1.96 * Math.sqrt((p * (1 - p)) / n + (q * (1 - q)) / m);
  return { difference, low: Math.max(-1, p - q - margin), high: Math.min(1, p - q + margin) };
}
