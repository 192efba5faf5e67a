/** Ctrl+C and SIGTERM: the state is kept, nothing is left in the way, and one line says how to go on. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { expectDone, MAIN, milanProcess, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();
beforeAll(prepare);

/** Runs a command until `path` is there, then sends it a signal. */
async function interrupted(signal: NodeJS.Signals, path: string, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = once(child, "close");
  while (!existsSync(path) && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
  child.kill(signal);
  const [code, by] = await ended;
  return { code, by, last: stderr.trimEnd().split("\n").at(-1) };
}

const hidden = (folder: string) => (readdirSync(folder) as string[]).filter((name) => name.startsWith("."));

test("a dissection", async () => {
  const dissection = (out: string) => [
    "dissect",
    at("net.onnx"),
    "--images",
    at("pictures"),
    "--out",
    out,
    "--k",
    "3",
    "--batch",
    "4",
    "--save-every",
    "0",
    ...NORMALISED,
  ];
  expectDone(milanProcess(dissection(at("whole"))));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const run = at(signal);
    const { code, by, last } = await interrupted(signal, `${run}/sweep.safetensors`, dissection(run));
    expect([code, by]).toEqual([null, signal]);
    expect(last).toBe("milan: interrupted; the same command goes on where it stopped");
    expect(hidden(run)).toEqual([]);
    const again = milanProcess(dissection(run));
    expectDone(again);
    expect(Number(/^sweep: (\d+)\//.exec(again.stderr)![1])).toBeGreaterThan(0);
    const files = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).sort();
    expect(files(run)).toEqual(files(at("whole")));
    for (const file of files(run).filter((name) => /\.\w+$/.test(name)))
      expect(readFileSync(`${run}/${file}`).equals(readFileSync(at(`whole/${file}`))), file).toBe(true);
  }
});
