/** What routes of the explorer have at hand, and how they find what is asked for. */
import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { sha256 } from "../../base/hash.js";
import type { Gallery, ImageFile } from "../evidence/gallery.js";
import type { Listing } from "../served/listing.js";
import type { ServedRun, ServedUnit } from "../served/served-run.js";
import { Failure } from "./schemas.js";

export interface Explorer {
  /** By id, in the order they were given. */
  readonly runs: ReadonlyMap<string, ServedRun>;
  readonly gallery: Gallery;
  /** Lists of a run's units, and what is known of their descriptions. */
  listing(run: ServedRun): Listing;
  /** Under whose name verdicts are kept that come without one. */
  readonly reviewer: string;
}

/** A part of the API: adds its routes to the application. What it can do with a run it says in `ServedRun.cannot`. */
export type Routes = (app: OpenAPIHono, explorer: Explorer) => void | Promise<void>;

/** Parts of addresses. */
const whole = z
  .string()
  .regex(/^\d{1,9}$/, "expected a whole number")
  .transform(Number)
  .openapi({ type: "integer" });
export const RunParams = z.object({ run: z.string().max(200) });
export const UnitParams = RunParams.extend({ layer: whole, unit: whole });
export const PictureParams = RunParams.extend({ image: whole });

/** The version of a run's pictures, see `Run`. */
export const Versioned = z.object({ v: z.string().max(64).optional() });

const failure = (description: string) => ({ description, content: { "application/json": { schema: Failure } } });

/** Answers besides the wanted one. */
export const FAILURES = {
  400: failure("the request makes no sense, or the run cannot do this"),
  404: failure("no such thing"),
  409: failure("this run cannot do that; see `Run.cannot`"),
} as const;

/** An answer as JSON. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  200: { description, content: { "application/json": { schema } } },
  ...FAILURES,
});

/** An answer as an image file. */
export const imageFile = (description: string, ...types: ImageFile["type"][]) => ({
  200: {
    description,
    content: Object.fromEntries(types.map((type) => [type, { schema: z.string().openapi({ format: "binary" }) }])),
  },
  304: { description: "the one you have is right" },
  ...FAILURES,
});

export function runOf({ runs }: Explorer, id: string): ServedRun {
  const run = runs.get(id);
  if (run) return run;
  throw new HTTPException(404, { message: `no run ${id} is served` });
}

export function unitOf(run: ServedRun, { layer, unit }: { layer: number; unit: number }): ServedUnit {
  const found = run.unit(layer, unit);
  if (found) return found;
  throw new HTTPException(404, { message: `${run.id} has no unit ${unit} in layer ${layer}` });
}

/**
 * Answers with an image that is decided by the run's version and `recipe`: for ever where the address names the version, else to be asked for
 * again, which costs nothing while it is the same.
 */
export async function answerImage(
  c: Context,
  run: ServedRun,
  recipe: readonly unknown[],
  make: (signal: AbortSignal) => Promise<ImageFile>,
): Promise<Response> {
  const tag = `"${sha256(JSON.stringify([run.id, run.version, ...recipe])).slice(0, 24)}"`;
  const isNamed = c.req.query("v") === run.version;
  const caching = isNamed ? "private, max-age=31536000, immutable" : "private, no-cache";
  const headers = { ETag: tag, "Cache-Control": caching };
  if (c.req.header("if-none-match") === tag) return c.body(null, 304, headers);
  const { bytes, type } = await make(c.req.raw.signal);
  return c.body(bytes, 200, { ...headers, "Content-Type": type });
}
