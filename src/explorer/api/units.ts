/** Routes: units, as a list and one by one. */
import { createRoute, type z } from "@hono/zod-openapi";
import { histogramOf, quantilesOf } from "../served/levels.js";
import type { ServedRun, ServedUnit } from "../served/served-run.js";
import { spokenWords } from "../served/spoken-words.js";
import { verdictOf } from "../served/verdicts.js";
import { type Explorer, json, type Routes, RunParams, runOf, UnitParams, unitOf } from "./explorer.js";
import { UnitList, UnitPage, UnitQuery } from "./schemas.js";
import { finite, shownLine } from "./show.js";

const list = createRoute({
  method: "get",
  path: "/api/runs/{run}/units",
  summary: "units that fit a query",
  request: { params: RunParams, query: UnitQuery },
  responses: json(UnitList, "a part of the list, and how long it is"),
});

const one = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}",
  summary: "one unit with its evidence; of a query, `previous` and `next` are its neighbours in that list",
  request: { params: UnitParams, query: UnitQuery.omit({ offset: true, limit: true }) },
  responses: json(UnitPage, "the unit"),
});

export const unitRoutes: Routes = (app, explorer) => {
  app.openapi(list, async (c) => {
    const began = performance.now();
    const run = runOf(explorer, c.req.valid("param").run);
    const { offset, limit, ...asked } = c.req.valid("query");
    const found = await explorer.listing(run).units(asked);
    const verdicts = await run.verdicts.latest();
    const part = found.slice(offset, offset + limit);
    const units = part.map((unit) => shownLine(unit, verdictOf(verdicts, unit)?.verdict ?? null));
    const milliseconds = Math.round((performance.now() - began) * 100) / 100;
    return c.json({ total: found.length, offset, milliseconds, units }, 200);
  });

  app.openapi(one, async (c) => {
    const params = c.req.valid("param");
    const run = runOf(explorer, params.run);
    const unit = unitOf(run, params);
    const order = await explorer.listing(run).units(c.req.valid("query"));
    const place = order.indexOf(unit);
    const beside = (step: number) => (place < 0 ? undefined : order[place + step]);
    return c.json(await shownUnit(explorer, run, unit, beside(-1), beside(1)), 200);
  });
};

async function shownUnit(
  { gallery }: Explorer,
  run: ServedRun,
  unit: ServedUnit,
  previous: ServedUnit | undefined,
  next: ServedUnit | undefined,
): Promise<z.infer<typeof UnitPage>> {
  const [said, review, spread] = await Promise.all([
    run.evidence(unit),
    run.verdicts.latest().then((latest) => verdictOf(latest, unit)),
    gallery.spreads.of(run, unit),
  ]);
  const { layer, row, ranks } = unit;
  const { k } = run.store;
  const words = spokenWords(said?.description ?? "", said?.attention.length ?? 0);
  const weights = said?.attention.slice(0, words.length) ?? [];
  return {
    ...shownLine(unit, review?.verdict ?? null),
    level: finite(layer.levels?.[row]),
    beam: (said?.beam ?? []).map(({ description, logp, logpLm, pmi, alone, contradicted = false }) => ({
      ...{ text: description, logp: finite(logp), logpLm: finite(logpLm), pmi: finite(pmi) },
      ...{ alone: finite(alone), contradicted },
    })),
    words: [...words],
    attention: weights.map((row) => Array.from({ length: k }, (_, rank) => row[ranks.indexOf(rank)] ?? 0)),
    exemplars: ranks.map((rank) => ({
      rank,
      image: layer.images[row * k + rank],
      activation: finite(layer.activations?.[row * k + rank]),
      name: run.store.imageName(layer.images[row * k + rank]) ?? null,
    })),
    meanings: (said?.meanings ?? []).map(({ description, share, exemplars }) => ({
      ...{ text: description, share, ranks: [...exemplars] },
    })),
    quantiles: run.run ? quantilesOf(spread, run.run) : [],
    histogram: histogramOf(spread),
    review: review
      ? { verdict: review.verdict, note: review.note, reviewer: review.reviewer, date: review.date }
      : null,
    previous: refOf(previous),
    next: refOf(next),
  };
}

const refOf = (unit: ServedUnit | undefined): [number, number] | null => (unit ? [unit.layerPlace, unit.unit] : null);
