/** What a queue, a shared folder and an object store give to whoever works on a dissection: tasks, orders, lists and objects. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sha256 } from "../../../src/base/hash.js";
import type { Random } from "../../../src/base/random.js";
import { VERSION } from "../../../src/base/version.js";
import { folderStore } from "../../../src/cluster/folder-store.js";
import { s3Store } from "../../../src/cluster/s3-store.js";
import { orderSchema, parseTask, partOf, type Task, textOf } from "../../../src/cluster/task.js";
import { chance, NUMBERS, pick, spoil, texts } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import { Broken, type Target } from "../target.js";

const TASK: Task = {
  format: 1,
  milan: VERSION,
  ...{ model: "nets/net.onnx", probe: "photographs", kind: "images", picture: [64, 64] },
  preprocessing: {
    ...{ width: 64, height: 64, fit: "crop", range: [0, 1], mean: [0.5], std: [0.5], channels: "rgb", layout: "nchw" },
  },
  ...{ size: 48, layers: ["conv1"], units: { conv1: [0, 3] }, k: 15, quantile: 0.99, seed: 0, batchSize: 4, parts: 6 },
  identity: { modelSha256: "0".repeat(64), probeSize: 48 },
};

export const tasks: Target = {
  async prepare(box) {
    const root = join(box, "root");
    mkdirSync(join(root, "photographs"), { recursive: true });
    mkdirSync(join(root, "nets"));
    writeFileSync(join(root, TASK.model), "");
    const store = folderStore(root);
    const order = { milan: VERSION, folder: "run/parts", sum: sha256(textOf(TASK)), part: 2 };
    return {
      async once(random) {
        const text = (
          chance(random, 0.7) ? spoilJson(random, TASK) : spoil(random, Buffer.from(textOf(TASK)))
        ).toString();
        let data: unknown = order;
        try {
          if (chance(random, 0.6)) data = JSON.parse(spoilJson(random, order).toString());
        } catch {} // what the queue cannot parse never comes here
        const asked = orderSchema.safeParse(data);
        const task = parseTask(text, "task.json");
        const { from, to, result } = partOf(task, asked.success ? asked.data.part : 1);
        if (!(from < to && to <= task.size && /^sweep-\d+-\d+\.safetensors$/.test(result)))
          throw new Broken(`part of ${from} to ${to} called ${result}`);
        textOf(task);
        if (asked.success) await store.results(asked.data.folder).names();
        await store.open(task.probe, "opening");
        await store.open(task.model, "opening");
      },
    };
  },
};

const listing = (objects: readonly { key: string; size: string; tag: string }[], token = "") =>
  `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>${token}${objects
    .map(({ key, size, tag }) => `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"${tag}"</ETag></Contents>`)
    .join("")}</ListBucketResult>`;

const escaped = (text: string) => text.replace(/[<&]/g, (letter) => `&#${letter.codePointAt(0)};`);

/** Lists of objects with any names and sizes, objects of other lengths, refusals, and what is no XML. */
export const objects: Target = {
  async prepare(box) {
    let answer: (url: string) => { status: number; body: Buffer } = () => ({ status: 404, body: Buffer.alloc(0) });
    const server = createServer((request, response) => {
      const { status, body } = answer(request.url ?? "");
      response.writeHead(status).end(body);
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_MAX_ATTEMPTS: "1",
    });
    const cache = join(box, "cache");
    const store = await s3Store("s3://data/root", cache);
    const object = (random: Random) => ({
      key: chance(random, 0.5)
        ? `root/pictures/${random.integer(9)}.png`
        : escaped(`root/pictures/${named(random, box)}`),
      size: chance(random, 0.6) ? "5" : String(pick(random, NUMBERS)),
      tag: String(random.integer(3)),
    });
    return {
      async once(random) {
        const all = Array.from({ length: random.integer(4) }, () => object(random));
        const token = chance(random, 0.1) ? "<NextContinuationToken>again</NextContinuationToken>" : "";
        const xml = Buffer.from(listing(all, token));
        const list = { status: 200, body: chance(random, 0.3) ? spoil(random, xml) : xml };
        const body = chance(random, 0.7) ? Buffer.from("bytes") : pick(random, [Buffer.alloc(0), Buffer.alloc(70_000)]);
        const status = chance(random, 0.85) ? 200 : pick(random, [204, 301, 403, 404, 500, 503]);
        answer = (url) => (url.includes("list-type") ? { ...list, status } : { status: 200, body });
        try {
          await store.open("pictures", "opening");
        } finally {
          rmSync(cache, { recursive: true, force: true });
        }
      },
      close: () => new Promise((done) => server.close(() => done())),
    };
  },
};

const named = (random: Random, box: string) => pick(random, texts(box)).slice(0, 2000);
