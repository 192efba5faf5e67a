/** Locks, study files, and what a server sends that things are pulled from. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { withLock } from "../../../src/base/lock.js";
import type { Random } from "../../../src/base/random.js";
import { download } from "../../../src/pull/download.js";
import { pull } from "../../../src/pull/pull.js";
import { join as joinStudy } from "../../../src/studio/annotators.js";
import { next, submit } from "../../../src/studio/assignment.js";
import { exportTable } from "../../../src/studio/export.js";
import { importResults } from "../../../src/studio/mturk-import.js";
import { Study } from "../../../src/studio/study.js";
import { forgedStore } from "../../explorer/forged.js";
import { badServer } from "../../pull/server.js";
import { chance, NUMBERS, pick, spoil } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import { rowsOf, spoilTable } from "../mutate-table.js";
import { Broken, type Target } from "../target.js";

export const locks: Target = {
  prepare: async (box) => ({
    async once(random) {
      const path = join(box, ".milan-lock.json");
      const holder = { pid: 2 ** 22 + 5, host: hostname(), began: "1", purpose: "dissecting" };
      writeFileSync(
        path,
        chance(random, 0.8) ? spoilJson(random, holder) : spoil(random, Buffer.from(JSON.stringify(holder))),
      );
      try {
        await withLock(box, "testing", async () => {});
      } finally {
        rmSync(path, { force: true, recursive: true });
      }
    },
  }),
};

export const studies: Target = {
  async prepare(box) {
    const path = join(box, "study.sqlite");
    const store = forgedStore({ conv1: 4 });
    const settings = {
      title: "A study",
      annotators: 3,
      seed: 1,
      leaseMinutes: 30,
      leastSeconds: 0,
      outside: 0.25,
      qualification: null,
    };
    const study = Study.begin(path, "making", store, settings);
    const [person] = joinStudy(study.database, "Ann", 0, true);
    const { assignment } = next(study, person, 0);
    submit(study, person, assignment!.code, { text: "red things" }, 9);
    const { id } = study;
    study.close();
    const sample = readFileSync(path);
    const results = `AssignmentId,WorkerId,AssignmentStatus,WorkTimeInSeconds,Input.study,Input.layer,Input.unit,Answer.summary\na1,w1,Submitted,20,${id},conv1,1,blue things\na2,w2,Approved,3,${id},conv1,2,dogs\n`;
    const table = join(box, "results.csv");
    const clean = () => {
      for (const end of ["", "-wal", "-shm", ".holder", "-journal", ".lock"])
        rmSync(path + end, { force: true, recursive: true });
    };
    return {
      async once(random) {
        clean();
        const isFile = chance(random, 0.7);
        writeFileSync(path, isFile ? spoil(random, sample) : sample);
        if (isFile && chance(random, 0.2)) writeFileSync(`${path}-wal`, spoil(random, sample).subarray(0, 3000));
        writeFileSync(table, isFile ? results : spoilTable(random, rowsOf(results)));
        const opened = Study.open(path, "attacked", chance(random, 0.5) ? store : undefined);
        try {
          opened.units();
          opened.qualificationUnits();
          opened.tokens();
          void [opened.choice, opened.salt];
          exportTable(opened);
          await importResults(opened, table, 1000);
        } finally {
          opened.close();
          clean();
        }
      },
    };
  },
};

/** Headers of an answer, some of which lie. */
function headersFor(random: Random, bytes: Buffer, base: string): Record<string, string> {
  const number = () => String(pick(random, NUMBERS));
  return {
    ...(chance(random, 0.7) && { "content-length": chance(random, 0.6) ? String(bytes.length) : number() }),
    ...(chance(random, 0.3) && { etag: pick(random, ['"a"', 'W/"b"', "", "x".repeat(2000), '"\u00e9"']) }),
    ...(chance(random, 0.3) && {
      "content-range": pick(random, [`bytes 0-9/${number()}`, `bytes ${number()}-${number()}/*`, "bytes", ""]),
    }),
    ...(chance(random, 0.2) && { "content-encoding": pick(random, ["gzip", "br", "identity", "zstd", "nonsense"]) }),
    ...(chance(random, 0.3) && {
      location: pick(random, [
        `${base}/b`,
        "/a",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:1",
        "//",
        "http://[",
        "ftp://x/",
        "http://127.0.0.1:1/",
        "\u00e9",
        `${base}/${"r".repeat(9000)}`,
        "http://user:word@127.0.0.1:1/",
      ]),
    }),
  };
}

export const pulls: Target = {
  async prepare(box) {
    const server = await badServer();
    const bytes = Buffer.from("a file of some bytes".repeat(40));
    const listing = [
      { type: "file", path: "model.onnx", size: 800, lfs: { oid: "0".repeat(64), size: 800 } },
      { type: "file", path: "tokenizer.json", size: 800 },
      { type: "directory", path: "onnx", size: 0 },
    ];
    const home = join(box, "home");
    const path = join(box, "file");
    return {
      async once(random) {
        const answer = () => {
          const body = chance(random, 0.7) ? bytes : spoil(random, bytes);
          const [headers, status] = [
            headersFor(random, body, server.url),
            pick(random, [200, 200, 200, 206, 301, 302, 308, 304, 404, 416, 429, 500, 299, 418]),
          ];
          const cut = chance(random, 0.2);
          return [body, headers, status, cut] as const;
        };
        const answers = Array.from({ length: 6 }, answer);
        let asked = 0;
        const serve = (exact?: Buffer) => (_request: unknown, response: import("node:http").ServerResponse) => {
          const [body, headers, status, cut] = answers[asked++ % answers.length];
          response.on("error", () => {});
          try {
            if (exact) response.writeHead(200, { "content-length": exact.length }).end(exact);
            else {
              response.writeHead(status, headers);
              response.write(body, () => (cut ? response.socket?.destroy() : undefined));
              if (!cut) response.end();
            }
          } catch {
            response.socket?.destroy(); // headers that Node does not send
          }
        };
        for (const place of ["/a", "/b"]) server.at.set(place, serve());
        const options = { tries: 2, waitMs: 1, stallMs: 300 };
        try {
          if (chance(random, 0.7)) {
            if (chance(random, 0.2))
              writeFileSync(`${path}.part.json`, spoilJson(random, { url: `${server.url}/a`, version: '"a"' }));
            if (chance(random, 0.2)) writeFileSync(`${path}.part`, bytes.subarray(0, random.integer(900)));
            await download({ what: "a file", url: `${server.url}/a`, path, limit: 5000 }, options);
            if (readFileSync(path).length > 5000) throw new Broken("more was kept than is allowed");
          } else {
            const hub = "/huggingface.co/api/models/owner/model";
            server.at.set(
              `${hub}/revision/main`,
              serve(
                chance(random, 0.7)
                  ? Buffer.from(JSON.stringify({ sha: "a".repeat(40) }))
                  : spoilJson(random, { sha: "a".repeat(40) }),
              ),
            );
            server.at.set(`${hub}/tree/${"a".repeat(40)}?recursive=true`, serve(spoilJson(random, listing, box)));
            for (const name of ["model.onnx", "tokenizer.json"])
              server.at.set(`/huggingface.co/owner/model/resolve/${"a".repeat(40)}/${name}`, serve());
            await pull("hub/owner/model", { folder: home, mirror: server.url, ...options });
          }
        } finally {
          for (const end of ["", ".part", ".part.json"]) rmSync(path + end, { force: true, recursive: true });
          if (existsSync(home)) rmSync(home, { recursive: true, force: true });
          mkdirSync(home, { recursive: true });
        }
      },
      close: () => server.close(),
    };
  },
};
