/** Routes: two runs side by side. */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { type RunDifference, wordDifferences } from "../../studies/audit/diff.js";
import { descriptionOf, type ServedRun } from "../served/served-run.js";
import { type Explorer, json, type Routes, runOf } from "./explorer.js";
import { Comparison } from "./schemas.js";

const id = z.string().max(200);

const compare = createRoute({
  method: "get",
  path: "/api/compare",
  summary: "what the units of one run are described by that those of another are not, as `milan diff`",
  request: { query: z.object({ a: id, b: id }) },
  responses: json(Comparison, "words least likely to be equally frequent first, at most 1,000; layers by name"),
});

const MOST_WORDS = 1000;

export const compareRoutes: Routes = (app, explorer) => {
  const known = new Map<string, Promise<RunDifference>>();

  app.openapi(compare, async (c) => {
    const { a, b } = c.req.valid("query");
    const [first, second] = [runOf(explorer, a), runOf(explorer, b)];
    const key = JSON.stringify([a, b]);
    let difference = known.get(key);
    if (!difference) known.set(key, (difference = differenceOf(explorer, first, second)));
    difference.catch(() => known.delete(key));
    const { words, described } = await difference;
    return c.json(
      {
        words: words.slice(0, MOST_WORDS).map((word) => ({
          ...{ word: word.word, a: word.first, b: word.second, q: word.q },
          ...{ shareA: word.first / described[0], shareB: word.second / described[1] },
        })),
        layers: commonLayers(first, second),
      },
      200,
    );
  });
};

async function differenceOf(explorer: Explorer, a: ServedRun, b: ServedRun): Promise<RunDifference> {
  const [one, other] = [a, b].map((run) => {
    const texts = run.units.map(descriptionOf).filter((text) => text !== "");
    if (texts.length > 0) return texts;
    throw new HTTPException(409, { message: `${run.id} has no descriptions; make them with milan describe` });
  });
  const telling = [await explorer.listing(a).knowledge.telling(), await explorer.listing(b).knowledge.telling()];
  return wordDifferences([one, other], (text) => telling[0].get(text) ?? telling[1].get(text)!);
}

/** Layers that both have, by the names shown. */
function commonLayers(a: ServedRun, b: ServedRun) {
  return a.layerNames.flatMap((display, place) => {
    const other = b.layerNames.indexOf(display);
    if (other < 0) return [];
    const described = (run: ServedRun, layer: number) =>
      run.units.filter((unit) => unit.layerPlace === layer && descriptionOf(unit) !== "");
    const [one, two] = [described(a, place), described(b, other)];
    const same = one.filter((unit) => {
      const twin = b.unit(other, unit.unit);
      return twin && descriptionOf(twin) === descriptionOf(unit);
    });
    return [{ display, a: one.length, b: two.length, same: same.length }];
  });
}
