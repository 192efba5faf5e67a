/** The application that explorer and studio add their routes to: guarded, and with errors that say what was wrong and nothing else. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, Env } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { messageOf, UserError } from "../base/errors.js";
import { knownHost, limitedBody, restrictive, sameOrigin } from "./guards.js";
import { isLoopback } from "./hosts.js";
import { tokenRequired } from "./token.js";

export interface GuardOptions {
  /** Where it is going to listen. */
  readonly host: string;
  /** Other names it is reached by, such as the name of a machine. */
  readonly names?: readonly string[];
  /** What visitors have to show, or one of several; null: nothing, which only the loopback allows. */
  readonly token?: string | readonly string[] | null;
  /** Greatest size of a request's body in bytes, by its path; 1 MB unless given. */
  readonly bodyLimit?: (path: string) => number;
  /** Told of failures that are no fault of the visitor. */
  readonly onFault?: (error: unknown) => void;
}

const MEGABYTE = 1 << 20;
const SHORTEST_TOKEN = 8;

/**
 * An application with guards: known names only (DNS rebinding), nothing from other sites, a token where it can be reached from elsewhere, a
 * strict content security policy, bodies of bounded size, and errors as `{ "error": "..." }` with the right status and no stack. A
 * `UserError` that a route throws is answered with 400.
 */
export function guarded<E extends Env = Env>(options: GuardOptions): OpenAPIHono<E> {
  const { host, names = [], token = null, bodyLimit = () => MEGABYTE } = options;
  const tokens = typeof token === "string" ? [token] : token;
  if ((tokens === null || tokens.length === 0) && !isLoopback(host)) {
    throw new UserError(`serving: ${host} can be reached from elsewhere; expected a token, got none; give one`);
  }
  const short = tokens?.find(({ length }) => length < SHORTEST_TOKEN);
  if (short !== undefined) {
    throw new UserError(`serving: a token of ${short.length} characters; expected at least ${SHORTEST_TOKEN}`);
  }
  const app = new OpenAPIHono<E>({ defaultHook: refuseInvalid });
  app.onError((error, c) => answerError(error, c, options.onFault));
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}` }, 404));
  app.use(restrictive, knownHost(host, names), sameOrigin);
  if (tokens !== null) app.use(tokenRequired(tokens));
  app.use(limitedBody(bodyLimit));
  return app;
}

/** What is wrong with a request, by the first thing that is. */
function refuseInvalid(result: { success: boolean; error?: z.ZodError }, c: Context) {
  if (result.success) return undefined;
  const issue = result.error?.issues[0];
  const where = issue?.path.join(".");
  return c.json({ error: `${where ? `${where}: ` : ""}${issue?.message ?? "the request makes no sense"}` }, 400);
}

function answerError(error: unknown, c: Context, onFault?: (error: unknown) => void) {
  if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
  if (error instanceof UserError) return c.json({ error: messageOf(error) }, 400);
  const isGone = c.req.raw.signal.aborted; // who is gone gets no answer, and work that was given up for it is no fault
  if (!isGone) onFault?.(error);
  return c.json({ error: "the server failed at this; its terminal says why" }, 500);
}
