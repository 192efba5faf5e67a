/** Routes: people's verdicts on descriptions. */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { json, type Routes, RunParams, runOf, unitOf } from "./explorer.js";
import { Review, ReviewRequest } from "./schemas.js";

const all = createRoute({
  method: "get",
  path: "/api/runs/{run}/reviews",
  summary: "all verdicts that were given, those on descriptions of before as well",
  request: { params: RunParams },
  responses: json(z.array(Review), "oldest first; of several on one description, the last counts"),
});

const add = createRoute({
  method: "post",
  path: "/api/runs/{run}/reviews",
  summary: "give a verdict on the present description of a unit",
  request: { params: RunParams, body: { content: { "application/json": { schema: ReviewRequest } }, required: true } },
  responses: json(Review, "the verdict, as it is kept"),
});

export const reviewRoutes: Routes = (app, explorer) => {
  app.openapi(all, async (c) => c.json(await runOf(explorer, c.req.valid("param").run).verdicts.all(), 200));

  app.openapi(add, async (c) => {
    const run = runOf(explorer, c.req.valid("param").run);
    const { layer, unit: number, verdict, note, reviewer } = c.req.valid("json");
    const unit = unitOf(run, { layer, unit: number });
    if (!unit.described?.description) {
      throw new HTTPException(409, { message: "this unit has no description to give a verdict on" });
    }
    return c.json(await run.verdicts.add(unit, { verdict, note, reviewer: reviewer || explorer.reviewer }), 200);
  });
};
