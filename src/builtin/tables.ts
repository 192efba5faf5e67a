/** The paper's Tables 1 to 6, laid out: what `reproduce.ts` made and found, as rows, beside what is known of the paper's. */
import { type Agreement, annotatorAgreement } from "../data/annotations/agreement.js";
import type { Annotation } from "../data/annotations/annotations.js";
import { type AnnotationStatistics, annotationStatistics } from "../data/annotations/statistics.js";
import { formatScore, type TextMetric } from "../language/metric.js";
import { openSyntax } from "../language/syntax/open.js";
import { tokenize } from "../language/tokens.js";
import type { Outcome } from "../studies/generalization/generalize.js";
import { type MeasuredStatistics, ORIGINALS, PEOPLE, paperNetwork } from "./paper.js";
import { type SubjectFacts, subjectOf } from "./subjects/build.js";

/** A simulated annotation, and the network that it is of. */
export interface NetworkAnnotation extends Annotation {
  readonly network: string;
}

/** The rows of Table 1: what was annotated. */
export function table1Rows(subjects: readonly SubjectFacts[]): string[][] {
  return subjects.map(({ name, network, data, figures, trainingImages, classes }) => {
    const shown = Object.entries(figures)
      .filter(([key]) => /accuracy|Accuracy|recognised|chance/.test(key))
      .map(([key, value]) => `${key} ${value.toFixed(3)}`);
    const task = network === "gan" ? "generation" : network === "dino" ? "self-supervision" : "classification";
    const facts = [String(classes.length), String(trainingImages), shown.join(", "), paperNetwork(name)];
    return [name, network, data, task, ...facts];
  });
}

export const TABLE1_HEADER = [
  ...["network", "architecture", "data", "task", "classes", "pictures", "figures"],
  "the paper's, annotated",
] as const;

/** The row of Table 2: the network that a describer of all the others was judged on. */
export const table2Group = ({ protocol, test }: Pick<Outcome, "protocol" | "test">): string | undefined =>
  protocol === "left-out" ? test : undefined;

/**
 * The row of the paper's Table 3 that an outcome belongs to; undefined where it belongs to none (both architecture and data differ, say).
 */
export function table3Group({
  protocol,
  train,
  test,
}: Pick<Outcome, "protocol" | "train" | "test">): string | undefined {
  if (protocol === "within") return "within network";
  if (protocol !== "across") return undefined;
  const [from, to] = [subjectOf(train[0]), subjectOf(test)];
  const isSameData = from.data === to.data;
  const isClassifier = ({ network }: typeof from) => network === "alexnet" || network === "resnet";
  if (to.network === "dino") return isSameData ? "to a self-supervised transformer" : undefined;
  if (from.network === "dino") return undefined;
  if (isClassifier(from) !== isClassifier(to)) return isSameData ? "across tasks" : undefined;
  if (!isClassifier(from)) return isSameData ? undefined : "across data sets";
  if (from.network === to.network) return isSameData ? undefined : "across data sets";
  return isSameData ? "across architectures" : undefined;
}

/** How far the annotators of each network agree by one measure; first of all together. */
export interface NetworkAgreement extends Omit<Agreement, "layer"> {
  /** "" for all together. */
  readonly network: string;
  readonly metric: string;
}

/** Table 4: how far annotators agree, by the network that they speak of. */
export async function table4(
  annotations: readonly NetworkAnnotation[],
  metrics: readonly TextMetric[],
): Promise<NetworkAgreement[]> {
  const { list, networkOf } = together(annotations);
  const found: NetworkAgreement[] = [];
  for (const metric of metrics) {
    for (const { layer: network, ...rest } of await annotatorAgreement(list, metric, networkOf)) {
      found.push({ network, metric: metric.name, ...rest });
    }
  }
  return found;
}

/** A row a network, with a column for each measure; the last row is people's, as far as their agreement is known by these measures. */
export function table4Rows(agreement: readonly NetworkAgreement[]): { header: string[]; rows: string[][] } {
  const metrics = [...new Set(agreement.map(({ metric }) => metric))];
  const networks = [...new Set(agreement.map(({ network }) => network))];
  const rows = networks.map((network) => {
    const own = agreement.filter((each) => each.network === network);
    return [network || "all", String(own[0].units), ...own.map(({ metric, score }) => formatScore(metric, score))];
  });
  const { what, agreement: known, statistics } = PEOPLE;
  const scores = metrics.map((metric) => (known[metric] === undefined ? "-" : formatScore(metric, known[metric])));
  return { header: ["network", "units", ...metrics], rows: [...rows, [what, String(statistics.all[0]), ...scores]] };
}

/** Table 5: what annotations are made of, by network and layer; first of all together. */
export async function table5(annotations: readonly NetworkAnnotation[]): Promise<AnnotationStatistics[]> {
  const { tag } = await openSyntax();
  return annotationStatistics(together(annotations).list, { tokenize, tag });
}

/** The rows of Table 5, and people's below. */
export const table5Rows = (statistics: readonly AnnotationStatistics[]): string[][] => [
  ...statisticsRows(statistics),
  ...Object.entries(PEOPLE.statistics).map(([layer, known]) => measuredRow(`${PEOPLE.what}, ${layer}`, known)),
];

/** Annotations of several networks as of one whose layers are all of theirs. */
function together(annotations: readonly NetworkAnnotation[]) {
  const list = annotations.map((each) => ({ ...each, layer: `${each.network} ${each.layer}` }));
  const networks = new Map(list.map(({ layer, network }) => [layer, network]));
  return { list, networkOf: ({ layer }: Annotation) => networks.get(layer)! };
}

/** Table 6: what the descriptions by mutual information are made of, by the network they are of; first of all together. */
export async function table6(outcomes: readonly Outcome[]): Promise<AnnotationStatistics[]> {
  const { tag } = await openSyntax();
  const own = outcomes.filter(({ protocol, method }) => protocol === "left-out" && method === "pmi");
  const list = own.flatMap(({ test: network, units }) =>
    units.map(({ layer, unit, description }) => ({ layer, unit, summary: description, network })),
  );
  const all = together(list);
  return annotationStatistics(all.list, { tokenize, tag, by: all.networkOf });
}

/** Columns of Tables 5 and 6. */
export const STATISTICS_HEADER = ["of", "units", "words", "length", "nouns", "adjectives", "prepositions"] as const;

/** The rows of Table 6, and those of the paper's describers below. */
export const table6Rows = (statistics: readonly AnnotationStatistics[]): string[][] => [
  ...statisticsRows(statistics),
  ...Object.entries(ORIGINALS).map(([of, known]) => measuredRow(of, known)),
];

const measuredRow = (of: string, [units, words, length, ...shares]: MeasuredStatistics): string[] => [
  ...[of, String(units), String(words), length.toFixed(1), ...shares.map(percent)],
];

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

const statisticsRows = (statistics: readonly AnnotationStatistics[]): string[][] =>
  statistics.map(({ layer, units, vocabulary, length, nouns, adjectives, prepositions }) => [
    ...[layer || "all", String(units), String(vocabulary), length.toFixed(1)],
    ...[nouns, adjectives, prepositions].map(percent),
  ]);
