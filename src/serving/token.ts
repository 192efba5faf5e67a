/** The word that lets a visitor in where a server can be reached from elsewhere. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";

/** 144 random bits. */
export const newToken = (): string => randomBytes(18).toString("base64url");

/** Takes the same time wherever the two differ. */
export function sameToken(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Cookies are shared by all ports of a host; two servers would log each other's visitors out. */
const cookieName = (c: Context) => `milan-${/:(\d+)$/.exec(c.req.header("host") ?? "")?.[1] ?? "80"}`;

/** The token that a visitor shows: as `Authorization: Bearer`, or as the cookie. */
export const shownToken = (c: Context): string | undefined =>
  /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? getCookie(c, cookieName(c));

/** Whether a token is one of some. */
const isOneOf = (tokens: readonly string[], shown: string | undefined): boolean =>
  shown !== undefined && tokens.filter((token) => sameToken(shown, token)).length > 0;

/**
 * Lets in who has a token: shown as above, or as `?token=` of the address that was printed. The last is exchanged for the cookie, so that it does
 * not stay in the address bar, in bookmarks and in screenshots.
 * @param tokens several where some visitors may do more than others.
 */
export function tokenRequired(tokens: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const asked = c.req.method === "GET" ? c.req.query("token") : undefined;
    if (asked !== undefined && isOneOf(tokens, asked)) {
      // lax: strict cookies are not sent when the address was opened from another site, a chat or a mail
      setCookie(c, cookieName(c), asked, { httpOnly: true, sameSite: "Lax", path: "/", maxAge: 30 * 24 * 3600 });
      const url = new URL(c.req.url);
      url.searchParams.delete("token");
      return c.redirect(`${url.pathname.replace(/^\/+/, "/")}${url.search}`, 303);
    }
    if (!isOneOf(tokens, shownToken(c))) {
      throw new HTTPException(401, {
        message: "a token is needed here; open the address that was printed when the server started, with its ?token=",
      });
    }
    return next();
  };
}
