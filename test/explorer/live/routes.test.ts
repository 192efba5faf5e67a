/** What runs the model, over HTTP: the real server, real requests, and those that it must refuse. */

import { writeFileSync } from "node:fs";
import { request } from "node:http";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeModel } from "../../../src/engine/onnx/model.js";
import { Ablation, Effect, Probe, type Run as ShownRun } from "../../../src/explorer/api/schemas.js";
import { liveBodyLimit, liveRoutes } from "../../../src/explorer/live/routes.js";
import { UPLOAD_BYTES } from "../../../src/explorer/live/upload.js";
import { serveExplorer } from "../../../src/explorer/server.js";
import type { Listening } from "../../../src/serving/listen.js";
import { CLASSES, colourNet, hugePng, SIDE, square, workshop } from "./made.js";

const { at, writeSquares, describedRun } = workshop();

let server: Listening;
const faults: unknown[] = [];
const live = liveRoutes();
beforeAll(async () => {
  await writeSquares(30);
  writeFileSync(at("net.labels.txt"), `${CLASSES.join("\n")}\n`);
  await (await describedRun("net")).close();
  await (await describedRun("<b>soft", colourNet({ softmax: true }))).close();
  server = await serveExplorer([at("net"), at("<b>soft")], {
    ...{ host: "127.0.0.1", port: 0, more: [live.routes], bodyLimit: liveBodyLimit },
    onFault: (error) => faults.push(error),
  });
});
afterAll(async () => {
  await server.close();
  await live.close();
  expect(faults).toEqual([]);
});

const ask = (path: string, init?: RequestInit) => fetch(`${server.url}api/runs/${path}`, init);
const probe = async (file: Uint8Array) => ask("net/probe", { method: "POST", body: new Uint8Array(file) });
const send = (path: string, value: unknown) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const refused = async (response: Response, status: number, why: RegExp) => {
  expect(response.status).toBe(status);
  const { error } = (await response.json()) as { error: string };
  expect(error).toMatch(why);
  expect(error).not.toMatch(/\n|at .*\.ts/);
};

test("runs say what they can, and the names of their classes", async () => {
  const runs = (await (await fetch(`${server.url}api/runs`)).json()) as (typeof ShownRun)["_output"][];
  expect(runs.map(({ id, cannot, classes }) => [id, cannot.probe, cannot.ablate, classes])).toEqual([
    ["net", null, null, CLASSES],
    ["b-soft", null, null, null],
  ]);
});

test("a picture: what fires, where, and what silencing does; all of it as the API's document says", async () => {
  const response = await probe(await square(1, 4, 2));
  expect(response.status).toBe(200);
  const seen = Probe.parse(await response.json());
  const own = seen.fired.find(({ layer, unit }) => layer === 0 && unit === 1)!;
  const picture = `net/probes/${seen.picture}`;
  const image = await sharp(await bytesOf(`${picture}/image`)).metadata();
  expect([image.format, image.width, image.height]).toEqual(["webp", SIDE, SIDE]);
  const grey = async (path: string) =>
    sharp(await bytesOf(path))
      .toColourspace("b-w")
      .raw()
      .toBuffer();
  const mask = await grey(`${picture}/units/0/1/mask`);
  expect(mask).toHaveLength(SIDE * SIDE);
  const white = mask.filter((value) => value === 255).length;
  expect(white + mask.filter((value) => value === 0).length).toBe(SIDE * SIDE);
  expect(white / SIDE ** 2).toBeCloseTo(own.above, 6);
  const heat = await grey(`${picture}/units/0/1/heat`);
  expect([heat[0] < 60, heat[(2 + 4) * SIDE + 4 + 4]]).toEqual([true, 255]);
  const { classes } = Ablation.parse(
    await (await send("net/ablate", { units: [{ layer: 0, unit: 1 }], picture: seen.picture })).json(),
  );
  const green = classes.find(({ name }) => name === "green")!;
  expect(green.before - green.after).toBeGreaterThan(0.01);
  expect(Effect.parse(await (await ask("net/units/0/1/effect")).json()).images).toBe(4);
});

async function bytesOf(path: string): Promise<Buffer> {
  const response = await ask(path);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

test("the edited model is a whole file, to be saved under a harmless name", async () => {
  const response = await send("b-soft/edit", {
    units: [
      { layer: 0, unit: 0 },
      { layer: 1, unit: 3 },
    ],
  });
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="b-soft-edited.onnx"');
  const file = new Uint8Array(await response.arrayBuffer());
  expect(file.length).toBe(Number(response.headers.get("content-length")));
  const names = decodeModel(file).proto.graph!.initializer.map(({ name }) => name);
  expect(names.filter((name) => name.endsWith("/mask"))).toEqual(["colours/mask", "mixed/mask"]);
});

test("uploads that are no pictures, damaged or hostile are refused in a line, and nothing else happens", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>`;
  await refused(await probe(Buffer.from(svg)), 400, /no picture that is known here/);
  await refused(await probe(Buffer.alloc(0)), 400, /it is empty/);
  await refused(await probe((await square(0, 0, 0)).subarray(0, 50)), 400, /decoding the picture/);
  const wide = hugePng(16_000, 4000);
  await refused(await probe(wide), 400, /16000 x 4000 pixels; expected at most 50 million/);
  const large = Buffer.concat([await square(0, 0, 0), Buffer.alloc(UPLOAD_BYTES)]);
  await refused(await probe(large), 413, /at most/);
});

test("an upload that never ends is cut off after 1 MB, not kept", async () => {
  let sent = 0;
  const status = await new Promise<number>((resolve, reject) => {
    const { port } = new URL(server.url);
    const headers = { "transfer-encoding": "chunked" };
    const out = request({ host: "127.0.0.1", port, path: "/api/runs/net/probe", method: "POST", headers }, (answer) => {
      resolve(answer.statusCode ?? 0);
      out.destroy();
    });
    out.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(413) : reject(error)));
    const piece = Buffer.alloc(2 ** 20, 1);
    const more = () => {
      while (!out.destroyed && out.write(piece)) sent += piece.length;
      if (!out.destroyed) out.once("drain", more);
    };
    more();
  });
  expect(status).toBe(413);
  expect(sent).toBeLessThan(30 * 2 ** 20); // what lay in between: the sockets' buffers
});

test("more uploads at once than there is memory for are refused before they are read, and no place is lost", async () => {
  const { port } = new URL(server.url);
  const idle = Array.from({ length: 4 }, () => {
    const headers = { "content-length": "1000" };
    const out = request({ host: "127.0.0.1", port, path: "/api/runs/net/probe", method: "POST", headers });
    out.on("error", () => {});
    out.write("begun");
    return out;
  });
  const file = await square(0, 0, 0);
  await expect.poll(async () => (await probe(file)).status).toBe(503);
  for (const out of idle) out.destroy();
  await expect.poll(async () => (await probe(file)).status).toBe(200);
});

test("requests that make no sense", async () => {
  const unit = { layer: 0, unit: 0 };
  await refused(await send("net/ablate", { units: [], picture: 0 }), 400, /units/);
  await refused(await send("net/ablate", { units: [{ layer: -1, unit: 0 }], picture: 0 }), 400, /units/);
  await refused(await send("net/ablate", { units: [{ layer: 0.5, unit: "0" }], picture: 0 }), 400, /units/);
  await refused(await send("net/ablate", { units: [unit], picture: "x".repeat(1000) }), 400, /picture/);
  await refused(await send("net/ablate", { units: [unit], picture: "../../etc/passwd" }), 404, /not kept any more/);
  await refused(await send("net/ablate", { units: [unit], picture: 1e9 }), 404, /the run has none/);
  await refused(await send("net/ablate", { units: [{ layer: 0, unit: 100 }], picture: 0 }), 404, /has none such/);
  await refused(await send("net/edit", { units: [{ layer: 9, unit: 0 }] }), 404, /has none such/);
  await refused(await send("nobody/edit", { units: [unit] }), 404, /nobody/);
  await refused(await ask("net/units/0/77/effect"), 404, /has none such/);
  await refused(await ask("net/probes/..%2F..%2Fetc/units/0/0/mask"), 404, /not kept any more/);
  const many = Array.from({ length: 20_001 }, (_, i) => ({ layer: 0, unit: i }));
  await refused(await send("net/ablate", { units: many, picture: 0 }), 400, /units/);
  const text = { method: "POST", headers: { "content-type": "application/json" }, body: '{"units":' };
  expect((await ask("net/ablate", text)).status).toBe(400);
});

test("pages of other sites, and other names, are refused", async () => {
  const body = new Uint8Array(await square(0, 0, 0));
  const foreign = await ask("net/probe", { method: "POST", body, headers: { origin: "http://evil.example" } });
  await refused(foreign, 403, /other sites/);
  const simple = { "sec-fetch-site": "cross-site", "content-type": "text/plain" };
  await refused(await ask("net/edit", { method: "POST", headers: simple, body: "{}" }), 403, /other sites/);
});

test("a slider that is dragged: requests that were given up are not worked on", async () => {
  const seen = Probe.parse(await (await probe(await square(2, 4, 2))).json());
  const value = { units: [{ layer: 0, unit: 2 }], picture: seen.picture };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const abort = new AbortController();
      const asked = ask("net/ablate", { ...init, signal: abort.signal }).then(({ status }) => status);
      if (i < 29) setTimeout(() => abort.abort(), 1);
      return asked.catch(() => "given up");
    }),
  );
  expect(outcomes[29]).toBe(200);
});
