import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listening } from "../../src/serving/listen.js";
import { serveStudio } from "../../src/studio/server.js";
import type { Study } from "../../src/studio/study.js";
import { forgedStore, HOSTILE, K, picture, SIZE } from "../explorer/forged.js";
import { ask, send } from "../serving/ask.js";
import { Client } from "./served.js";
import { newStudy, QUESTIONS } from "./studies.js";

const TOKENS = { annotator: "annotator-token-0123456789", reviewer: "reviewer-token-0123456789" };
const open: { study: Study; server: Listening }[] = [];

async function serving(study: Study, tokens: typeof TOKENS | null = null, host = "127.0.0.1"): Promise<number> {
  const faults: unknown[] = [];
  const store = forgedStore({ conv1: study.units().length + study.qualificationUnits().length });
  const server = await serveStudio(study, store, {
    ...{ host, port: 0, tokens, now: Date.now },
    onFault: (error) => faults.push(error),
  });
  open.push({ study, server });
  return server.port;
}

afterAll(async () => {
  for (const { study, server } of open) {
    await server.close();
    study.close();
  }
});

describe("on this machine", () => {
  let port: number;
  let study: Study;
  beforeAll(async () => {
    study = newStudy(6);
    port = await serving(study);
  });

  test("many annotators at once give every unit three answers of three people", async () => {
    const people = await Promise.all(Array.from({ length: 5 }, (_, i) => new Client(port).join(`P${i}`)));
    const taken = await Promise.all(people.map((who, i) => who.describeAll((unit) => `thing ${i} of ${unit}`)));
    expect(taken.flat()).toHaveLength(18);
    const rows = study.database.all<{ unit: number; n: number; people: number }>(
      "SELECT unit, count(*) AS n, count(DISTINCT annotator) AS people FROM annotations GROUP BY unit",
    );
    expect(rows).toHaveLength(6);
    expect(rows.every(({ n, people }) => n === 3 && people === 3)).toBe(true);
    const progress = (await ask(port, "/api/progress")).json() as { byAnswers: number[]; agreement: unknown[] };
    expect(progress.byAnswers).toEqual([0, 0, 0, 6]);
    expect(progress.agreement.length).toBeGreaterThan(3);
  });

  test("pictures are those of the unit, dark outside of the mask, kept for ever and never by path", async () => {
    const [unit] = study.units();
    const answer = await ask(port, `/api/pictures/${unit.code}/0`);
    expect(answer.headers["content-type"]).toBe("image/webp");
    expect(answer.headers["cache-control"]).toBe("private, max-age=31536000, immutable");
    const { data, info } = await sharp(answer.body).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([SIZE, SIZE]);
    // far outside of the disc, a quarter of the brightness; a lossy file of a smooth picture is near it
    const image = unit.row % 7;
    const corner = [0, 1, 2].map((channel) => picture(image)[channel * SIZE * SIZE + SIZE * (SIZE - 1)]);
    for (const channel of [0, 1, 2]) {
      expect(Math.abs(data[3 * SIZE * (SIZE - 1) + channel] - corner[channel] / 4)).toBeLessThan(24);
    }
    const tag = answer.headers.etag!;
    expect((await ask(port, `/api/pictures/${unit.code}/0`, { headers: { "if-none-match": tag } })).status).toBe(304);
    for (const path of [
      `/api/pictures/${unit.code}/${K}`,
      `/api/pictures/${unit.code}/-1`,
      `/api/pictures/${unit.code}/0/../../../etc/passwd`,
      "/api/pictures/..%2f..%2f..%2fetc%2fpasswd/0",
      "/api/pictures/%00/0",
      "/../package.json",
      "/assets/..%2f..%2fpackage.json",
    ]) {
      const { status, text } = await ask(port, path);
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toContain('"name"');
    }
  });

  test("other sites, other names and nonsense are refused with a line and no stack", async () => {
    const json = { "content-type": "application/json" };
    const join = { method: "POST", body: JSON.stringify({ nickname: "x" }) };
    const before = study.database.get("SELECT count(*) AS n FROM annotators");
    const cases: [string, Parameters<typeof ask>[2], number][] = [
      ["/api/session", { headers: { host: "evil.example" } }, 421],
      ["/api/join", { ...join, headers: { ...json, origin: "http://evil.example" } }, 403],
      ["/api/join", { ...join, headers: { ...json, "sec-fetch-site": "cross-site" } }, 403],
      ["/api/join", { ...join, headers: { "content-type": "text/plain" } }, 415],
      ["/api/join", { ...join, headers: json, body: "{" }, 400],
      ["/api/join", { ...join, headers: json, body: "[]" }, 400],
      ["/api/join", { ...join, headers: json, body: '{"nickname": {"$ne": 1}}' }, 400],
      ["/api/join", { ...join, headers: json, body: JSON.stringify({ nickname: "x".repeat(1000) }) }, 400],
      ["/api/join", { ...join, headers: json, body: JSON.stringify({ nickname: "x".repeat(100_000) }) }, 413],
      ["/api/join", { ...join, headers: json, body: Array.from({ length: 50 }, () => Buffer.alloc(1000, 32)) }, 413],
      ["/api/next", { method: "POST" }, 401],
      ["/api/assignments/x", { ...join, headers: json, body: '{"text":"a"}' }, 401],
      ["/api/review", { ...join, headers: json, body: '{"ids":[],"accept":true}' }, 400],
      ["/api/review", { ...join, headers: json, body: '{"ids":[99999],"accept":true}' }, 400],
      ["/api/review?limit=1e9", {}, 400],
      ["/api/annotators/none", { ...join, headers: json, body: '{"barred":true}' }, 404],
      ["/api/nothing", {}, 404],
    ];
    for (const [path, asked, status] of cases) {
      const answer = await ask(port, path, asked);
      expect([path, asked?.body, answer.status]).toEqual([path, asked?.body, status]);
      expect((answer.json() as { error: string }).error).toMatch(/^[^\n]{5,200}$/);
      expect(answer.text).not.toMatch(/\bat .*\.[jt]s:/);
    }
    expect(await send(port, "GET / HTTP/9\r\n\r\n")).toMatch(/ 400 /);
    expect(study.database.get("SELECT count(*) AS n FROM annotators")).toEqual(before);
  });

  test("what people type stays text", async () => {
    const other = newStudy(2, { title: HOSTILE });
    const there = await serving(other);
    const ann = await new Client(there).join("<script>alert(1)</script>");
    await ann.describeAll(() => HOSTILE);
    const answer = await ask(there, "/api/review");
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.headers["content-security-policy"]).toContain("default-src 'self'");
    const { units } = answer.json() as { units: { answers: { text: string; nickname: string; flags: string[] }[] }[] };
    expect(units[0].answers[0].nickname).toBe("<script>alert(1)</script>");
    expect(units[0].answers[0].text).toContain("<img src=x");
    const csv = await ask(there, "/api/annotations.csv?details=1");
    expect(csv.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(csv.headers["content-disposition"]).toMatch(/^attachment/);
  });

  test("who is sent away is given nothing more, and their unit is freed", async () => {
    const other = newStudy(1, { annotators: 1 });
    const there = await serving(other);
    const [ann, bob] = [await new Client(there).join("Ann"), await new Client(there).join("Bob")];
    const { assignment } = (await ann.ask("/api/next", {})).json() as { assignment: { code: string } };
    const { people } = (await ask(there, "/api/progress")).json() as { people: { code: string }[] };
    expect((await bob.ask(`/api/annotators/${people[0].code}`, { barred: true })).status).toBe(200);
    expect((await ann.ask(`/api/assignments/${assignment.code}`, { text: "mine" })).status).toBe(403);
    expect((await ann.ask("/api/session")).json()).toMatchObject({ phase: "barred" });
    expect((await bob.ask("/api/next", {})).json()).toMatchObject({ assignment: { code: expect.any(String) } });
  });
});

describe("from elsewhere", () => {
  test("a token is needed, and annotators' opens nothing of the reviewers'", async () => {
    const study = newStudy(6, { qualification: QUESTIONS });
    const port = await serving(study, TOKENS, "0.0.0.0");
    for (const path of ["/", "/api/session", "/api/progress", `/api/pictures/${study.units()[0].code}/0`]) {
      expect((await ask(port, path)).status).toBe(401);
    }
    expect((await ask(port, "/api/session?token=wrong")).status).toBe(401);
    const [ann, rex] = [new Client(port), new Client(port)];
    expect((await ann.ask(`/?token=${TOKENS.annotator}`)).headers.location).toBe("/");
    await rex.ask(`/?token=${TOKENS.reviewer}`);
    expect((await ann.ask("/api/session")).json()).toMatchObject({
      role: "annotator",
      phase: "join",
      unchecked: false,
    });
    expect((await rex.ask("/api/session")).json()).toMatchObject({ role: "reviewer" });
    await ann.join("Ann");
    const { people } = (await rex.ask("/api/progress")).json() as { people: { code: string }[] };
    const closed = ["/api/progress", "/api/review", "/api/annotations.csv"];
    for (const path of closed) expect((await ann.ask(path)).status).toBe(403);
    expect((await ann.ask("/api/review", { ids: [1], accept: true })).status).toBe(403);
    expect((await ann.ask(`/api/annotators/${people[0].code}`, { barred: false })).status).toBe(403);
    // unqualified, nothing is given; the key is not told
    expect((await ann.ask("/api/next", {})).status).toBe(403);
    const questions = (await ann.ask("/api/qualification")).json() as { unit: string; choices: string[] }[];
    expect(JSON.stringify(questions)).not.toMatch(/best|conv1/);
    expect((await ann.ask(`/api/pictures/${questions[0].unit}/1`)).headers["content-type"]).toBe("image/webp");
    const answers = [questions[0].choices.indexOf("round things"), questions[1].choices.indexOf("sky")];
    expect((await ann.ask("/api/qualification", { answers })).json()).toMatchObject({ passed: true });
    const { assignment } = (await ann.ask("/api/next", {})).json() as { assignment: { code: string } };
    // another's assignment is nobody else's
    const bob = new Client(port, ann.cookie.replace(/milan-annotator[^;]*;?/, ""));
    await bob.join("Bob");
    await bob.ask("/api/qualification", { answers: [0, 0] });
    expect((await bob.ask(`/api/assignments/${assignment.code}`, { text: "theirs" })).status).toBe(403);
    expect((await ann.ask(`/api/assignments/${assignment.code}`, { text: "round things" })).status).toBe(200);
  });
});
