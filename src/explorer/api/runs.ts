/** Routes: which runs are served. */
import { createRoute, z } from "@hono/zod-openapi";
import { json, type Routes, RunParams, runOf } from "./explorer.js";
import { Run } from "./schemas.js";
import { shownRun } from "./show.js";

const all = createRoute({
  method: "get",
  path: "/api/runs",
  summary: "all runs that are served",
  responses: json(z.array(Run), "in the order they were given"),
});

const one = createRoute({
  method: "get",
  path: "/api/runs/{run}",
  summary: "one run",
  request: { params: RunParams },
  responses: json(Run, "the run"),
});

export const runRoutes: Routes = (app, explorer) => {
  app.openapi(all, (c) => c.json([...explorer.runs.values()].map(shownRun), 200));
  app.openapi(one, (c) => c.json(shownRun(runOf(explorer, c.req.valid("param").run)), 200));
};
