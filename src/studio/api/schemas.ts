/**
 * What the studio's API says and takes: the checks of requests and the page's types come from here. Annotators know units and assignments by codes
 * that say nothing; layers and numbers are for reviewers. Times are milliseconds, moments since 1970.
 */
import { z } from "@hono/zod-openapi";
import { FLAGS } from "../judging.js";
import { STATUSES } from "../review.js";

const count = z.int().min(0);
const code = z.string().min(1).max(64);

/** What a person is to do. */
export const PHASES = ["join", "qualification", "failed", "annotate", "barred"] as const;

export const Session = z.object({
  title: z.string(),
  /** Annotators may only annotate; reviewers may see and judge what was said. */
  role: z.enum(["annotator", "reviewer"]),
  /** How many pictures a unit has, and their size. */
  pictures: count,
  width: count,
  height: count,
  annotators: count,
  leaseMinutes: z.number(),
  phase: z.enum(PHASES),
  person: z.object({ nickname: z.string(), code: z.string(), answers: count }).nullable(),
  /** Null: there is none. */
  qualification: z.object({ questions: count, passMark: count, attemptsLeft: count }).nullable(),
  /** Whether a program proposed the qualification and nobody has looked at it; for reviewers. */
  unchecked: z.boolean(),
  instructions: z.array(z.string()),
  examples: z.array(z.object({ text: z.string(), good: z.boolean(), why: z.string() })),
});

export const JoinRequest = z.object({ nickname: z.string().max(200) });

export const Questions = z.array(z.object({ unit: code, choices: z.array(z.string()) }));
export const AttemptRequest = z.object({ answers: z.array(z.int().min(0).max(99)).max(20) });
export const Outcome = z.object({ correct: count, passed: z.boolean(), attemptsLeft: count });

export const Next = z.object({
  assignment: z.object({ code, unit: code, begun: z.int(), expires: z.int() }).nullable(),
  /** Whether a unit may come back that others have before them. */
  waiting: z.boolean(),
  /** Answers of this person so far. */
  answers: count,
});
export const AnswerRequest = z.object({ text: z.string().max(5000), activeMs: z.int().min(0).optional() });
export const Done = z.object({ done: z.literal(true) });

export const Progress = z.object({
  units: count,
  byAnswers: z.array(count),
  answers: count,
  wanted: count,
  pending: count,
  accepted: count,
  rejected: count,
  flagged: z.partialRecord(z.enum(FLAGS), count),
  open: count,
  medianMs: z.number().nullable(),
  layers: z.array(z.object({ layer: z.string(), units: count, complete: count })),
  people: z.array(
    z.object({
      code,
      nickname: z.string(),
      source: z.enum(["studio", "mturk"]),
      joined: z.int(),
      qualified: z.boolean(),
      barred: z.boolean(),
      attempts: count,
      answers: count,
      accepted: count,
      rejected: count,
      flagged: count,
      skipped: count,
      medianMs: z.number().nullable(),
      /** ROUGE-L with the others of the same units; null: alone. */
      agreement: z.number().nullable(),
    }),
  ),
  agreement: z.array(z.object({ metric: z.string(), layer: z.string(), units: count, score: z.number().nullable() })),
});

export const ReviewQuery = z.object({
  status: z.enum(["any", ...STATUSES]).default("pending"),
  flag: z.enum(["any", "none", "some", ...FLAGS]).default("any"),
  /** Code of an annotator. */
  annotator: z.string().max(64).default(""),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

const AnswerLine = z.object({
  id: z.int(),
  annotator: code,
  nickname: z.string(),
  text: z.string(),
  elapsed: count,
  active: count.nullable(),
  submitted: z.int(),
  status: z.enum(STATUSES),
  reason: z.string(),
  flags: z.array(z.enum(FLAGS)),
});

export const ReviewPage = z.object({
  /** Units with an answer that is asked for, and answers asked for in all of them. */
  total: count,
  answers: count,
  units: z.array(
    z.object({
      unit: code,
      layer: z.string(),
      number: count,
      /** Those asked for first told apart from the others of the unit. */
      answers: z.array(AnswerLine.extend({ asked: z.boolean() })),
    }),
  ),
});

export const VerdictRequest = z.object({
  ids: z.array(z.int()).min(1).max(1000),
  accept: z.boolean(),
  reason: z.string().max(500).default(""),
});

export const BarRequest = z.object({ barred: z.boolean() });
