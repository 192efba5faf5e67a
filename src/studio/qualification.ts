/**
 * The qualification test (paper, appendix A): two units chosen by hand; of several descriptions of each, the best is to be picked. Who does not
 * pass is asked nothing. The units of the test are no units of the study, since whoever took it has read what they are.
 */
import { parse } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../base/errors.js";
import { readWhole } from "../base/files.js";
import { parseJson } from "../base/json.js";
import { Random } from "../base/random.js";
import { publishedName } from "../exemplars/milannotations.js";
import type { ExemplarStore } from "../exemplars/store.js";
import { isVague, wordsSpoken } from "../language/vague.js";
import type { Description } from "../run/descriptions.js";
import { type Annotator, atWork } from "./annotators.js";
import type { Study } from "./study.js";

const Question = z.object({
  layer: z.string().min(1),
  unit: z.int().min(0),
  /** Descriptions to choose from. */
  choices: z.array(z.string().trim().min(1).max(200)).min(2).max(10),
  /** Which of them is the best, from 0. */
  best: z.int().min(0),
});

export const Qualification = z.object({
  /** Right answers needed; default all. */
  passMark: z.int().min(1).optional(),
  /** How often a person may try. */
  attempts: z.int().min(1).max(100).default(2),
  /** Whether a program proposed it and nobody has looked at it yet. */
  proposed: z.boolean().default(false),
  questions: z.array(Question).min(1).max(20),
});
export type Qualification = z.infer<typeof Qualification>;

/** Right answers a qualification takes. */
export const passMarkOf = ({ passMark, questions }: Qualification): number => passMark ?? questions.length;

/** Reads a test. Errors: `UserError` that says what is wrong with it. */
export async function readQualification(path: string): Promise<Qualification> {
  const wrong = (what: string) =>
    new UserError(
      `reading ${path}: ${what}; expected a test such as milan annotate qualification RUN --out ${parse(path).base} proposes`,
    );
  let json: unknown;
  try {
    json = parseJson((await readWhole("reading", path)).toString("utf8"));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw wrong(`it is no JSON (${messageOf(error)})`);
  }
  const { data, error } = Qualification.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    throw wrong(`${issue.path.join(".") || "it"}: ${issue.message}`);
  }
  const { questions } = data;
  const lost = questions.findIndex(({ best, choices }) => best >= choices.length);
  if (lost >= 0)
    throw wrong(
      `question ${lost + 1} has ${questions[lost].choices.length} choices, and none is number ${questions[lost].best}, counted from 0`,
    );
  const repeated = questions.findIndex(({ choices }) => new Set(choices).size < choices.length);
  if (repeated >= 0) throw wrong(`question ${repeated + 1} has a choice twice`);
  if (passMarkOf(data) > questions.length)
    throw wrong(`a pass mark of ${data.passMark} cannot be reached with ${questions.length} questions`);
  if (new Set(questions.map(({ layer, unit }) => `${unit} ${layer}`)).size < questions.length)
    throw wrong("it asks about a unit twice");
  return data;
}

const CHOICES = 4;

/**
 * Proposes a test from a run's own descriptions: units described without doubts, and as wrong choices what is said of other units, with no
 * word in common. A person has to look at it: a description may be wrong, and a wrong choice right.
 */
export function proposeQualification(
  store: ExemplarStore,
  descriptions: readonly Description[],
  { seed = 0, questions = 2 } = {},
): Qualification {
  const names = new Map(store.layers.map((layer) => [layer.name, publishedName(layer)]));
  const clear = descriptions
    .filter(
      ({ layer, doubts, description }) =>
        names.has(layer) && doubts.length === 0 && description !== "" && !isVague(description),
    )
    .sort((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0));
  const said = clear.map((item) => ({ ...item, words: wordsSpoken(item.description) }));
  const chosen = said
    .filter((item, i) => said.slice(0, i).every((other) => isApart(item.words, other.words)))
    .slice(0, questions);
  const random = new Random(seed);
  const made = chosen.map(({ layer, unit, description, words }) => {
    const others: (typeof said)[number][] = [];
    for (const place of random.permutation(said.length)) {
      const other = said[place];
      if (
        others.length < CHOICES - 1 &&
        [words, ...others.map((each) => each.words)].every((known) => isApart(known, other.words))
      )
        others.push(other);
    }
    const choices = [description, ...others.map((other) => other.description)];
    const order = random.permutation(choices.length);
    return { layer: names.get(layer)!, unit, choices: Array.from(order, (i) => choices[i]), best: order.indexOf(0) };
  });
  if (made.length < questions || made.some(({ choices }) => choices.length < CHOICES)) {
    throw new UserError(
      `proposing a qualification: the run's descriptions without doubts say too few different things; expected ${questions} units and ${CHOICES - 1} other descriptions each, describe more units, or write the test by hand`,
    );
  }
  return { passMark: made.length, attempts: 2, proposed: true, questions: made };
}

const isApart = (a: ReadonlySet<string>, b: ReadonlySet<string>) => ![...a].some((word) => b.has(word));

/** A question as it is put to one annotator: which is the best is not told, and their order differs between people. */
export interface PutQuestion {
  /** The unit's code, for its pictures. */
  readonly unit: string;
  readonly choices: readonly string[];
}

/** The test as put to an annotator. */
export function putQuestions(study: Study, annotator: Annotator): PutQuestion[] {
  const units = study.qualificationUnits();
  return questionsOf(study).map(({ choices }, i) => {
    const order = orderFor(annotator, i, choices.length);
    return { unit: units[i].code, choices: Array.from(order, (choice) => choices[choice]) };
  });
}

export interface Outcome {
  readonly correct: number;
  readonly passed: boolean;
  readonly attemptsLeft: number;
}

/**
 * Judges an attempt. What was wrong is not told, only how much.
 * @param answers places of the chosen descriptions, as they were put.
 * Errors: `UserError` when there is no attempt left, or not an answer to each question.
 */
export function attempt(study: Study, annotator: Annotator, answers: readonly number[], now: number): Outcome {
  const questions = questionsOf(study);
  if (answers.length !== questions.length) {
    throw new UserError(
      `the qualification: ${answers.length} answers; expected ${questions.length}, one to each question`,
    );
  }
  const { database, settings } = study;
  return database.transaction(() => {
    if (atWork(database, annotator.id).qualified !== null) {
      return { correct: questions.length, passed: true, attemptsLeft: 0 };
    }
    const left = settings.qualification!.attempts - attemptsOf(study, annotator);
    if (left < 1) throw new UserError("the qualification: there is no attempt left");
    const chosen = answers.map((answer, i) => orderFor(annotator, i, questions[i].choices.length)[answer]);
    const correct = questions.filter(({ best }, i) => chosen[i] === best).length;
    const passed = correct >= passMarkOf(settings.qualification!);
    database.run("INSERT INTO attempts (annotator, at, answers, correct, passed) VALUES (?, ?, ?, ?, ?)", [
      ...[annotator.id, now, JSON.stringify(chosen.map((choice) => choice ?? null)), correct, passed ? 1 : 0],
    ]);
    if (passed) database.run("UPDATE annotators SET qualified = ? WHERE id = ?", [now, annotator.id]);
    return { correct, passed, attemptsLeft: passed ? 0 : left - 1 };
  });
}

/** How often a person has tried. */
export const attemptsOf = (study: Study, annotator: Annotator): number =>
  study.database.get<{ n: number }>("SELECT count(*) AS n FROM attempts WHERE annotator = ?", [annotator.id])!.n;

const questionsOf = ({ settings }: Study) => settings.qualification?.questions ?? [];

/** The same whenever the same person looks. */
const orderFor = ({ id }: Annotator, question: number, choices: number) =>
  new Random(id * 31 + question).permutation(choices);
