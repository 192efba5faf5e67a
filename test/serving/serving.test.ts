import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createRoute, z } from "@hono/zod-openapi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { type GuardOptions, guarded } from "../../src/serving/guarded.js";
import { hostOf, isServed } from "../../src/serving/hosts.js";
import { type Listening, listen } from "../../src/serving/listen.js";
import { pages } from "../../src/serving/pages.js";
import { ask, send } from "./ask.js";

const folder = mkdtempSync(join(tmpdir(), "milan-serving-"));
const faults: unknown[] = [];
const open: Listening[] = [];
let left = 0;

const written = createRoute({
  method: "post",
  path: "/api/written",
  request: {
    body: { content: { "application/json": { schema: z.object({ count: z.int().max(9) }) } }, required: true },
  },
  responses: {
    200: { description: "as sent", content: { "application/json": { schema: z.object({ count: z.int() }) } } },
  },
});

/** A server with one route of each kind. */
async function serve(options: Partial<GuardOptions> = {}): Promise<number> {
  const bodyLimit = (path: string) => (path === "/api/raw" ? 5000 : 1000);
  const onFault = (error: unknown) => faults.push(error);
  const app = guarded({ host: "127.0.0.1", bodyLimit, onFault, ...options });
  app.openapi(written, (c) => c.json(c.req.valid("json"), 200));
  app.get("/api/read", (c) => c.json({ read: true }));
  app.post("/api/raw", async (c) => c.json({ bytes: (await c.req.arrayBuffer()).byteLength }));
  app.get("/api/mistaken", () => {
    throw new UserError("reading it: there is none");
  });
  app.get("/api/broken", () => {
    throw new Error("secret of /home/somebody");
  });
  app.get("/api/slow", async (c) => {
    const { signal } = c.req.raw;
    while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
    left++;
    throw signal.reason;
  });
  pages(app, "explorer", join(folder, "web"));
  const listening = await listen(app, { host: options.host ?? "127.0.0.1", port: 0 });
  open.push(listening);
  return listening.port;
}

let port: number;
beforeAll(async () => {
  mkdirSync(join(folder, "web/assets"), { recursive: true });
  writeFileSync(join(folder, "web/explorer.html"), "<!doctype html><title>page</title>");
  writeFileSync(join(folder, "web/assets/main-abc.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "web/secret.txt"), "secret");
  port = await serve();
});
afterAll(async () => {
  for (const listening of open) await listening.close();
  rmSync(folder, { recursive: true });
});

const JSON_TYPE = { "content-type": "application/json" };
const post = (headers: Record<string, string> = {}, body = '{"count":3}') =>
  ask(port, "/api/written", { method: "POST", headers: { ...JSON_TYPE, ...headers }, body });

describe("names of hosts", () => {
  test.each([
    ["127.0.0.1:8000", "127.0.0.1"],
    ["LOCALHOST", "localhost"],
    ["[::1]:80", "::1"],
    ["a@localhost", null],
    ["localhost:80:80", null],
    ["", null],
    [undefined, null],
  ])("%s is %s", (header, name) => expect(hostOf(header)).toBe(name));

  test("numeric addresses are served only where all are listened at", () => {
    expect(isServed("192.168.0.7", "0.0.0.0", [])).toBe(true);
    expect(isServed("192.168.0.7", "127.0.0.1", [])).toBe(false);
    expect(isServed("evil.example", "0.0.0.0", [])).toBe(false);
    expect(isServed("gpu.lab", "0.0.0.0", ["GPU.lab"])).toBe(true);
  });

  test.each([
    "evil.example",
    `evil.example:80`,
    "127.0.0.1.evil.example",
    "localhost.",
    "127.0.0.1@evil.example",
    "10.0.0.1",
  ])("a request to %s is refused", async (host) => {
    const answer = await ask(port, "/api/read", { headers: { host } });
    expect([400, 421]).toContain(answer.status);
    expect(answer.text).not.toContain("true");
  });

  test.each(["localhost", "127.0.0.1", "[::1]"])("a request to %s is answered", async (host) => {
    expect((await ask(port, "/api/read", { headers: { host: `${host}:${port}` } })).json()).toEqual({ read: true });
  });
});

describe("other sites", () => {
  test("the page itself and programs may write", async () => {
    expect((await post()).json()).toEqual({ count: 3 });
    expect((await post({ origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test.each([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  ])("a write with %o is refused", async (headers) => {
    const answer = await post(headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(answer.json()).toEqual({ error: "requests from other sites are refused" });
  });

  test("links from elsewhere open the page, but cannot read in the background", async () => {
    const from = { "sec-fetch-site": "cross-site" };
    expect((await ask(port, "/", { headers: { ...from, "sec-fetch-mode": "navigate" } })).status).toBe(200);
    expect((await ask(port, "/api/read", { headers: { ...from, "sec-fetch-mode": "no-cors" } })).status).toBe(403);
  });
});

describe("the token", () => {
  const token = "a-token-of-this-test";

  test("is needed where the server is reached from elsewhere", () => {
    expect(() => guarded({ host: "0.0.0.0" })).toThrow(/0\.0\.0\.0 can be reached from elsewhere/);
    expect(() => guarded({ host: "0.0.0.0", token: "" })).toThrow(/expected at least 8/);
  });

  test("opens as header, as cookie, and through the printed address", async () => {
    const at = await serve({ token });
    expect((await ask(at, "/api/read")).status).toBe(401);
    expect((await ask(at, "/")).status).toBe(401);
    expect((await ask(at, "/api/read?token=wrong")).status).toBe(401);
    expect((await ask(at, "/api/read", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect((await ask(at, "/api/read", { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    const entered = await ask(at, `/?token=${token}&q=dog`);
    expect(entered.status).toBe(303);
    expect(entered.headers.location).toBe("/?q=dog");
    const cookie = entered.headers["set-cookie"]![0];
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect((await ask(at, "/api/read", { headers: { cookie: cookie.split(";")[0] } })).status).toBe(200);
  });

  test("does not lead to other sites", async () => {
    const at = await serve({ token });
    const { headers } = await ask(at, `//evil.example/?token=${token}`);
    expect(headers.location ?? "/").toMatch(/^\/(?!\/)/);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  test.skipIf(outside === undefined)("guards a server at all addresses", async () => {
    const at = await serve({ token, host: "0.0.0.0" });
    expect((await fetch(`http://${outside}:${at}/api/read`)).status).toBe(401);
    const answer = await fetch(`http://${outside}:${at}/api/read`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toEqual({ read: true });
  });
});

describe("bodies", () => {
  test("are refused by their announced length", async () => {
    const answer = await post({}, `{"count":1,"filler":"${"x".repeat(1000)}"}`);
    expect(answer.status).toBe(413);
    expect(answer.json()).toEqual({ error: "the request is too large; at most 1000 bytes are taken here" });
  });

  test("are refused while they arrive, and taken whole when in bounds", async () => {
    const parts = (count: number) => Array.from({ length: count }, () => new Uint8Array(1000));
    const raw = (count: number) => ask(port, "/api/raw", { method: "POST", body: parts(count) });
    expect((await raw(4)).json()).toEqual({ bytes: 4000 });
    expect((await raw(6)).status).toBe(413);
  });

  test.each([
    ['{"count":', /Malformed JSON/],
    ['{"count":"3"}', /^count: /],
    ['{"count":30}', /^count: /],
    ["[]", /expected object/],
  ])("%s is answered with what is wrong", async (body, message) => {
    const answer = await post({}, body);
    expect(answer.status).toBe(400);
    expect((answer.json() as { error: string }).error).toMatch(message);
  });
});

describe("errors", () => {
  test("of the visitor say what was wrong, ours say nothing", async () => {
    const mistaken = await ask(port, "/api/mistaken");
    expect([mistaken.status, mistaken.json()]).toEqual([400, { error: "reading it: there is none" }]);
    const broken = await ask(port, "/api/broken");
    expect([broken.status, broken.json()]).toEqual([
      500,
      { error: "the server failed at this; its terminal says why" },
    ]);
    expect(String(faults.at(-1))).toContain("secret of");
    expect((await ask(port, "/api/nothing")).status).toBe(404);
  });

  test.each([
    "nonsense\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "GET http://evil.example/api/read HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    "POST /api/raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: -4\r\n\r\n",
    "POST /api/raw HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
  ])("malformed request %j is refused, and the server lives on", async (bytes) => {
    expect(await send(port, bytes)).toMatch(/^(HTTP\/1\.1 4\d\d .*|)$/);
    expect((await ask(port, "/api/read")).status).toBe(200);
  });
});

describe("pages", () => {
  test("are served with their types, and never run what is not theirs", async () => {
    const page = await ask(port, "/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["cache-control"]).toBe("no-cache");
    const policy = page.headers["content-security-policy"];
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect(page.headers["referrer-policy"]).toBe("no-referrer");
    const script = await ask(port, "/assets/main-abc.js");
    expect(script.headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(script.headers["cache-control"]).toContain("immutable");
    const again = await ask(port, "/assets/main-abc.js", { headers: { "if-none-match": script.headers.etag! } });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test("that were built since are found", async () => {
    writeFileSync(join(folder, "web/assets/later-def.css"), "body{}");
    expect((await ask(port, "/assets/later-def.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
  });

  test.each([
    "/assets/../secret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/assets/%2e%2e/secret.txt",
    "/assets/..%5csecret.txt",
    "/assets/....//secret.txt",
    "/assets//etc/passwd",
    "/assets/%2fetc%2fpasswd",
    "/assets/main-abc.js%00",
    "/secret.txt",
    "/../secret.txt",
    "/assets/",
    "/assets",
  ])("%s leads nowhere", async (path) => {
    const answer = await ask(port, path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toBe("secret");
  });
});

test("a visitor who leaves is no fault", async () => {
  const before = faults.length;
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /api/slow HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    setTimeout(() => socket.destroy(), 50);
    socket.on("close", () => resolve());
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(faults).toHaveLength(before);
  expect(left).toBe(1);
});

test("a taken port, and a host of elsewhere, are said in one line", async () => {
  const app = guarded({ host: "127.0.0.1" });
  await expect(listen(app, { host: "127.0.0.1", port })).rejects.toThrow(
    new UserError(
      `serving at 127.0.0.1, port ${port}: the port is taken; choose another with --port, or --port 0 for any that is free`,
    ),
  );
  await expect(listen(app, { host: "203.0.113.7", port: 0 })).rejects.toThrow(/no such address/);
});

test("a closed server frees its port", async () => {
  const app = guarded({ host: "127.0.0.1" });
  const first = await listen(app, { host: "127.0.0.1", port: 0 });
  await first.close();
  const second = await listen(app, { host: "127.0.0.1", port: first.port });
  expect(second.url).toBe(`http://127.0.0.1:${first.port}/`);
  await second.close();
});
