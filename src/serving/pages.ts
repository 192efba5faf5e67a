/** The built pages of `src/web`. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context, Env, Hono } from "hono";
import { HTTPException } from "hono/http-exception";

/** Beside the compiled code; from the sources, where the build puts it. */
export const BUILT_PAGES = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../dist/web" : "../web", import.meta.url),
);

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/**
 * Serves the page of a name at `/`, and what it loads at `/assets/`: with the hash of their content in their names, for ever. Only files that
 * the folder lists are served, by their place in it, so no address leads out of it.
 */
export function pages<E extends Env>(app: Hono<E>, name: "explorer" | "studio", folder = BUILT_PAGES): void {
  let assets = assetsIn(folder);
  app.get("/", async (c) => {
    const html = await readFile(join(folder, `${name}.html`)).catch(() => null);
    if (html === null) throw new HTTPException(404, { message: "the pages are not built; run npm run build" });
    return answerFile(c, html, ".html", "no-cache");
  });
  app.get("/assets/:file{.+}", async (c) => {
    const asked = c.req.param("file");
    if (!assets.has(asked)) assets = assetsIn(folder); // built again since
    if (!assets.has(asked)) return c.notFound();
    const bytes = await readFile(join(folder, "assets", asked));
    return answerFile(c, bytes, extname(asked), "public, max-age=31536000, immutable");
  });
}

function answerFile(c: Context, bytes: Buffer, extension: string, caching: string) {
  const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  c.header("Cache-Control", caching);
  c.header("ETag", tag);
  if (c.req.header("if-none-match") === tag) return c.body(null, 304);
  c.header("Content-Type", TYPES[extension] ?? "application/octet-stream");
  return c.body(new Uint8Array(bytes));
}

/** Files of the assets' folder, by their path in it with slashes. */
function assetsIn(folder: string): Set<string> {
  try {
    const entries = readdirSync(join(folder, "assets"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const prefix = join(folder, "assets").length + 1;
    return new Set(files.map((file) => join(file.parentPath, file.name).slice(prefix).replaceAll(sep, "/")));
  } catch {
    return new Set();
  }
}
