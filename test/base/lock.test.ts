/** One process at a time in a folder. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { lockName } from "../../src/base/files.js";
import { tidyUp, withLock } from "../../src/base/lock.js";
import { BUILT } from "../cli/built.js";

const folder = mkdtempSync(join(tmpdir(), "milan-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** A process that holds the lock until it is killed. */
async function holder(name: string) {
  const code = `
    const { withLock } = await import(${JSON.stringify(pathToFileURL(`${BUILT}/base/lock.js`).href)});
    await withLock(${JSON.stringify(at(name))}, "holding", () => { console.log("held"); return new Promise((done) => setTimeout(done, 60000)); });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((ready) => child.stdout.once("data", ready));
  const kill = () =>
    new Promise((gone) => {
      child.once("close", gone);
      child.kill("SIGKILL");
    });
  return { pid: child.pid, kill };
}

test("names who holds it; is taken over from who was killed", async () => {
  const { pid, kill } = await holder("killed");
  const work = () => withLock(at("killed"), "dissecting", async () => "done");
  await expect(work()).rejects.toThrow(
    new RegExp(`^dissecting: process ${pid} is holding; expected to be alone, wait for it$`),
  );
  await kill();
  expect(readdirSync(at("killed"))).toEqual([lockName()]);
  expect(await work()).toBe("done");
  expect(readdirSync(at("killed"))).toEqual([]);
});

test("leaves no trace of work that made nothing, nor when it fails", async () => {
  await expect(withLock(at("new"), "failing", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(at("new"))).toBe(false);
});

test("one at a time, with waiting; parts do not wait for each other", async () => {
  let [inside, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 20));
    inside--;
  };
  mkdirSync(at("many"));
  const options = { waitMs: 30_000 };
  await Promise.all(Array.from({ length: 6 }, () => withLock(at("many"), "working", work, options)));
  expect(most).toBe(1);
  await Promise.all([..."abc"].map((part) => withLock(at("many"), "working", work, { part })));
  expect(most).toBe(3);
});

test("another machine's lock stands, and the message says what to delete", async () => {
  mkdirSync(at("shared"));
  const path = join(at("shared"), lockName());
  const held = (facts: object) =>
    writeFileSync(path, JSON.stringify({ pid: 1, host: "elsewhere", began: "", purpose: "merging runs", ...facts }));
  const work = () => withLock(at("shared"), "merging", async () => "done");
  held({});
  await expect(work()).rejects.toThrow(
    `merging: process 1 on elsewhere is merging runs; expected to be alone, wait for it, or, if it is gone, delete ${path}`,
  );
  // this machine's, of a process that had this one's number: a container's first process, say
  held({ host: hostname(), pid: process.pid, began: "1" });
  expect(await work()).toBe("done");
});

test("who was killed while it took a lock over is in nobody's way, and leaves nothing", async () => {
  const dead = { pid: 4194304, host: hostname(), began: "1", purpose: "dissecting" };
  mkdirSync(at("over"));
  const path = join(at("over"), lockName());
  const text = JSON.stringify(dead);
  const markOf = (of: string, what: string) => `${of}.${createHash("sha256").update(what).digest("hex").slice(0, 12)}`;
  const mark = markOf(path, text);
  const taker = JSON.stringify({ ...dead, pid: 4194303 });
  writeFileSync(path, text);
  writeFileSync(mark, taker); // killed before it took the lock,
  writeFileSync(markOf(mark, taker), taker); // as was the next,
  writeFileSync(markOf(path, "an older one"), taker); // or just after
  expect(await withLock(at("over"), "dissecting", async () => "done")).toBe("done");
  expect(readdirSync(at("over"))).toEqual([]);
});

test("who works on all is alone; ranges of it are worked on at the same time", async () => {
  mkdirSync(at("ranges"));
  const [first, second] = [
    { from: 0, to: 8 },
    { from: 8, to: 16 },
  ];
  const all = () => withLock(at("ranges"), "merging", async () => "all");
  await withLock(
    at("ranges"),
    "sweeping 0 to 8",
    () => withLock(at("ranges"), "sweeping", async () => {}, { range: second }),
    {
      range: first,
    },
  );
  await withLock(at("ranges"), "sweeping 0 to 8", () => expect(all()).rejects.toThrow(/is sweeping 0 to 8; expected/), {
    range: first,
  });
  const sweep = () => withLock(at("ranges"), "sweeping", async () => {}, { range: second });
  await withLock(at("ranges"), "merging", () => expect(sweep()).rejects.toThrow(/is merging; expected to be alone/));
  expect(await all()).toBe("all");
  expect(readdirSync(at("ranges"))).toEqual([]);
});

test("a lock that says nothing that makes sense stands, whatever is in it", async () => {
  const path = join(at("strange"), lockName());
  mkdirSync(at("strange"), { recursive: true });
  const sound = { pid: 2 ** 22 + 5, host: "elsewhere", began: "1", purpose: "dissecting" };
  const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
  for (const text of [
    "null",
    JSON.stringify({ ...sound, purpose: { toString: 1 } }),
    JSON.stringify({ ...sound, host: [] }),
    JSON.stringify(sound).replace('"dissecting"', deep),
  ]) {
    writeFileSync(path, text);
    await expect(withLock(at("strange"), "testing", async () => {})).rejects.toThrow(
      /another process is at it; expected to be alone/,
    );
  }
});

test("tidying up lets go of what a killed process held, gives way to others and to files that cannot be removed, and hides no bug", async () => {
  const { kill } = await holder("untidy");
  let count = 0;
  const work = async () => void count++;
  await tidyUp(at("untidy"), work);
  expect(count).toBe(0);
  await kill();
  await tidyUp(at("untidy"), work);
  expect(count).toBe(1);
  expect(readdirSync(at("untidy"))).toEqual([]);
  await tidyUp(at("untidy"), async () => void readdirSync(at("nowhere")));
  await expect(tidyUp(at("untidy"), () => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
});
