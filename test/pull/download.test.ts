/** Downloads from a server that cuts off, stalls, lies and sends elsewhere: a whole file of the right bytes, or none and one line. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Download, download } from "../../src/pull/download.js";
import { type BadServer, badServer, file } from "./server.js";

const folder = mkdtempSync(join(tmpdir(), "milan-download-"));
const bytes = randomBytes(2_000_000);
const sum = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
let server: BadServer;
beforeAll(async () => {
  server = await badServer();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  server.asked.length = 0;
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

const path = join(folder, "file.bin");
const get = (name: string, more: Partial<Download> = {}, options = {}) =>
  download(
    { what: "thing", url: `${server.url}${name}`, path, limit: 4_000_000, ...more },
    { waitMs: 5, stallMs: 10_000, ...options },
  );
const left = () => readdirSync(folder);

test("a whole file, with its sum", async () => {
  server.at.set("/whole", file(bytes));
  expect(await get("/whole", { sha256: sum(bytes).slice(0, 8) })).toEqual({ bytes: bytes.length, sha256: sum(bytes) });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(left()).toEqual(["file.bin"]);
});

test("cut off again and again, it goes on where it was", async () => {
  server.at.set("/cut", (request, response, asked) =>
    file(bytes, asked < 4 ? { cut: 500_000 } : {})(request, response, asked),
  );
  expect((await get("/cut", {}, { tries: 2 })).sha256).toBe(sum(bytes));
  const starts = server.asked.map(({ range }) => Number(/\d+/.exec(range ?? "0")![0]));
  expect(starts.length).toBeGreaterThanOrEqual(4);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  expect(starts.at(-1)).toBeGreaterThan(500_000);
});

test("a call that was killed is gone on with by the next, but not when the file has changed since", async () => {
  const other = randomBytes(200_000);
  server.at.set("/file", file(bytes, { cut: 1_500_000 }));
  await expect(get("/file", {}, { tries: 1 })).rejects.toThrow(/cut|terminated|UND_ERR/);
  expect(left().sort()).toEqual(["file.bin.part", "file.bin.part.json"]);
  const come = readFileSync(`${path}.part`);
  expect(come.length).toBeGreaterThan(0);
  expect(come.equals(bytes.subarray(0, come.length))).toBe(true);
  server.at.set("/file", file(bytes));
  await get("/file");
  expect(server.asked.at(-1)!.range).toMatch(/^bytes=[1-9]/);
  expect(readFileSync(path).equals(bytes)).toBe(true);

  writeFileSync(`${path}.part`, bytes.subarray(0, 1000));
  writeFileSync(`${path}.part.json`, JSON.stringify({ url: `${server.url}/file`, version: '"one"' }));
  server.at.set("/file", file(other, { etag: '"two"' }));
  expect((await get("/file")).sha256).toBe(sum(other));

  // of another address, or without a version: begun anew
  writeFileSync(`${path}.part`, bytes.subarray(0, 1000));
  expect((await get("/file")).sha256).toBe(sum(other));
});

test("a server that goes silent is given up, and asked again", async () => {
  server.at.set("/silent", (request, response, asked) => {
    if (asked > 1) return file(bytes)(request, response, asked);
    response.writeHead(200, { "content-length": bytes.length, etag: '"one"' });
    response.write(bytes.subarray(0, 1000));
  });
  expect((await get("/silent", {}, { stallMs: 500, tries: 8 })).sha256).toBe(sum(bytes));
  server.at.set("/never", () => {});
  await expect(get("/never", {}, { stallMs: 100, tries: 2 })).rejects.toThrow(
    /nothing came for 0.1 s; expected the file, try again later/,
  );
});

test("lies about sizes", async () => {
  server.at.set("/huge", (_request, response) => {
    response.writeHead(200, { "content-length": 5_000_000_000 });
    response.write("x");
  });
  await expect(get("/huge")).rejects.toThrow(/announces 5000000000 bytes; expected at most 4000000; nothing was kept/);
  server.at.set("/endless", (_request, response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(bytes));
    };
    response.on("drain", more);
    more();
  });
  await expect(get("/endless")).rejects.toThrow(/goes on sending; expected at most 4000000/);
  server.at.set("/short", file(bytes));
  await expect(get("/short", { bytes: 2_000_001 })).rejects.toThrow(
    /sent another file \(2000000 bytes.*expected 2000001 bytes/,
  );
  // packed, though it was asked not to: what counts is what comes of it
  server.at.set("/packed", (_request, response) => {
    const packed = Buffer.from("H4sIAAAAAAAAA+3BMQEAAADCoPVPbQsvoAAAAAAAAAAAAAAAAAAAAAAA", "base64");
    response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length }).end(packed);
  });
  await expect(get("/packed", { limit: 10_000 })).rejects.toThrow(/goes on sending; expected at most 10000/);
  expect(existsSync(path)).toBe(false);
});

test("another file than the one that is known", async () => {
  server.at.set("/other", file(bytes));
  await expect(get("/other", { sha256: "00000000" })).rejects.toThrow(
    /sent another file .*expected SHA-256 00000000\.\.\.; it was deleted/,
  );
  expect(left()).toEqual([]);
});

test("redirects: followed to a file, not in circles, nor to what is no http", async () => {
  const to = (target: string) => (_request: unknown, response: import("node:http").ServerResponse) =>
    void response.writeHead(302, { location: target }).end();
  server.at.set("/there", file(bytes));
  server.at.set("/moved", to("/again"));
  server.at.set("/again", to(`${server.url}/there`));
  expect((await get("/moved")).sha256).toBe(sum(bytes));
  server.at.set("/circle", to("/circle"));
  await expect(get("/circle")).rejects.toThrow(/was sent on 8 times/);
  for (const target of ["file:///etc/passwd", "ftp://elsewhere/x", "http://["]) {
    server.at.set("/odd", to(target));
    await expect(get("/odd")).rejects.toThrow(/sends on to .*; expected an https address/);
  }
});

test("refusals at once, failures of the server after some tries", async () => {
  await expect(get("/nothing")).rejects.toThrow(/answers 404, there is no such file/);
  expect(server.asked).toHaveLength(1);
  server.at.set("/busy", (request, response, asked) => {
    if (asked < 3) response.writeHead(503).end();
    else file(bytes)(request, response, asked);
  });
  expect((await get("/busy")).sha256).toBe(sum(bytes));
  server.at.set("/down", (_request, response) => void response.writeHead(500).end());
  await expect(get("/down", {}, { tries: 2 })).rejects.toThrow(/the server answers 500; .*MILAN_MIRROR/);
  await expect(download({ what: "thing", url: "http://127.0.0.1:1/x", path, limit: 10 }, { tries: 1 })).rejects.toThrow(
    /pulling thing: http:\/\/127.0.0.1:1\/x: (ECONNREFUSED|bad port)/,
  );
  expect(left()).toEqual(["file.bin"]);
});
