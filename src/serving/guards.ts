/** What stands between a browser's other pages and this server. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { hostOf, isServed } from "./hosts.js";

/** Refuses requests by names that are not this server's; see `isServed`. */
export function knownHost(listening: string, given: readonly string[]): MiddlewareHandler {
  return (c, next) => {
    const name = hostOf(c.req.header("host"));
    if (name !== null && isServed(name, listening, given)) return next();
    throw new HTTPException(421, { message: "this server does not answer to that name" });
  };
}

const READS = new Set(["GET", "HEAD"]);

/**
 * Refuses what pages of other origins (other ports of this host included) ask of a browser: every write, and every read but the opening of a page.
 * Programs that are no browsers send neither header and pass.
 */
export const sameOrigin: MiddlewareHandler = (c, next) => {
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  const isForeign =
    (site !== undefined && site !== "same-origin" && site !== "none") ||
    (origin !== undefined &&
      origin !== `http://${c.req.header("host")}` &&
      origin !== `https://${c.req.header("host")}`);
  const isOpening = READS.has(c.req.method) && c.req.header("sec-fetch-mode") === "navigate";
  if (!isForeign || isOpening) return next();
  throw new HTTPException(403, { message: "requests from other sites are refused" });
};

/** Pages run and load nothing but what is served here; pictures may also be those a visitor brought (`blob:`) or a chart drew (`data:`). */
export const restrictive: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", "blob:", "data:"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
  strictTransportSecurity: false,
  overwrite: false, // a route may be stricter
});

/** Bodies of unknown length are kept before any route sees them, however many there are at once. No browser sends files so. */
const MOST_UNANNOUNCED = 1 << 20;

/**
 * Refuses larger bodies, in bytes: by their announced length before anything is read, or else as soon as they are too long, or longer than 1 MB.
 */
export function limitedBody(limit: (path: string) => number): MiddlewareHandler {
  return (c, next) => {
    const isAnnounced = c.req.header("transfer-encoding") === undefined;
    const maxSize = Math.min(limit(c.req.path), isAnnounced ? Number.POSITIVE_INFINITY : MOST_UNANNOUNCED);
    const onError = () => {
      throw new HTTPException(413, { message: `the request is too large; at most ${maxSize} bytes are taken here` });
    };
    return bodyLimit({ maxSize, onError })(c, next);
  };
}
