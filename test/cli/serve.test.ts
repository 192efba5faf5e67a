/** `milan serve` as a process: what it prints, how it refuses, how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeAll, expect, test } from "vitest";
import { ask } from "../serving/ask.js";
import { expectDone, expectRefusal, MAIN, milan, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();
const started: ChildProcess[] = [];

beforeAll(async () => {
  await prepare();
  const options = ["--layers", "colours", "--k", "3", ...NORMALISED];
  expectDone(await milan("dissect", at("net.onnx"), "--images", at("pictures"), "--out", at("run"), ...options));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Starts it, and gives the addresses it prints. */
async function start(...args: string[]): Promise<{ child: ChildProcess; addresses: URL[] }> {
  const child = spawn(process.execPath, [MAIN, "serve", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const [printed] = await once(child.stdout!, "data");
  return {
    child,
    addresses: String(printed)
      .trim()
      .split("\n")
      .map((line) => new URL(line)),
  };
}

test("says where it is, answers there, and ends when it is interrupted", async () => {
  const { child, addresses } = await start(at("run"), "--port", "0");
  expect(addresses).toHaveLength(1);
  const [{ hostname, port, search }] = addresses;
  expect([hostname, search]).toEqual(["127.0.0.1", ""]);
  const runs = (await ask(Number(port), "/api/runs")).json();
  expect(runs).toMatchObject([{ id: "run", units: expect.any(Number), described: 0 }]);
  expect((await ask(Number(port), "/")).text).toMatch(/<!doctype html>/i);
  const taken = await milan("serve", at("run"), "--port", port);
  expectRefusal(taken, /port \d+: the port is taken; choose another with --port/);
  child.kill("SIGINT");
  const [code, signal] = await once(child, "exit");
  expect([code, signal]).toEqual([null, "SIGINT"]);
});

test("is reached from elsewhere only with the token that it prints", async () => {
  const { addresses } = await start(at("run"), "--port", "0", "--host", "0.0.0.0", "--name", "gpu.lab");
  expect(addresses.map(({ hostname }) => hostname)).toEqual(["127.0.0.1", "gpu.lab"]);
  const [{ port, searchParams }] = addresses;
  const token = searchParams.get("token")!;
  expect(token).toMatch(/^[\w-]{24}$/);
  const headers = { host: `gpu.lab:${port}` };
  expect((await ask(Number(port), "/api/runs", { headers })).status).toBe(401);
  const authorization = `Bearer ${token}`;
  expect((await ask(Number(port), "/api/runs", { headers: { ...headers, authorization } })).status).toBe(200);
  const evil = { host: `evil.example:${port}`, authorization };
  expect((await ask(Number(port), "/api/runs", { headers: evil })).status).toBe(421);
});

test.each([
  [["nowhere"], /expected a run \(run\.json\) or a MILANNOTATIONS folder/],
  [["run", "--port", "70000"], /expected a whole number from 0 to 65535/],
  [["run", "--host", "203.0.113.7", "--port", "0"], /this machine has no such address/],
  [["run", "--token", "short", "--port", "0"], /expected at least 8/],
  [["run", "--vectors", "nowhere.txt", "--port", "0"], /nowhere\.txt: no such file/],
])("%j is refused in a line", async ([folder, ...options], message) => {
  expectRefusal(await milan("serve", at(folder), ...options), message);
});
