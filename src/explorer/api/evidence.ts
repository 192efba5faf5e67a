/** Routes: pictures, masks, heat maps and activation maps, as files. */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { ServedRun } from "../served/served-run.js";
import {
  answerImage,
  FAILURES,
  imageFile,
  PictureParams,
  type Routes,
  runOf,
  UnitParams,
  unitOf,
  Versioned,
} from "./explorer.js";

const size = z.coerce.number().int().min(16);
const quantile = z.coerce.number().min(0).max(1).optional();

const picture = createRoute({
  method: "get",
  path: "/api/runs/{run}/images/{image}",
  summary: "a picture, as it was shown to the network",
  request: { params: PictureParams, query: Versioned.extend({ size: size.max(4096).default(4096) }) },
  responses: imageFile("its longer side `size` pixels, at most those it has", "image/webp"),
});

const strip = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/strip",
  summary:
    "a unit's best exemplars side by side, dark outside of their masks: one image a unit for a list of thousands",
  request: {
    params: UnitParams,
    query: Versioned.extend({
      size: size.max(256).default(96),
      count: z.coerce.number().int().min(1).max(30).default(5),
      shade: z.coerce.number().min(0).max(1).default(0.7),
      quantile,
    }),
  },
  responses: imageFile("as many squares as there are exemplars, at most `count`, without gaps", "image/webp"),
});

const masks = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/masks",
  summary: "the masks of all exemplars at a level, in the order of `exemplars`, one below the other",
  request: { params: UnitParams, query: Versioned.extend({ quantile }) },
  responses: imageFile("white on black, each as large as a picture", "image/png"),
});

const heat = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/heat",
  summary: "the activations of all exemplars, in the order of `exemplars`, one below the other",
  request: { params: UnitParams, query: Versioned },
  responses: imageFile("from 0 (black) to the unit's largest (white), each as large as a picture", "image/png"),
});

const maps = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/maps",
  summary: "the activation maps of all exemplars, as numbers",
  request: { params: UnitParams, query: Versioned },
  responses: {
    200: {
      description:
        "float32, little-endian, [exemplar, height, width] in the order of `exemplars`; the size is `Layer.map`",
      content: { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } },
    },
    ...FAILURES,
  },
});

export const evidenceRoutes: Routes = (app, explorer) => {
  const { gallery } = explorer;

  app.openapi(picture, (c) => {
    const { run: id, image } = c.req.valid("param");
    const { size } = c.req.valid("query");
    const run = runOf(explorer, id);
    if (!run.holds(image)) throw new HTTPException(404, { message: `${id} has no exemplar with picture ${image}` });
    refuseFor(run.cannot.pictures);
    return answerImage(c, run, ["picture", image, size], (signal) => gallery.picture(run, image, size, signal));
  });

  app.openapi(strip, (c) => {
    const { v: _, ...look } = c.req.valid("query");
    const { run, unit } = find(c.req.valid("param"));
    refuseLevel(run, look.quantile);
    const whole = { ...look, quantile: look.quantile };
    return answerImage(c, run, ["strip", unit.at, look], (signal) => gallery.strip(run, unit, whole, signal));
  });

  app.openapi(masks, (c) => {
    const { quantile } = c.req.valid("query");
    const { run, unit } = find(c.req.valid("param"));
    refuseLevel(run, quantile);
    const make = (signal: AbortSignal) => gallery.masks(run, unit, quantile, signal);
    return answerImage(c, run, ["masks", unit.at, quantile], make);
  });

  app.openapi(heat, (c) => {
    const { run, unit } = find(c.req.valid("param"));
    refuseFor(run.cannot.relevel);
    return answerImage(c, run, ["heat", unit.at], (signal) => gallery.heat(run, unit, signal));
  });

  app.openapi(maps, async (c) => {
    const { run, unit } = find(c.req.valid("param"));
    refuseFor(run.cannot.relevel);
    const all = await Promise.all(
      unit.ranks.map((rank) => run.run!.map(run.run!.layers[unit.layerPlace], unit.row, rank)),
    );
    const values = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const map of all) {
      values.set(map, at);
      at += map.length;
    }
    return c.body(values.buffer, 200, { "Content-Type": "application/octet-stream" });
  });

  function find(params: { run: string; layer: number; unit: number }) {
    const run = runOf(explorer, params.run);
    const unit = unitOf(run, params);
    if (unit.ranks.length === 0) throw new HTTPException(404, { message: "this unit has no exemplars" });
    return { run, unit };
  }
};

function refuseFor(why: string | null): void {
  if (why !== null) throw new HTTPException(409, { message: why });
}

function refuseLevel(run: ServedRun, quantile: number | undefined): void {
  if (quantile !== undefined && quantile !== run.run?.manifest.quantile) refuseFor(run.cannot.relevel);
}
