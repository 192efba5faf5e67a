/** What the studio's routes share: the study and its pictures, who asks, and what of it they may do. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { sameToken, shownToken } from "../../serving/token.js";
import { type Annotator, recognised } from "../annotators.js";
import type { AgreementWatch } from "../live-agreement.js";
import type { Pictures } from "../pictures.js";
import type { Study } from "../study.js";

export interface Studio {
  readonly study: Study;
  readonly pictures: Pictures;
  readonly agreement: AgreementWatch;
  /** Size of the pictures, in pixels. */
  readonly width: number;
  readonly height: number;
  /** What reviewers show; null: everybody who gets in is one, as on the loopback. */
  readonly reviewerToken: string | null;
  readonly now: () => number;
}

export type Routes = (app: OpenAPIHono, studio: Studio) => void;

/** Whether a visitor is a reviewer. */
export function isReviewer(c: Context, { reviewerToken }: Studio): boolean {
  if (reviewerToken === null) return true;
  const shown = shownToken(c);
  return shown !== undefined && sameToken(shown, reviewerToken);
}

/** Refuses annotators. */
export const reviewersOnly =
  (studio: Studio): MiddlewareHandler =>
  async (c, next) => {
    if (!isReviewer(c, studio))
      throw new HTTPException(403, { message: "this is for reviewers; open the reviewer's link" });
    c.header("Cache-Control", "no-store");
    await next();
  };

const cookieName = ({ study }: Studio) => `milan-annotator-${study.id}`;

/** The annotator whose cookie a visitor has. */
export function visitor(c: Context, studio: Studio): Annotator | undefined {
  const secret = getCookie(c, cookieName(studio));
  return secret === undefined ? undefined : recognised(studio.study.database, secret);
}

/** The annotator who asks, if they may annotate. */
export function annotating(c: Context, studio: Studio): Annotator {
  const person = joined(c, studio);
  if (person.barred !== null) throw new HTTPException(403, { message: "a reviewer has ended your part in this study" });
  if (person.qualified === null) throw new HTTPException(403, { message: "the qualification comes first" });
  return person;
}

/** The annotator who asks. */
export function joined(c: Context, studio: Studio): Annotator {
  const person = visitor(c, studio);
  if (person) return person;
  throw new HTTPException(401, { message: "join first: this browser is not known here" });
}

/** Gives a visitor the cookie by which they are known. */
export function remember(c: Context, studio: Studio, secret: string): void {
  setCookie(c, cookieName(studio), secret, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: 180 * 24 * 3600 });
}

/** A request's JSON, checked. */
export async function taken<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
    throw new HTTPException(415, { message: "expected JSON, with that content type" });
  }
  const value: unknown = await c.req.json().catch((error: unknown) => {
    if (error instanceof HTTPException) throw error;
    throw new HTTPException(400, { message: "the request is no JSON" });
  });
  return checked(schema, value);
}

/** A value, checked. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as z.output<S>;
  const [issue] = error.issues;
  const where = issue.path.join(".");
  throw new HTTPException(400, { message: `${where ? `${where}: ` : ""}${issue.message}` });
}
