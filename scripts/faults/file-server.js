/** A server of files as download mirrors are: ranges, versions (ETag), and no hurry. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const PIECE = 2 ** 16;

/** Serves a folder. @param pauseMs between pieces of 64 KB. `sent` counts the bytes of files that went out. */
export async function serveFiles(folder, pauseMs = 10) {
  let sent = 0;
  const server = createServer(async (request, response) => {
    const path = join(folder, normalize(new URL(request.url, "http://host").pathname));
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats?.isFile()) return response.writeHead(404).end();
    const bytes = readFileSync(path);
    const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const isSame = !request.headers["if-range"] || request.headers["if-range"] === etag;
    const from = asked && isSame ? Number(asked[1]) : 0;
    if (from >= bytes.length && from > 0)
      return response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    const length = bytes.length - from;
    const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { etag, "accept-ranges": "bytes", "content-length": length, ...range });
    for (let at = from; at < bytes.length && !response.destroyed; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      sent += piece.length;
      response.write(piece);
      await sleep(pauseMs);
    }
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    get sent() {
      return sent;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
