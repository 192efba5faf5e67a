/** Routes: what belongs together, of a unit and of a whole run. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Likeness } from "../served/neighbours.js";
import { verdictOf } from "../served/verdicts.js";
import { json, type Routes, RunParams, runOf, UnitParams, unitOf } from "./explorer.js";
import { Cluster, Neighbours } from "./schemas.js";
import { shownLine } from "./show.js";

const neighbours = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/neighbours",
  summary: "units that are like a unit, by what is said of them and by their exemplars",
  request: { params: UnitParams, query: z.object({ count: z.coerce.number().int().min(1).max(100).default(12) }) },
  responses: json(Neighbours, "the most alike first, of all layers"),
});

const clusters = createRoute({
  method: "get",
  path: "/api/runs/{run}/clusters",
  summary: "units whose descriptions belong together",
  request: { params: RunParams },
  responses: json(z.array(Cluster), "the largest first; a unit is in one at most"),
});

export const neighbourRoutes: Routes = (app, explorer) => {
  app.openapi(neighbours, async (c) => {
    const params = c.req.valid("param");
    const { count } = c.req.valid("query");
    const run = runOf(explorer, params.run);
    const unit = unitOf(run, params);
    const latest = await run.verdicts.latest();
    const { knowledge } = explorer.listing(run);
    const shown = ({ unit, likeness }: Likeness) => {
      return { ...shownLine(unit, verdictOf(latest, unit)?.verdict ?? null), likeness };
    };
    const byDescription = knowledge.byDescription().nearest(unit, count).map(shown);
    const byExemplars = knowledge.byExemplars().nearest(unit, count).map(shown);
    return c.json({ byDescription, byExemplars }, 200);
  });

  app.openapi(clusters, async (c) => {
    const run = runOf(explorer, c.req.valid("param").run);
    const { clusters } = await explorer.listing(run).knowledge.clusters();
    return c.json(
      clusters.map(({ name, units }, cluster) => ({ cluster, name, units })),
      200,
    );
  });
};
