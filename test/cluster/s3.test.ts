/** Dissections on a queue with model, images and results in an object store: a real server that speaks S3, and what it says when something is wrong. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import S3rver from "s3rver";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dissectOnQueue } from "../../src/cluster/dissect-on-queue.js";
import { openStore } from "../../src/cluster/open-store.js";
import type { Store } from "../../src/cluster/store.js";
import { shapeScenes, writeShapes } from "../../src/data/world/shapes.js";
import { writeModel } from "../../src/engine/onnx/model.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { handMadeNetwork } from "../../src/zoo/hand-made.js";
import { contents } from "./contents.js";
import { describeRedis, RedisServer } from "./redis-server.js";
import { spawned } from "./spawned.js";

vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), "milan-s3-"));
const at = (name: string) => join(folder, name);
const server = new S3rver({
  ...{ port: 0, address: "127.0.0.1", silent: true, directory: at("bucket") },
  configureBuckets: [{ name: "data", configs: [] }],
});
let client: S3Client;
let store: Store;

beforeAll(async () => {
  const { port } = (await server.run()) as unknown as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "S3RVER");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "S3RVER");
  vi.stubEnv("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
  client = new S3Client({ region: "us-east-1", forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
  await writeModel(handMadeNetwork(64), at("net.onnx"));
  await writeShapes(at("pictures"), shapeScenes(24, 5), 64);
  await upload("root/net.onnx", readFileSync(at("net.onnx")));
  for (const name of readdirSync(at("pictures")))
    await upload(`root/pictures/${name}`, readFileSync(join(at("pictures"), name)));
  store = await openStore("s3://data/root/", at("fetched"));
});
afterAll(async () => {
  client.destroy();
  await server.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const upload = (Key: string, Body: Uint8Array) => client.send(new PutObjectCommand({ Bucket: "data", Key, Body }));

test("what is fetched is what is there now", async () => {
  const place = await store.open("pictures", "opening");
  expect(contents(place)).toEqual(contents(at("pictures")));
  expect(await store.pathOf(place, "queueing")).toBe("pictures");
  expect(await store.pathOf("s3://data/root/pictures", "queueing")).toBe("pictures");
  // a file that is no longer in the store, and one that is another there
  writeFileSync(join(place, "other.png"), "");
  await upload("root/net.onnx.data", Buffer.from("first"));
  const model = await store.open("net.onnx", "opening");
  await upload("root/net.onnx.data", Buffer.from("second"));
  await store.open("net.onnx", "opening");
  await store.open("pictures", "opening");
  expect(readFileSync(`${model}.data`, "utf8")).toBe("second");
  expect(contents(place)).toEqual(contents(at("pictures")));
});

test("results are there until the run is over, and none comes after it", async () => {
  const results = store.results("some.parts");
  expect(await results.task()).toBeUndefined();
  expect(await results.put(at("net.onnx"), "sweep-0-4.safetensors")).toBe(false);
  await results.begin("{}");
  expect(await results.put(at("net.onnx"), "sweep-0-4.safetensors")).toBe(true);
  expect([...(await results.names())].sort()).toEqual(["sweep-0-4.safetensors", "task.json"]);
  expect(readdirSync(await results.gather(at("gathered")))).toEqual(["sweep-0-4.safetensors"]);
  await results.remove();
  expect([...(await results.names())]).toEqual([]);
});

test("places that are none, and what is not there", async () => {
  for (const address of ["s3://", "s3:data", "s3://UPPER/x", "s3://data/../x", "s3://data//x"])
    await expect(openStore(address, at("fetched"))).rejects.toThrow(
      /no place in an object store; expected s3:\/\/bucket/,
    );
  await expect(store.open("nothing", "opening")).rejects.toThrow(/opening s3:\/\/data\/root\/nothing: no such object/);
  await expect(store.pathOf("/etc", "queueing")).rejects.toThrow(/it is not below s3:\/\/data\/root/);
  const other = await openStore("s3://no-such-bucket", at("fetched"));
  await expect(other.open("net.onnx", "opening")).rejects.toThrow(/no-such-bucket\/net.onnx: there is no such bucket/);
  const { AWS_ENDPOINT_URL } = process.env;
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  const away = await openStore("s3://data/root", at("fetched"));
  await expect(away.open("net.onnx", "opening")).rejects.toThrow(/nothing listens there; check AWS_ENDPOINT_URL/);
  vi.stubEnv("AWS_ENDPOINT_URL", AWS_ENDPOINT_URL);
});

describeRedis("on a queue", () => {
  test("the run has the bytes of one in one piece", async () => {
    const redis = await RedisServer.start();
    try {
      const settings = { k: 5, layers: ["colours", "summary"], batchSize: 4 };
      const model = await openModel(await store.open("net.onnx", "opening"));
      const probe = imageFolder(await store.open("pictures", "opening"), { mean: [0.5], std: [0.5] });
      await (await dissect(model, probe, { ...settings, out: at("whole") })).close();
      const worker = spawned(["worker", redis.url, "--root", "s3://data/root", "--work", at("work")]);
      const where = { out: at("run"), queue: redis.url, store, parts: 3, everyMs: 100 };
      await (await dissectOnQueue(model, probe, { ...settings, ...where })).close();
      expect(contents(at("run"))).toEqual(contents(at("whole")));
      expect(readdirSync(at("run"))).not.toContain("parts");
      expect([...(await store.results("run.parts").names())]).toEqual([]);
      worker.kill("SIGTERM");
      expect(await worker.ended).toMatchObject({ code: 0, text: expect.stringMatching(/3 parts done\n$/) });
    } finally {
      await redis.remove();
    }
  });
});
