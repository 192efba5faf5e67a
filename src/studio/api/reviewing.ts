/** What reviewers ask for: progress, answers to judge, verdicts, the table. */
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { byCode } from "../annotators.js";
import { exportTable } from "../export.js";
import { progressOf } from "../progress.js";
import { type Answered, answers, bar, review } from "../review.js";
import { checked, type Routes, reviewersOnly, taken } from "./context.js";
import { BarRequest, type Progress, type ReviewPage, ReviewQuery, VerdictRequest } from "./schemas.js";

export const reviewingRoutes: Routes = (app, studio) => {
  const { study, now } = studio;
  const guard = reviewersOnly(studio);

  app.get("/api/progress", guard, async (c) => {
    const { measures, people } = await studio.agreement.now();
    const { people: everybody, ...progress } = progressOf(study, now());
    const said: z.infer<typeof Progress> = {
      ...progress,
      byAnswers: [...progress.byAnswers],
      layers: [...progress.layers],
      people: everybody.map((person) => ({ ...person, agreement: people.get(person.code) ?? null })),
      agreement: [...measures],
    };
    return c.json(said);
  });

  app.get("/api/review", guard, (c) => c.json(reviewPage(answers(study), checked(ReviewQuery, c.req.query()))));

  app.post("/api/review", guard, async (c) => {
    const { ids, accept, reason } = await taken(c, VerdictRequest);
    review(study, ids, accept ? { accept } : { accept, reason }, now());
    return c.json({ done: true });
  });

  app.post("/api/annotators/:code", guard, async (c) => {
    const { barred } = await taken(c, BarRequest);
    const person = byCode(study.database, c.req.param("code"));
    if (!person) throw new HTTPException(404, { message: "there is no such annotator" });
    bar(study.database, person.id, barred, now());
    return c.json({ done: true });
  });

  app.get("/api/annotations.csv", guard, (c) => {
    const { csv } = exportTable(study, {
      reviewed: c.req.query("reviewed") === "1",
      details: c.req.query("details") === "1",
    });
    c.header("Content-Type", "text/csv; charset=utf-8");
    c.header("Content-Disposition", 'attachment; filename="annotations.csv"');
    return c.body(csv);
  });
};

type Query = z.infer<typeof ReviewQuery>;

/** Units with answers that are asked for, those first that were answered first, each with all its answers. */
function reviewPage(all: readonly Answered[], query: Query): z.infer<typeof ReviewPage> {
  const byUnit = new Map<number, { answer: Answered; asked: boolean }[]>();
  for (const answer of all) {
    const unit = byUnit.get(answer.unitId) ?? [];
    byUnit.set(answer.unitId, unit);
    unit.push({ answer, asked: isAsked(answer, query) });
  }
  const found = [...byUnit.values()].filter((unit) => unit.some(({ asked }) => asked));
  return {
    total: found.length,
    answers: found.flat().filter(({ asked }) => asked).length,
    units: found.slice(query.offset, query.offset + query.limit).map((unit) => {
      const { unitCode, layer, unit: number } = unit[0].answer;
      return { unit: unitCode, layer, number, answers: unit.map(({ answer, asked }) => ({ ...shown(answer), asked })) };
    }),
  };
}

function isAsked(answer: Answered, { status, flag, annotator }: Query): boolean {
  if (status !== "any" && answer.status !== status) return false;
  if (annotator !== "" && answer.annotator !== annotator) return false;
  if (flag === "any") return true;
  if (flag === "none" || flag === "some") return answer.flags.length > 0 === (flag === "some");
  return answer.flags.includes(flag);
}

const shown = ({ id, annotator, nickname, text, elapsed, active, submitted, status, reason, flags }: Answered) => ({
  ...{ id, annotator, nickname, text, elapsed, active, submitted, status, reason },
  flags: [...flags],
});
