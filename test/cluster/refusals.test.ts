/** What coordinator and workers refuse, and how they say so: wrong addresses, foreign jobs, machines that have not what it takes. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Progress } from "../../src/base/progress.js";
import { VERSION } from "../../src/base/version.js";
import { dissectOnQueue, type QueueOptions } from "../../src/cluster/dissect-on-queue.js";
import { folderStore } from "../../src/cluster/folder-store.js";
import { PREFIX, QUEUE } from "../../src/cluster/queue.js";
import { connect, redisAddress } from "../../src/cluster/redis.js";
import { parseTask } from "../../src/cluster/task.js";
import type { WorkerOptions } from "../../src/cluster/worker.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { BUILT } from "../cli/built.js";
import { expectRefusal, milan } from "../cli/milan.js";
import { contents } from "./contents.js";
import { describeRedis, freePort, RedisServer } from "./redis-server.js";

vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "milan-refusals-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  mkdirSync(at("shared"));
  await writeModel(handMadeNetwork(64), at("shared/net.onnx"));
  await writeShapes(at("shared/pictures"), shapeScenes(16, 5), 64);
});

describe("addresses", () => {
  test.each([
    "nonsense",
    "http://host:6379",
    "redis://",
    "redis:///0",
    "redis://host/a",
    "redis://host?x=1",
    "redis://:p%zz@host",
    "redis://host:99999",
    "",
  ])("%j is none of Redis, and is not repeated", (text) => {
    expect(() => redisAddress(text)).toThrow(
      /^reading the address of the queue: it is not one of Redis; expected redis:/,
    );
  });

  test("are shown without user and password", () => {
    const { shown, options } = redisAddress("rediss://me:s%2Fecret@[::1]:7000/3");
    expect(shown).toBe("rediss://[::1]:7000/3");
    expect(options).toEqual({ host: "::1", port: 7000, db: 3, username: "me", password: "s/ecret", tls: {} });
    expect(redisAddress("redis://host").shown).toBe("redis://host:6379");
  });

  test("at which there is no Redis", async () => {
    const options = { patient: false, onChange() {} };
    const port = await freePort();
    await expect(connect(redisAddress(`redis://:secret@127.0.0.1:${port}`), options)).rejects.toThrow(
      new RegExp(
        `^connecting to redis://127.0.0.1:${port}: nothing listens there; start redis-server, or check host and port$`,
      ),
    );
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port: taken } = other.address() as { port: number };
    await expect(connect(redisAddress(`redis://127.0.0.1:${taken}`), options)).rejects.toThrow(
      /^connecting to .*; check /,
    );
    other.close();
  });
});

test("options that do not go together, and a run that is out of reach", async () => {
  const dissect = (...more: string[]) =>
    milan("dissect", at("shared/net.onnx"), "--images", at("shared/pictures"), "--out", at("out"), ...more);
  const refused = async (message: RegExp, ...more: string[]) =>
    expectRefusal(await dissect(...more), message, at("out"));
  await refused(/--root and --parts are for workers; expected --queue/, "--parts", "3");
  await refused(/--queue without --root/, "--queue", "redis://127.0.0.1:1");
  await refused(/got both --shard and --queue/, "--queue", "redis://127.0.0.1:1", "--shard", "1/2");
  await refused(/--queue without an address; .* MILAN_QUEUE/, "--root", at("shared"), "--queue");
  await refused(/out: it is not below .*shared; .*--root/, "--queue", "redis://127.0.0.1:1", "--root", at("shared"));
  const queue = ["--queue", "redis://:secret@127.0.0.1:1", "--root", folder];
  await refused(/connecting to redis:\/\/127.0.0.1:1: nothing listens there/, ...queue);
  await refused(/dissecting in 9 shards: there are 16 images, 2 batches of 8/, ...queue, "--parts", "9");
  expectRefusal(await milan("worker", "--root", folder), /no queue; expected its address/);
  expectRefusal(await milan("worker", "redis://127.0.0.1:1", "--root", folder, "--name", "a b"), /--name is none/);
  expectRefusal(await milan("worker", "redis://127.0.0.1:1", "--root", folder), /nothing listens there/);
});

describe("tasks", () => {
  test("that are none", () => {
    expect(() => parseTask("{", "task.json")).toThrow(/task.json: it is damaged/);
    expect(() => parseTask("{}", "task.json", "0".repeat(64))).toThrow(/another task than the one queued/);
    expect(() => parseTask('{"format": 2}', "task.json")).toThrow(
      /format is not as expected .*; use the version of Milan/,
    );
  });

  test("with paths that lead elsewhere", async () => {
    symlinkSync(folder, at("shared/link"));
    const store = folderStore(at("shared"));
    await expect(store.open("link/shared/net.onnx", "opening")).resolves.toMatch(/net.onnx$/);
    await expect(store.open("link", "opening")).rejects.toThrow(/a link leads out of/);
    await expect(store.open("nowhere", "opening")).rejects.toThrow(/nowhere: no such file/);
    await expect(store.pathOf(at("elsewhere"), "queueing")).rejects.toThrow(/not below/);
    await expect(store.pathOf(at("shared/link/elsewhere"), "queueing")).rejects.toThrow(/not below/);
    rmSync(at("shared/link"));
  });
});

describeRedis("on a queue", () => {
  let redis: RedisServer;
  let asking: Redis;
  let queue: Queue;
  // as built: it starts a process of what is built
  let work: typeof import("../../src/cluster/worker.js").work;

  beforeAll(async () => {
    ({ work } = await import(join(BUILT, "cluster/worker.js")));
    redis = await RedisServer.start("--requirepass", "secret");
    asking = new Redis(address(), { maxRetriesPerRequest: null });
    queue = new Queue(QUEUE, { connection: asking, prefix: PREFIX });
  });
  afterAll(async () => {
    await queue.close();
    asking.disconnect();
    await redis.remove();
  });
  const address = (password = "secret") => redis.url.replace("//", `//:${password}@`);

  /** A worker in this process. */
  function worker(root: string, more: Partial<WorkerOptions> = {}) {
    const said: string[] = [];
    const end = new AbortController();
    const where = { store: folderStore(at(root)), work: at("work"), leaseMs: 900 };
    const ended = work(address(), { ...where, say: (line) => said.push(line), signal: end.signal, ...more });
    const stop = () => {
      end.abort();
      return ended;
    };
    return { said, ended, stop };
  }

  async function coordinate(out: string, more: Partial<QueueOptions> = {}) {
    const said: string[] = [];
    const progress: Progress = { begin() {}, update() {}, end() {}, warn: (line) => said.push(line) };
    const probe = imageFolder(at("shared/pictures"), { mean: [0.5], std: [0.5] });
    const where = { out: at(`shared/${out}`), queue: address(), store: folderStore(at("shared")) };
    const options = { k: 3, batchSize: 4, parts: 2, everyMs: 50, graceMs: 500, ...where, progress, ...more };
    const run = openModel(at("shared/net.onnx"))
      .then((model) => dissectOnQueue(model, probe, options))
      .then((made) => made.close());
    return { said, run };
  }

  test("a password that is wrong, or missing", async () => {
    const options = { patient: true, onChange() {} };
    await expect(connect(redisAddress(address("guessed")), options)).rejects.toThrow(
      /: the user or the password is wrong/,
    );
    await expect(connect(redisAddress(redis.url), options)).rejects.toThrow(
      /: it wants a password; expected one in the/,
    );
    await expect(connect(redisAddress(`${address()}/99`), options)).rejects.toThrow(/: it has no such database/);
  });

  test("jobs that are none, and those of another version, leave the worker as it is", async () => {
    const sum = "0".repeat(64);
    const good = { milan: VERSION, folder: "run/parts", sum, part: 1 };
    const bad = [
      null,
      { ...good, milan: "9.9.9" },
      { ...good, folder: "../out" },
      { ...good, folder: "/etc" },
      { ...good, part: -1 },
      { ...good, more: 1 },
      { ...good, sum: "x" },
      { ...good, milan: "\u001b[2J" },
    ];
    for (const data of bad) await queue.add("part", data, { attempts: 3 });
    await queue.add("part", good);
    const before = contents(at("shared"));
    const one = worker("shared", { idleExitMs: 300, name: "w" });
    expect(await one.ended).toEqual({ done: 0, last: "dropped" });
    expect(one.said.filter((line) => /^refusing a part: it is no order of Milan/.test(line))).toHaveLength(
      bad.length - 1,
    );
    expect(one.said.join("\n")).toMatch(`queued by Milan 9.9.9, this is ${VERSION}; expected the same version`);
    // nobody waits for the one that could be right
    expect(one.said.at(-1)).toMatch(
      /run\/parts, part 1: refused: .*is not there; check what --root is .*; nobody waits/,
    );
    expect((await queue.getFailed()).map(({ failedReason }) => failedReason.split(":")[0])).toEqual(bad.map(() => "w"));
    expect(contents(at("shared"))).toEqual(before);
    await queue.obliterate({ force: true });
  });

  test("workers that see no images, or others, are named, and another does it all", async () => {
    mkdirSync(at("empty"));
    cpSync(at("shared"), at("changed"), { recursive: true });
    writeFileSync(at("changed/pictures/0001.png"), "changed");
    const { run, said } = await coordinate("run");
    await expect.poll(() => existsSync(at("shared/run/parts/task.json")), { timeout: 60_000 }).toBe(true);
    cpSync(at("shared/run"), at("changed/run"), { recursive: true });
    const refusing = [worker("empty", { name: "blind" }), worker("changed", { name: "other" })];
    const warned = expect.poll(() => said.join("\n"), { timeout: 60_000 });
    await warned.toMatch(
      /worker blind refuses: reading .*empty\/run\/parts\/task.json: it is not there; check what --root is/,
    );
    await warned.toMatch(
      /worker other refuses: sweeping .*changed\/net.onnx over .*pictures: it was made with another probe set/,
    );
    await expect(run).rejects.toThrow(/^sweeping with 2 workers: all refuse; .*blind: reading/);
    expect(readdirSync(at("shared/run")).sort()).toEqual(["parts", "run.json"]);

    const again = await coordinate("run", { graceMs: 60_000 });
    const able = worker("shared", { name: "able" });
    await again.run;
    await able.stop();
    for (const one of refusing) expect(await one.stop()).toMatchObject({ done: 0 });
    expect(existsSync(at("shared/run/parts"))).toBe(false);
    expect(existsSync(at("changed/run/layers"))).toBe(false);
  });

  test("the same run cut otherwise, or begun without a queue", async () => {
    const stop = new AbortController();
    const first = await coordinate("cut", { signal: stop.signal });
    await expect.poll(() => existsSync(at("shared/cut/parts/task.json")), { timeout: 60_000 }).toBe(true);
    const beside = await coordinate("cut");
    await expect(beside.run).rejects.toThrow(
      /process \d+ is dissecting into .*cut, with workers of redis:\/\/127.0.0.1:\d+;/,
    );
    await expect.poll(() => queue.getWaitingCount()).toBe(2);
    stop.abort();
    await expect(first.run).rejects.toThrow(/stopped, 0 of 2 parts are done; run the same command again/);
    expect(await queue.getWaitingCount()).toBe(0); // withdrawn
    await expect((await coordinate("cut", { parts: 3 })).run).rejects.toThrow(
      /begun with --parts 2; expected the same/,
    );
    await expect((await coordinate("cut", { batchSize: 8 })).run).rejects.toThrow(/begun with --batch 4; expected/);
    writeFileSync(at("shared/cut/sweep.safetensors"), "");
    await expect((await coordinate("cut")).run).rejects.toThrow(/what a dissection without a queue left/);
  });

  test("a part that fails every time is given up", async () => {
    const { run, said } = await coordinate("failing", { layers: ["colours"], graceMs: 60_000 });
    await expect.poll(() => queue.getWaitingCount(), { timeout: 60_000 }).toBe(2);
    // a folder in the way of the state: what a worker cannot mend, and does not refuse
    const one = worker("shared", { name: "one", leaseMs: 300, work: at("failing") });
    const obstruct = setInterval(() => {
      for (const slot of existsSync(at("failing")) ? readdirSync(at("failing")) : []) {
        for (const task of readdirSync(at(`failing/${slot}`)).filter((name) => /^[0-9a-f]{16}$/.test(name)))
          mkdirSync(at(`failing/${slot}/${task}/sweep-0-8.safetensors`), { recursive: true });
      }
    }, 5);
    try {
      await expect(run).rejects.toThrow(/sweeping part 1 of 2: failed 3 times, at last on one: .*; mend that, and run/);
    } finally {
      clearInterval(obstruct);
    }
    expect(said.join("\n")).toMatch(/worker one failed at part 1: /);
    await one.stop();
  });
});
