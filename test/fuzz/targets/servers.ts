/** Explorer and studio over real sockets: paths, queries, headers, bodies, and bytes that are no HTTP. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { silent } from "../../../src/base/progress.js";
import type { Random } from "../../../src/base/random.js";
import { openMilannotations, writeMilannotations } from "../../../src/exemplars/milannotations.js";
import { liveBodyLimit, liveRoutes } from "../../../src/explorer/live/routes.js";
import { serveExplorer } from "../../../src/explorer/server.js";
import { serveStudio } from "../../../src/studio/server.js";
import { Study } from "../../../src/studio/study.js";
import { forgedStore } from "../../explorer/forged.js";
import { square } from "../../explorer/live/made.js";
import { ask, send } from "../../serving/ask.js";
import { chance, NUMBERS, pick, spoil, texts } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import { Broken, type Target } from "../target.js";
import { madeRun } from "./runs.js";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const part = (random: Random) =>
  chance(random, 0.5)
    ? encodeURIComponent(Buffer.from(pick(random, texts())).toString()).slice(0, 4000)
    : pick(random, [
        String(pick(random, NUMBERS)),
        "%ff",
        "%",
        "%00",
        "..%2f..",
        "0",
        "1",
        "a b".replace(" ", "+"),
        "\u00e9",
      ]);

/** A path with some of its parts or its query replaced. */
function spoiltPath(random: Random, path: string): string {
  const [way, query = ""] = path.split("?");
  const parts = way.split("/");
  if (chance(random, 0.6) && parts.length > 1) parts[1 + random.integer(parts.length - 1)] = part(random);
  const pairs = query.split("&").filter(Boolean);
  for (let left = random.integer(3); left > 0; left--) {
    const key = pairs.length > 0 && chance(random, 0.7) ? pick(random, pairs).split("=")[0] : part(random);
    pairs.push(`${key}=${part(random)}`);
  }
  return `${parts.join("/")}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
}

/** A request that is no HTTP, or hardly. */
const strangeRequest = (random: Random, path: string): string =>
  pick(random, [
    `GET ${path} HTTP/9.9\r\n\r\n`,
    `GET ${"x".repeat(70_000)} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99999999999999999999\r\n\r\n{}`,
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: -5\r\n\r\n{}`,
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n`,
    `GET ${path} HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n`,
    `GET ${path}\r\n\r\n`,
    "\x16\x03\x01\x02\x00\x01\x00",
    `TRACE ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
    `GET http://elsewhere.example${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
    `OPTIONS * HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
    Array.from({ length: 60 }, () => String.fromCharCode(random.integer(256))).join(""),
  ]);

async function attack(
  random: Random,
  port: number,
  asked: readonly Asked[],
  cookie: string,
  faults: unknown[],
): Promise<void> {
  const { method, path, body } = pick(random, asked);
  faults.length = 0;
  let status: number;
  if (chance(random, 0.03)) {
    status = Number((await send(port, strangeRequest(random, path))).split(" ")[1] ?? 400);
  } else {
    const sent =
      body instanceof Uint8Array ? spoil(random, body) : body === undefined ? undefined : spoilJson(random, body);
    const type = pick(random, [
      "application/json",
      "application/json",
      "application/json",
      "image/png",
      "text/plain",
      "application/json; charset=x",
      "a/b",
    ]);
    const headers: Record<string, string> = {
      ...(sent && { "content-type": body instanceof Uint8Array && chance(random, 0.7) ? "image/png" : type }),
      ...(cookie &&
        chance(random, 0.9) && {
          cookie: chance(random, 0.9) ? cookie : spoil(random, Buffer.from(cookie)).toString("base64"),
        }),
      ...(chance(random, 0.1) && {
        [pick(random, ["accept", "range", "if-none-match", "accept-encoding", "origin", "x-forwarded-for", "expect"])]:
          pick(random, [
            "*",
            "bytes=0-99999999999",
            "bytes=-1,5-",
            '"x"',
            "gzip;q=nan",
            "null",
            "http://127.0.0.1",
            "y".repeat(3000),
          ]),
      }),
    };
    const how = chance(random, 0.05)
      ? pick(random, ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "GET"])
      : method;
    const target = chance(random, 0.6) ? spoiltPath(random, path) : path;
    try {
      ({ status } = await ask(port, target.replace(/[^\x21-\xff]/g, ""), {
        method: how,
        headers,
        ...(sent && how !== "GET" && how !== "HEAD" ? { body: sent } : {}),
      }));
    } catch {
      status = 400; // the connection was closed on what is no request
    }
  }
  const [fault] = faults;
  if (fault instanceof Error)
    throw Object.assign(new Broken(`${method} ${path} fails the server: ${fault.message}`), { stack: fault.stack });
  if (status >= 500 && status !== 503) throw new Broken(`${method} ${path} is answered with ${status}`);
}

export const explorer: Target = {
  async prepare(box) {
    const run = await madeRun(box);
    const faults: unknown[] = [];
    const live = liveRoutes();
    const listening = await serveExplorer([run], {
      host: "127.0.0.1",
      port: 0,
      onFault: (error: unknown) => faults.push(error),
      more: [live.routes],
      bodyLimit: liveBodyLimit,
    });
    const { port } = listening;
    const unit = "/api/runs/run/units/0/1";
    const png = await square(0, 2, 2);
    const brought = await ask(port, "/api/runs/run/probe", {
      method: "POST",
      headers: { "content-type": "image/png" },
      body: png,
    });
    const { picture = "x" } = brought.status === 200 ? (brought.json() as { picture?: string }) : {};
    const refs = [
      { layer: 0, unit: 1 },
      { layer: 1, unit: 2 },
    ];
    const gets = [
      ...[
        "/",
        "/api/runs",
        "/api/runs/run",
        "/api/runs/run/units?q=thing&sort=pmi&offset=0&limit=10",
        unit,
        `${unit}/strip?ranks=0,1&size=32`,
        `${unit}/masks`,
        `${unit}/heat?rank=0`,
      ],
      ...[
        `${unit}/maps`,
        `${unit}/neighbours?count=3`,
        "/api/runs/run/clusters?count=3",
        "/api/runs/run/images/0?size=16",
        "/api/runs/run/reviews",
        "/api/runs/run/dashboard",
        "/api/runs/run/figures/doubts",
      ],
      ...[
        "/api/compare?a=run&b=run",
        `/api/runs/run/probes/${picture}/image`,
        `/api/runs/run/probes/${picture}/units/0/1/mask`,
        `/api/runs/run/probes/${picture}/units/0/1/heat`,
        "/api/openapi.json",
        "/icon.svg",
        "/assets/x.js",
      ],
    ].map((path) => ({ method: "GET", path }));
    const posts = [
      { method: "POST", path: "/api/runs/run/probe", body: png },
      { method: "POST", path: "/api/runs/run/ablate", body: { picture, units: refs } },
      { method: "POST", path: `${unit}/effect`, body: {} },
      { method: "POST", path: "/api/runs/run/edit", body: { units: refs } },
      {
        method: "POST",
        path: "/api/runs/run/reviews",
        body: { layer: 0, unit: 1, verdict: "yes", note: "", reviewer: "Ann" },
      },
    ];
    return {
      once: (random) => attack(random, port, chance(random, 0.7) ? gets : posts, "", faults),
      close: async () => {
        await listening.close();
        await live.close();
      },
    };
  },
};

export const studio: Target = {
  async prepare(box) {
    const folder = join(box, "set");
    mkdirSync(folder);
    await writeMilannotations(forgedStore({ conv1: 6, conv2: 3 }), folder, silent);
    const store = await openMilannotations(folder);
    const settings = { title: "A study", annotators: 3, seed: 1, leaseMinutes: 30, leastSeconds: 0, outside: 0.25 };
    const questions = [{ layer: "conv1", unit: 0, choices: ["a", "b"], best: 0 }];
    const qualification = { attempts: 100, proposed: false, questions };
    const study = Study.begin(join(box, "study.sqlite"), "attacked", store, { ...settings, qualification });
    const faults: unknown[] = [];
    const listening = await serveStudio(study, store, {
      host: "127.0.0.1",
      port: 0,
      tokens: null,
      now: () => 1e12,
      onFault: (error: unknown) => faults.push(error),
    });
    const { port } = listening;
    const post = (path: string, body: unknown, cookie = "") =>
      ask(port, path, {
        method: "POST",
        headers: { "content-type": "application/json", cookie },
        body: JSON.stringify(body),
      });
    const joined = await post("/api/join", { nickname: "Ann" });
    const cookie = (joined.headers["set-cookie"] ?? []).map((each) => each.split(";")[0]).join("; ");
    await post("/api/qualification", { answers: [0] }, cookie);
    const session = (await ask(port, "/api/session", { headers: { cookie } })).json() as { person?: { code: string } };
    const person = session.person?.code ?? "x";
    const next = (await post("/api/next", {}, cookie)).json() as { assignment?: { code: string; unit: string } };
    const { code = "x", unit = "y" } = next.assignment ?? {};
    const known: Asked[] = [
      { method: "POST", path: "/api/join", body: { nickname: "Bob" } },
      { method: "POST", path: "/api/next", body: {} },
      { method: "POST", path: "/api/qualification", body: { answers: [0] } },
      { method: "POST", path: `/api/assignments/${code}`, body: { text: "red things", activeMs: 10 } },
      { method: "POST", path: `/api/assignments/${code}/skip`, body: {} },
      { method: "POST", path: "/api/review", body: { ids: [1], status: "accepted", reason: "" } },
      { method: "POST", path: `/api/annotators/${person}`, body: { barred: false } },
      ...[
        "/",
        "/api/session",
        "/api/qualification",
        "/api/progress",
        "/api/annotations.csv",
        `/api/pictures/${unit}/0`,
      ].map((path) => ({ method: "GET", path })),
      { method: "GET", path: "/api/review?status=pending&flag=fast&offset=0&limit=10&layer=conv1" },
    ];
    return {
      once: (random) => attack(random, port, known, cookie, faults),
      close: async () => {
        await listening.close();
        study.close();
        await store.close();
      },
    };
  },
};
