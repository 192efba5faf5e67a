/**
 * What the paper found (section 3.3, Table 1; section 4, Tables 2 and 3), to stand beside what the made world gives: its networks are this world's in other sizes, `world-objects` plays
 * ImageNet and `world-scenes` Places. BERTScores relative to people's annotations. Only orders can be compared.
 */
import type { Method } from "../studies/generalization/generalize.js";

/** Networks of Table 1, by the subject that plays them: name and annotated units. */
const NETWORKS: Readonly<Record<string, readonly [name: string, units: number]>> = {
  "alexnet-objects": ["AlexNet, ImageNet", 1152],
  "alexnet-scenes": ["AlexNet, Places365", 1376],
  "resnet-objects": ["ResNet152, ImageNet", 3904],
  "resnet-scenes": ["ResNet152, Places365", 3904],
  "gan-objects": ["BigGAN, ImageNet", 3744],
  "gan-scenes": ["BigGAN, Places365", 4992],
  "dino-objects": ["DINO, ImageNet", 1200],
};

type Scores = Readonly<Partial<Record<Method, number>>>;

/** Table 2, each network by a describer of all the others. */
const TABLE2: Readonly<Record<string, Scores>> = {
  "alexnet-objects": { compexp: 0.01, netdissect: 0.24, "p(d|E)": 0.34, pmi: 0.38 },
  "alexnet-scenes": { compexp: 0.02, netdissect: 0.21, "p(d|E)": 0.31, pmi: 0.37 },
  "resnet-objects": { compexp: 0.01, netdissect: 0.25, "p(d|E)": 0.27, pmi: 0.35 },
  "resnet-scenes": { compexp: 0.03, netdissect: 0.22, "p(d|E)": 0.3, pmi: 0.31 },
};

/** Table 3, all by mutual information; rows of one kind in its order. */
const TABLE3: Readonly<Record<string, readonly number[]>> = {
  "within network": [0.39, 0.47, 0.35, 0.28, 0.49, 0.52],
  "across architectures": [0.28, 0.35],
  "to a self-supervised transformer": [0.34],
  "across data sets": [0.3, 0.33],
  "across tasks": [0.34, 0.27],
};

/** Which of the paper's networks a subject plays, with its annotated units. */
export function paperNetwork(subject: string): string {
  const [name, units] = NETWORKS[subject];
  return `${name}: ${units.toLocaleString("en")} units`;
}

/** Units, distinct words, words of a text in the mean, shares of nouns, adjectives and prepositions. */
export type MeasuredStatistics = readonly [units: number, words: number, length: number, ...shares: number[]];

/**
 * What people said of the units of ResNet152 on ImageNet: the annotations that the paper's authors published, three a unit, measured by
 * `milan annotations`. It stands below Tables 4 and 5; the paper's own figures are in an appendix that was not at hand.
 */
export const PEOPLE = {
  what: "people, of ResNet152 on ImageNet",
  statistics: {
    all: [3904, 3100, 4.6, 0.528, 0.089, 0.105],
    conv1: [64, 314, 4.6, 0.48, 0.115, 0.113],
    layer1: [256, 759, 5.5, 0.474, 0.094, 0.131],
    layer2: [512, 1135, 5.0, 0.487, 0.114, 0.135],
    layer3: [1024, 1548, 4.2, 0.534, 0.095, 0.117],
    layer4: [2048, 2220, 4.6, 0.545, 0.079, 0.088],
  } as Readonly<Record<string, MeasuredStatistics>>,
  /** Of each annotation with the two others of its unit, by measure. */
  agreement: {
    BLEU: 0.8,
    "ROUGE-1": 0.158,
    "ROUGE-2": 0.022,
    "ROUGE-L": 0.148,
    "word overlap (idf)": 0.128,
  } as Readonly<Record<string, number>>,
} as const;

/** What the paper's describers said of other networks, published by those who compared theirs with it, measured likewise. It stands below Table 6. */
export const ORIGINALS: Readonly<Record<string, MeasuredStatistics>> = {
  "the paper's describer, of ResNet50 on ImageNet": [4904, 449, 2.5, 0.584, 0.171, 0.098],
  "the paper's describer, of ResNet18 on Places365": [1024, 287, 2.5, 0.558, 0.199, 0.068],
  "the paper's describer of Places365, of ResNet152 on ImageNet": [3904, 287, 2.7, 0.542, 0.242, 0.051],
};

export const PAPER_SCORE_HEADER = "the paper's BERTScore";

/** The paper's score beside a row of ours, several where it has several rows of the kind; "-" where it has none. @param group a network, or a row of Table 3. */
export function paperScore(table: "table2" | "table3", group: string, method: Method): string {
  const score = TABLE2[group]?.[method];
  const list = table === "table2" ? (score === undefined ? [] : [score]) : method === "pmi" ? TABLE3[group] : [];
  return list === undefined || list.length === 0 ? "-" : list.map((each) => each.toFixed(2)).join(" ");
}
