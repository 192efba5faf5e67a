/**
 * Dissections on a queue, with real workers and a real Redis: whatever dies, stands still or forgets in between, the run has the bytes of a dissection in
 * one piece.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dissectOnQueue, type QueueOptions } from "../../src/cluster/dissect-on-queue.js";
import { folderStore } from "../../src/cluster/folder-store.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { contents } from "./contents.js";
import { describeRedis, RedisServer } from "./redis-server.js";
import { type Spawned, spawned } from "./spawned.js";

const folder = mkdtempSync(join(tmpdir(), "milan-queue-"));
const at = (name: string) => join(folder, name);
// processes take long to start on a busy machine
vi.setConfig({ testTimeout: 300_000 });
const settings = { k: 5, layers: ["colours", "summary"], batchSize: 4 };

describeRedis("a dissection on a queue", () => {
  let redis: RedisServer;
  let whole: Record<string, string>;

  beforeAll(async () => {
    mkdirSync(at("shared/runs"), { recursive: true });
    await writeModel(handMadeNetwork(64), at("shared/net.onnx"));
    await writeShapes(at("shared/pictures"), shapeScenes(48, 5), 64);
    symlinkSync(at("shared"), at("elsewhere"));
    redis = await RedisServer.start();
    const probe = imageFolder(at("shared/pictures"), { mean: [0.5], std: [0.5] });
    await (await dissect(await openModel(at("shared/net.onnx")), probe, { ...settings, out: at("whole") })).close();
    whole = contents(at("whole"));
  });
  afterAll(async () => {
    await redis.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const coordinate = async (out: string, more: Partial<QueueOptions> = {}) => {
    const probe = imageFolder(at("shared/pictures"), { mean: [0.5], std: [0.5] });
    const where = { out: at(`shared/runs/${out}`), queue: redis.url, store: folderStore(at("shared")) };
    const options = { ...settings, ...where, parts: 4, everyMs: 50, ...more };
    await (await dissectOnQueue(await openModel(at("shared/net.onnx")), probe, options)).close();
  };
  const worker = (name: string, ...more: string[]): Spawned =>
    spawned([
      "worker",
      redis.url,
      "--root",
      at("shared"),
      "--work",
      at("work"),
      "--lease",
      "1",
      "--name",
      name,
      ...more,
    ]);
  const expectWhole = (out: string) => expect(contents(at(`shared/runs/${out}`))).toEqual(whole);

  /** Ends a worker, and gives what it said. */
  const ended = async (one: Spawned): Promise<string> => {
    one.kill("SIGTERM");
    const { code, text } = await one.ended;
    expect(code, text).toBe(0);
    return text;
  };

  test("by workers that have the folder at different places", async () => {
    const first = worker("a");
    const second = spawned(["worker", "--root", at("elsewhere"), "--work", at("work"), "--once"], {
      MILAN_QUEUE: redis.url,
    });
    await Promise.all([first, second].map((each) => each.said(/waiting for parts/)));
    await coordinate("together");
    expectWhole("together");
    expect(await ended(first)).toMatch(/3 parts done\n$/);
    const once = await second.ended;
    expect(once.code).toBe(0);
    expect(once.text).toMatch(/part \d of 4: images \d+ to \d+\n.*: 12 images in .*\n1 part done\n$/);
    // once finished, there is nothing to do, and no worker is needed
    await coordinate("together");
    expectWhole("together");
  });

  test("with a worker that is killed, one that stands still, and one that is asked to end", async () => {
    const [killed, still, asked] = ["killed", "still", "asked"].map((name) => worker(name));
    const run = coordinate("faults");
    const begun = /part \d of 4/;
    // each is at its first part, whose network its process has yet to open
    await Promise.all([
      killed.said(begun).then(() => killed.kill("SIGKILL")),
      still.said(begun).then(() => still.kill("SIGSTOP")),
      asked.said(begun).then(() => asked.kill("SIGTERM")),
    ]);
    expect(await asked.ended).toMatchObject({ code: 0, text: expect.stringMatching(/given back\n0 parts done\n$/) });
    const last = worker("last");
    await run;
    expectWhole("faults");
    expect(await ended(last)).toMatch(/4 parts done\n$/);
    // it comes back to a run that is finished
    still.kill("SIGCONT");
    await still.said(/nobody waits for it any more|another worker has done it/);
    await ended(still);
    expectWhole("faults");
    expect(readdirSync(at("shared/runs/faults"))).not.toContain("parts");
  });

  test("with a Redis that forgets everything, and a coordinator that is killed", async () => {
    const options = ["--mean", "0.5", "--std", "0.5", "--k", "5", "--layers", "colours,summary", "--batch", "4"];
    const queue = ["--queue", redis.url, "--root", at("shared"), "--parts", "4"];
    const out = at("shared/runs/forgotten");
    const what = [at("shared/net.onnx"), "--images", at("shared/pictures"), "--out", out];
    const first = spawned(["dissect", ...what, ...options, ...queue]);
    const once = worker("once", "--once");
    await once.said(/images in/);
    await redis.kill();
    await redis.start();
    // that another part is there to be done means that the coordinator queued it again
    const again = worker("again", "--once");
    await again.said(/images in/);
    await first.said(/is gone; going on when it is back[\s\S]*is back/);
    first.kill("SIGKILL");
    await first.ended;
    expect(readdirSync(join(out, "parts")).filter((name) => name.startsWith("sweep-"))).toHaveLength(2);
    const run = coordinate("forgotten");
    const last = worker("last");
    await run;
    expectWhole("forgotten");
    expect(await ended(last)).toMatch(/2 parts done\n$/);
  });
});
