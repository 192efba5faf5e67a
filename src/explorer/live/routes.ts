/** Routes: what runs the model. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import sharp from "sharp";
import { messageOf } from "../../base/errors.js";
import { interleaved } from "../../data/images/interleaved.js";
import { maskOf } from "../../exemplars/masks.js";
import { FAILURES, imageFile, json, type Routes, RunParams, runOf, UnitParams } from "../api/explorer.js";
import { Ablation, AblationRequest, EditRequest, Effect, Failure, Probe } from "../api/schemas.js";
import { shownLine } from "../api/show.js";
import { heatOf } from "../evidence/heat.js";
import type { ServedRun } from "../served/served-run.js";
import { verdictOf } from "../served/verdicts.js";
import { Live, LiveHouse, Missing, Refused, type ShownRun } from "./live.js";
import type { NetworkOptions } from "./network.js";
import { Abandoned, Busy } from "./turns.js";
import { UPLOAD_BYTES } from "./upload.js";

const MEGABYTE = 2 ** 20;

/** Bytes of a request's body at most, by its address: pictures may be larger than anything else. */
export const liveBodyLimit = (path: string): number =>
  /^\/api\/runs\/[^/]+\/probe$/.test(path) ? UPLOAD_BYTES : MEGABYTE;

/** Pictures being received or waiting at once: what they take in memory is bounded. */
const MOST_UPLOADS = 4;
const BUSY_UPLOADS = "reading the picture: others are being read already; try again in a moment";

const failure = (description: string) => ({ description, content: { "application/json": { schema: Failure } } });
const BUSY = {
  409: failure("the run's model is not there, or no classifier"),
  503: failure("others are waiting for the network already"),
};
const binary = z.string().openapi({ format: "binary" });

const probe = createRoute({
  method: "post",
  path: "/api/runs/{run}/probe",
  summary:
    "shows the network a picture: which described units it activates beyond their levels, and what it is taken for",
  request: {
    params: RunParams,
    body: { description: "PNG, JPEG, WebP, GIF or AVIF", content: { "application/octet-stream": { schema: binary } } },
  },
  responses: { ...json(Probe, "the picture is kept for a while under `picture`"), ...BUSY },
});

const ablate = createRoute({
  method: "post",
  path: "/api/runs/{run}/ablate",
  summary: "what the network says of a picture before and after units are silenced",
  request: {
    params: RunParams,
    body: { required: true, content: { "application/json": { schema: AblationRequest } } },
  },
  responses: { ...json(Ablation, "the classes that are largest before or after"), ...BUSY },
});

const effect = createRoute({
  method: "get",
  path: "/api/runs/{run}/units/{layer}/{unit}/effect",
  summary: "what silencing a unit does to its own exemplars",
  request: { params: UnitParams },
  responses: { ...json(Effect, "means over its exemplars"), ...BUSY },
});

const edit = createRoute({
  method: "post",
  path: "/api/runs/{run}/edit",
  summary: "the model with units silenced for good",
  request: { params: RunParams, body: { required: true, content: { "application/json": { schema: EditRequest } } } },
  responses: {
    200: { description: "an ONNX file", content: { "application/octet-stream": { schema: binary } } },
    ...FAILURES,
    ...BUSY,
  },
});

const ProbeParams = RunParams.extend({ picture: z.string().max(100) });
const ProbeUnitParams = UnitParams.extend({ picture: z.string().max(100) });

const image = createRoute({
  method: "get",
  path: "/api/runs/{run}/probes/{picture}/image",
  summary: "a visitor's picture as the network saw it",
  request: { params: ProbeParams },
  responses: imageFile("at the network's size", "image/webp"),
});

const mask = createRoute({
  method: "get",
  path: "/api/runs/{run}/probes/{picture}/units/{layer}/{unit}/mask",
  summary: "where a visitor's picture activates a unit beyond its level",
  request: { params: ProbeUnitParams },
  responses: imageFile("white on black, at the network's size", "image/png"),
});

const heat = createRoute({
  method: "get",
  path: "/api/runs/{run}/probes/{picture}/units/{layer}/{unit}/heat",
  summary: "where a visitor's picture activates a unit",
  request: { params: ProbeUnitParams },
  responses: imageFile("from 0 (black) to the activation of its strongest exemplar (white)", "image/png"),
});

/** What runs the models of the runs that are served. To be closed. */
export interface LiveRoutes {
  readonly routes: Routes;
  close(): Promise<void>;
}

/**
 * Routes that run models. Every run's `cannot` and `classes` are filled in before any answer, which takes as long as opening the models does:
 * some 0.3 s, and 0.4 s a 100 MB.
 */
export function liveRoutes(options: NetworkOptions = {}): LiveRoutes {
  const house = new LiveHouse();
  const lives = new Map<string, Live>();
  let uploads = 0;
  return {
    async routes(app, explorer) {
      for (const [id, served] of explorer.runs) {
        if (!served.run) continue;
        const live = new Live(shownRun(served, served.run), options, house);
        lives.set(id, live);
        const { probe, ablate, classes } = await live.facts();
        Object.assign(served.cannot, { probe, ablate });
        served.classes = classes;
      }
      const find = (id: string): Live => {
        const { cannot } = runOf(explorer, id);
        const live = lives.get(id);
        if (live) return live;
        throw new HTTPException(409, { message: cannot.probe ?? "this run has no model" });
      };

      app.openapi(probe, async (c) => {
        const live = find(c.req.valid("param").run);
        if (uploads >= MOST_UPLOADS) throw new HTTPException(503, { message: BUSY_UPLOADS });
        uploads++;
        try {
          const bytes = new Uint8Array(await c.req.arrayBuffer().catch(brokenOff));
          return c.json(await answering(live.probe(bytes, c.req.raw.signal)), 200);
        } finally {
          uploads--;
        }
      });

      app.openapi(ablate, async (c) => {
        const live = find(c.req.valid("param").run);
        const { units, picture } = c.req.valid("json");
        return c.json(await answering(live.ablate(units, picture, c.req.raw.signal)), 200);
      });

      app.openapi(effect, async (c) => {
        const { run, ...unit } = c.req.valid("param");
        const live = find(run);
        return c.json(await answering(live.effect(unit, c.req.raw.signal)), 200);
      });

      app.openapi(edit, async (c) => {
        const { run } = c.req.valid("param");
        const { pieces, bytes } = await answering(find(run).edited(c.req.valid("json").units));
        return c.body(streamed(pieces), 200, {
          "Content-Type": "application/octet-stream",
          "Content-Length": String(bytes),
          "Content-Disposition": `attachment; filename="${run.replaceAll(/[^\w.-]+/g, "-")}-edited.onnx"`,
          "Cache-Control": "no-store",
        });
      });

      app.openapi(image, async (c) => {
        const { run, picture } = c.req.valid("param");
        const { width, height } = sizeOf(runOf(explorer, run));
        const pixels = await answering(async () => find(run).pixels(picture));
        return sent(c, "image/webp", await interleaved(pixels, width, height).webp({ quality: 88 }).toBuffer());
      });

      app.openapi(mask, async (c) => {
        const { run, picture, ...unit } = c.req.valid("param");
        const { width, height } = sizeOf(runOf(explorer, run));
        const { map, shape, level } = await answering(async () => find(run).map(picture, unit));
        const inside = maskOf(map, shape, level, new Uint8Array(width * height), [height, width]);
        const white = inside.map((bit) => 255 * bit);
        return sent(c, "image/png", await png(white, width, height));
      });

      app.openapi(heat, async (c) => {
        const { run, picture, ...unit } = c.req.valid("param");
        const { width, height } = sizeOf(runOf(explorer, run));
        const { map, shape, most } = await answering(async () => find(run).map(picture, unit));
        return sent(c, "image/png", await png(heatOf(map, shape, [height, width], most), width, height));
      });
    },
    async close() {
      for (const live of lives.values()) await live.close();
    },
  };
}

function brokenOff(error: unknown): never {
  if (error instanceof HTTPException) throw error; // too large
  throw new HTTPException(400, { message: "reading the picture: it broke off; send it again" });
}

/** A run as it is served, for its model. */
function shownRun(served: ServedRun, run: ShownRun["run"]): ShownRun {
  const at = (layer: number, row: number) => served.unit(layer, run.layers[layer].unitNumbers[row])!;
  return {
    run,
    picture: (id) => served.store.image(id),
    text: (layer, row) => at(layer, row).described?.description ?? "",
    async lines(units) {
      const verdicts = await served.verdicts.latest();
      const all = units.map(({ layer, row }) => at(layer, row));
      return all.map((unit) => shownLine(unit, verdictOf(verdicts, unit)?.verdict ?? null));
    },
  };
}

const sizeOf = ({ store: { width, height } }: ServedRun) => ({ width, height });

/** Failures of ours with the status that they have. Other `UserError`s are of the request. */
async function answering<T>(work: Promise<T> | (() => Promise<T>)): Promise<T> {
  try {
    return await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof Missing) throw new HTTPException(404, { message: messageOf(error) });
    if (error instanceof Refused) throw new HTTPException(409, { message: messageOf(error) });
    if (error instanceof Busy || error instanceof Abandoned) {
      throw new HTTPException(503, { message: messageOf(error) });
    }
    throw error;
  }
}

/** Bytes as fast as they are taken, and no faster. */
function streamed(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let [piece, at] = [0, 0];
  return new ReadableStream(
    {
      pull(controller) {
        while (piece < pieces.length && at >= pieces[piece].length) [piece, at] = [piece + 1, 0];
        if (piece === pieces.length) return controller.close();
        controller.enqueue(pieces[piece].subarray(at, at + MEGABYTE));
        at += MEGABYTE;
      },
    },
    { highWaterMark: 1 },
  );
}

/** A visitor's own picture, or what was made of it: kept by nobody on the way. */
const sent = (c: Context, type: string, bytes: Buffer) =>
  c.body(new Uint8Array(bytes), 200, { "Content-Type": type, "Cache-Control": "private, max-age=3600" });

/** @param pixels uint8 [height, width], grey. */
const png = (pixels: Uint8Array, width: number, height: number): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png({ compressionLevel: 4 })
    .toBuffer();
