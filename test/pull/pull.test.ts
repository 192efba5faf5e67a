/** Pulling by name, from a mirror that is a server of our own: files in their places, what is there already, sums that are remembered, archives that are hostile. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { describerAt } from "../../src/builtin/assets.js";
import { registerPull } from "../../src/cli/pull.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { CATALOGUE, find, fullName } from "../../src/pull/catalogue.js";
import { pathOf } from "../../src/pull/home.js";
import { BUILDABLE, networkOf } from "../../src/pull/networks.js";
import { pull } from "../../src/pull/pull.js";
import { unpack } from "../../src/pull/unpack.js";
import { run } from "../command.js";
import { zipOf } from "../data/images/made.js";
import { type BadServer, badServer, file } from "./server.js";

let folder: string;
let server: BadServer;
beforeAll(async () => {
  server = await badServer();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "milan-pull-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => server.close());
const at = (...names: string[]) => join(folder, ...names);
const texts = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
const pulling = (name: string, more = {}) => pull(name, { folder, mirror: server.url, waitMs: 5, tries: 1, ...more });

test("names: alone where there is one, in full where there are two; every network can be built", () => {
  expect(fullName(find("base"))).toBe("describer/base");
  expect(fullName(find("network/alexnet"))).toBe("network/alexnet");
  expect(find("hub/owner/model.v1")).toMatchObject({ kind: "hub", from: "owner/model.v1", name: "owner--model.v1" });
  expect(() => find("alexnet")).toThrow("it is both describer/alexnet and network/alexnet");
  expect(() => find("bse")).toThrow(/nothing is called so; .*nearest is base/);
  for (const name of ["hub/../x", "hub/a/b/c", "../base", "hub/a/.."])
    expect(() => find(name)).toThrow("nothing is called so");
  const networks = CATALOGUE.filter(({ kind }) => kind === "network").map(({ name }) => name);
  expect([...networks].sort()).toEqual([...BUILDABLE].sort());
});

test("a describer: pulled once, then there; another file under the same address is refused", async () => {
  const bytes = randomBytes(5000);
  server.at.set("/milan.csail.mit.edu/models/milan-base.pth", file(bytes));
  const pulled = await pulling("base");
  expect(pulled).toMatchObject({ path: at("describer", "base.pth"), wasThere: false });
  expect(readFileSync(pulled.path).equals(bytes)).toBe(true);
  expect(readdirSync(at("describer"))).toEqual(["base.pth"]);
  server.at.delete("/milan.csail.mit.edu/models/milan-base.pth");
  expect(await pulling("base")).toMatchObject({ wasThere: true });

  // by its name wherever a describer is asked for
  vi.stubEnv("MILAN_HOME", folder);
  expect(describerAt("base")).toBe(pulled.path);
  expect(() => describerAt("gen")).toThrow(/run `milan pull gen`/);
  vi.unstubAllEnvs();

  rmSync(pulled.path);
  server.at.set("/milan.csail.mit.edu/models/milan-base.pth", file(randomBytes(5000)));
  await expect(pulling("base")).rejects.toThrow(/sent another file .* expected SHA-256/);
  expect(existsSync(pulled.path)).toBe(false);
  for (const entry of ["3", `{"bytes":5,"sha256":"${"0".repeat(64)}","date":20240101}`]) {
    writeFileSync(at("sums.json"), `{"x": ${entry}}`);
    await expect(pulling("base")).rejects.toThrow(/sums.json: it is damaged/);
  }
});

test("sums of things that are pulled at the same time are all remembered", async () => {
  const names = ["base", "gen", "cls"];
  for (const name of names) server.at.set(`/milan.csail.mit.edu/models/milan-${name}.pth`, file(randomBytes(100)));
  await Promise.all(names.map((name) => pulling(name)));
  expect(Object.keys(JSON.parse(readFileSync(at("sums.json"), "utf8")))).toHaveLength(3);
});

test("offline, and mirrors that are none", async () => {
  const path = at("describer", "gen.pth");
  await expect(pulling("gen", { offline: true })).rejects.toThrow(
    `pulling describer/gen: offline, and it is not at ${path}; expected a network or the file, fetch https://milan.csail.mit.edu/models/milan-gen.pth elsewhere and put it there`,
  );
  vi.stubEnv("MILAN_OFFLINE", "1");
  await expect(pulling("gen")).rejects.toThrow(/offline/);
  vi.unstubAllEnvs();
  await expect(pulling("gen", { mirror: "nowhere" })).rejects.toThrow(/mirror nowhere: it is no address/);
  expect(existsSync(path)).toBe(false);
});

test("annotations are unpacked", async () => {
  const zip = await zipOf(texts({ "annotations.csv": "layer,unit,summary\n", "conv1/units.npy": "x" }));
  server.at.set("/milan.csail.mit.edu/data/alexnet-places365.zip", file(zip));
  const { path } = await pulling("alexnet-places365");
  expect(path).toBe(at("annotations", "alexnet-places365"));
  expect(readFileSync(join(path, "annotations.csv"), "utf8")).toBe("layer,unit,summary\n");
  expect(readdirSync(at("annotations"))).toEqual(["alexnet-places365"]);
});

test("archives that lead elsewhere, lie or are damaged leave nothing", async () => {
  const refused = async (zip: Uint8Array, message: RegExp, limit = 1000) => {
    writeFileSync(at("bad.zip"), zip);
    await expect(unpack(at("bad.zip"), at("out"), { limit })).rejects.toThrow(message);
    expect(readdirSync(folder).sort()).toEqual(["bad.zip"]);
  };
  // names that no zip writer would write
  const renamed = async (from: string, to: string) =>
    Buffer.from((await zipOf(texts({ [from]: "x" }))).toString("latin1").replaceAll(from, to), "latin1");
  await refused(await renamed("aa/outside.txt", "../outside.txt"), /invalid relative path/);
  await refused(await renamed("aetc/outside.txt", "/etc/outside.txt"), /absolute path/);
  await refused(await renamed("aa/outside.txt", "..\\outside.txt"), /invalid characters|relative path/);
  await refused(await zipOf(texts({ "big.txt": "x".repeat(2000) })), /unpacks to more than 1000 bytes/);
  await refused(await zipOf(texts({ link: "/etc" }), { mode: 0o120777 }), /link is no plain file/);
  await refused(randomBytes(2000), /damaged/);
  const good = await zipOf(texts({ "a.txt": "some text that is there" }));
  const broken = Buffer.from(good);
  broken.writeUInt32LE(0xffff, broken.indexOf("PK\x01\x02", 0, "latin1") + 24); // its length by the directory
  await refused(broken, /more than|damaged/);
});

test("a repository of the hub: the files that are needed, with their sums", async () => {
  const sha = "a".repeat(40);
  const graph = randomBytes(3000);
  const oid = createHash("sha256").update(graph).digest("hex");
  const entries = [
    { type: "directory", path: "onnx", size: 0 },
    { type: "file", path: "onnx/model.onnx", size: 130, lfs: { oid, size: 3000 } },
    { type: "file", path: "onnx/model_quantized.onnx", size: 130, lfs: { oid, size: 3000 } },
    { type: "file", path: "tokenizer.json", size: 2 },
    { type: "file", path: "README.md", size: 9 },
  ];
  const host = "/huggingface.co";
  const json = (value: unknown) => file(Buffer.from(JSON.stringify(value)));
  server.at.set(`${host}/api/models/some/bert/revision/main`, json({ sha }));
  server.at.set(`${host}/api/models/some/bert/tree/${sha}?recursive=true`, json(entries));
  server.at.set(`${host}/some/bert/resolve/${sha}/onnx/model.onnx`, file(randomBytes(3000)));
  server.at.set(`${host}/some/bert/resolve/${sha}/tokenizer.json`, file(Buffer.from("{}")));
  await expect(pulling("hub/some/bert")).rejects.toThrow(`expected SHA-256 ${oid}`);
  expect(existsSync(at("hub", "some--bert"))).toBe(false);
  server.at.set(`${host}/some/bert/resolve/${sha}/onnx/model.onnx`, file(graph));
  const { path } = await pulling("hub/some/bert");
  expect((readdirSync(path, { recursive: true }) as string[]).sort()).toEqual([
    "onnx",
    "onnx/model.onnx",
    "tokenizer.json",
  ]);

  for (const [list, message] of [
    [entries.slice(3), /holds no model.onnx/],
    [entries.slice(0, 3), /holds no tokenizer.json/],
    [[{ type: "file", path: 7 }], /list of files makes no sense/],
  ] as const) {
    server.at.set(`${host}/api/models/other/bert/revision/main`, json({ sha }));
    server.at.set(`${host}/api/models/other/bert/tree/${sha}?recursive=true`, json(list));
    await expect(pulling("hub/other/bert")).rejects.toThrow(message);
  }
});

test("a network is built from its weights; others are refused", async () => {
  const weights = new Map(
    Object.entries({ "conv1.weight": [64, 3, 7, 7] }).map(([name, shape]) => [
      name,
      ndarray("float32", shape, new Float32Array(64 * 3 * 49)),
    ]),
  );
  expect(() => networkOf("resnet18", weights)).toThrow(/101 missing .*bn1.weight/);
  server.at.set("/download.pytorch.org/models/resnet18-f37072fd.pth", file(randomBytes(100)));
  await expect(pulling("resnet18")).rejects.toThrow(/expected SHA-256 f37072fd\.\.\./);
  expect(existsSync(pathOf(find("resnet18"), folder))).toBe(false);
});

test("as typed", async () => {
  vi.stubEnv("MILAN_MIRROR", server.url);
  server.at.set("/milan.csail.mit.edu/models/milan-cls.pth", file(Buffer.from("weights")));
  const said = await run(registerPull, ["pull", "cls", "--to", folder]);
  const path = at("describer", "cls.pth");
  expect(said).toBe(`${path}\nnext: milan describe RUN --describer ${path}\n`);
  expect(JSON.parse(await run(registerPull, ["pull", "cls", "--to", folder, "--json"]))).toEqual({
    name: "describer/cls",
    path,
    wasThere: true,
  });
  vi.unstubAllEnvs();
  expect(await run(registerPull, ["pull", "--list"])).toContain("describer/base");
  await expect(run(registerPull, ["pull"])).rejects.toThrow(/expected a name/);
});
