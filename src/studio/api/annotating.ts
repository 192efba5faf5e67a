/** What annotators ask for. */
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { type Annotator, join } from "../annotators.js";
import { next, skip, submit } from "../assignment.js";
import { EXAMPLES, STEPS } from "../instructions.js";
import { attempt, attemptsOf, passMarkOf, putQuestions } from "../qualification.js";
import type { Study, StudyUnit } from "../study.js";
import { annotating, isReviewer, joined, type Routes, remember, type Studio, taken, visitor } from "./context.js";
import { AnswerRequest, AttemptRequest, JoinRequest, type Next, type Session } from "./schemas.js";

/** So many people are taken in by one study: more than any study has, and fewer than fill a disk. */
const MOST_PEOPLE = 10_000;

export const annotatingRoutes: Routes = (app, studio) => {
  const { study } = studio;
  const { database } = study;

  app.get("/api/session", (c) => {
    c.header("Cache-Control", "no-store");
    return c.json(sessionOf(studio, visitor(c, studio), isReviewer(c, studio)));
  });

  app.post("/api/join", async (c) => {
    const { nickname } = await taken(c, JoinRequest);
    if (visitor(c, studio)) throw new HTTPException(409, { message: "this browser has joined already" });
    const { n } = database.get<{ n: number }>("SELECT count(*) AS n FROM annotators")!;
    if (n >= MOST_PEOPLE) throw new HTTPException(429, { message: "nobody else can join this study" });
    const [person, secret] = join(database, nickname, studio.now(), study.settings.qualification === null);
    remember(c, studio, secret);
    return c.json(sessionOf(studio, person, isReviewer(c, studio)));
  });

  app.get("/api/qualification", (c) => c.json(putQuestions(study, joined(c, studio))));

  app.post("/api/qualification", async (c) => {
    const { answers } = await taken(c, AttemptRequest);
    return c.json(attempt(study, joined(c, studio), answers, studio.now()));
  });

  app.post("/api/next", (c) => {
    const person = annotating(c, studio);
    const found = next(study, person, studio.now());
    const { assignment } = found;
    const said: z.infer<typeof Next> = {
      assignment: assignment && {
        code: assignment.code,
        unit: assignment.unitCode,
        begun: assignment.begun,
        expires: assignment.expires,
      },
      waiting: assignment === null && found.waiting,
      answers: answersOf(study, person),
    };
    return c.json(said);
  });

  app.post("/api/assignments/:code", async (c) => {
    const answer = await taken(c, AnswerRequest);
    const became = submit(study, annotating(c, studio), c.req.param("code"), answer, studio.now());
    if (became === "unknown") throw new HTTPException(404, { message: "you have no such unit before you" });
    if (became === "late") {
      throw new HTTPException(409, {
        message: "the time for this unit had run out, and others have described it since",
      });
    }
    return c.json({ done: true });
  });

  app.post("/api/assignments/:code/skip", (c) => {
    if (skip(study, annotating(c, studio), c.req.param("code"))) return c.json({ done: true });
    throw new HTTPException(404, { message: "you have no such unit before you" });
  });

  app.get("/api/pictures/:unit/:rank{[0-9]{1,3}}", async (c) => {
    const rank = Number(c.req.param("rank"));
    const unit = database.get<StudyUnit>("SELECT * FROM units WHERE code = ?", [c.req.param("unit")]);
    if (!unit || rank >= studio.pictures.count) return c.notFound();
    // a study's pictures never change, and its codes are no other's
    const tag = `"${study.id}-${unit.code}-${rank}"`;
    c.header("Cache-Control", "private, max-age=31536000, immutable");
    c.header("ETag", tag);
    if (c.req.header("if-none-match") === tag) return c.body(null, 304);
    c.header("Content-Type", "image/webp");
    return c.body(new Uint8Array(await studio.pictures.get(unit, rank)));
  });
};

const answersOf = ({ database }: Study, { id }: Annotator): number =>
  database.get<{ n: number }>("SELECT count(*) AS n FROM annotations WHERE annotator = ?", [id])!.n;

function sessionOf(studio: Studio, person: Annotator | undefined, reviews: boolean): z.infer<typeof Session> {
  const { study, pictures, width, height } = studio;
  const { title, annotators, leaseMinutes, qualification } = study.settings;
  const attemptsLeft = qualification ? qualification.attempts - (person ? attemptsOf(study, person) : 0) : 0;
  return {
    ...{ title, annotators, leaseMinutes, width, height },
    role: reviews ? "reviewer" : "annotator",
    pictures: pictures.count,
    phase: phaseOf(person, attemptsLeft),
    person: person ? { nickname: person.nickname, code: person.code, answers: answersOf(study, person) } : null,
    qualification: qualification && {
      questions: qualification.questions.length,
      passMark: passMarkOf(qualification),
      attemptsLeft,
    },
    instructions: [...STEPS],
    examples: [...EXAMPLES],
    unchecked: reviews && qualification?.proposed === true,
  };
}

function phaseOf(person: Annotator | undefined, attemptsLeft: number): z.infer<typeof Session>["phase"] {
  if (!person) return "join";
  if (person.barred !== null) return "barred";
  if (person.qualified !== null) return "annotate";
  return attemptsLeft > 0 ? "qualification" : "failed";
}
