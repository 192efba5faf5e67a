/** Routes: a run as a whole. */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { figuresIn, readFigure } from "../served/figures.js";
import { FAILURES, json, type Routes, RunParams, runOf } from "./explorer.js";
import { Dashboard } from "./schemas.js";

const dashboard = createRoute({
  method: "get",
  path: "/api/runs/{run}/dashboard",
  summary: "what the descriptions of a run are like, and what studies found",
  request: { params: RunParams },
  responses: json(Dashboard, "statistics and the ids of figures"),
});

const binary = { schema: z.string().openapi({ format: "binary" }) };
const figure = createRoute({
  method: "get",
  path: "/api/runs/{run}/figures/{figure}",
  summary: "a figure that a study left in the run's folder",
  request: { params: RunParams.extend({ figure: z.string().regex(/^[0-9a-f]{16}$/) }) },
  responses: {
    200: { description: "as it is", content: { "image/svg+xml": binary, "image/png": binary } },
    ...FAILURES,
  },
});

/** A drawing may come from anywhere: it has its letters and its own styles, and runs and loads nothing. */
const DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'";

export const dashboardRoutes: Routes = (app, explorer) => {
  app.openapi(dashboard, async (c) => {
    const run = runOf(explorer, c.req.valid("param").run);
    const { knowledge } = explorer.listing(run);
    const statistics = await knowledge.statistics();
    const { clusters } = await knowledge.clusters();
    return c.json(
      {
        ...statistics,
        clusters: clusters.map(({ name, units }, cluster) => ({ cluster, name, units })),
        figures: figuresIn(run.folder).map(({ id, title, type }) => ({ id, title, type })),
      },
      200,
    );
  });

  app.openapi(figure, async (c) => {
    const { run: id, figure: wanted } = c.req.valid("param");
    const run = runOf(explorer, id);
    const found = figuresIn(run.folder).find((one) => one.id === wanted);
    if (!found) throw new HTTPException(404, { message: `${id} has no such figure` });
    const bytes = new Uint8Array(await readFigure(run.folder, found));
    const headers = { "Content-Security-Policy": DRAWING_POLICY, "Cache-Control": "private, no-cache" };
    return c.body(bytes, 200, { ...headers, "Content-Type": found.type });
  });
};
