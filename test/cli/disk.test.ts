/**
 * Disks that are full, read-only or have a file in the way: one line, exit code 2, nothing half-written, and the same command
 * finishes the work once there is room. Real file systems: a small one in memory, mounted in a name space of its own.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { expectDone, expectRefusal, MAIN, milan, NORMALISED, type Outcome, workshop } from "./milan.js";

const { at, prepare } = workshop();
const options = () => ["--images", at("pictures"), "--layers", "colours,summary", "--k", "5", ...NORMALISED];
beforeAll(async () => {
  await prepare();
  mkdirSync(at("disk"));
  expectDone(await milan("dissect", at("net.onnx"), ...options(), "--out", at("whole")));
});

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(" ");
const milanCommand = (...args: string[]) => quoted([process.execPath, MAIN, ...args]);
const dissectTo = (out: string) => milanCommand("dissect", at("net.onnx"), ...options(), "--out", out);
const shell = (script: string, ...before: string[]): Outcome => {
  const [file, ...args] = [...before, "bash", "-c", script];
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  return { code: status, stdout, stderr };
};

const OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"];
const canMount = shell(`mount -t tmpfs none /tmp`, ...OWN_MOUNTS).code === 0;
const mounting = test.skipIf(!canMount);
const why = canMount ? "" : " (skipped: this system lets nobody mount)";

mounting(`a disk that becomes full, and has room again${why}`, () => {
  const script = `
    mount -t tmpfs -o size=200k none '${at("disk")}'
    ${dissectTo(at("disk/run"))}; echo "exit $?"
    cd '${at("disk")}'; find . -type f -printf '%p\\n'; echo "complete $(grep -c '"complete": true' run/run.json)"
    mount -o remount,size=16m '${at("disk")}'
    ${dissectTo(at("disk/run"))} >&2; echo "exit $?"
    diff -r '${at("disk/run")}' '${at("whole")}' && echo same`;
  const { stdout, stderr } = shell(script, ...OWN_MOUNTS);
  expect(stdout.split("\n")).toEqual(["exit 2", "./run/run.json", "complete 0", "exit 0", "same", ""]);
  expect(stderr).toMatch(
    /^milan: writing .*maps\.npy: no space left on the device; free some and run the same command/m,
  );
});

mounting(`a page on a full disk${why}`, () => {
  const script = `
    mount -t tmpfs -o size=20k none '${at("disk")}'
    ${milanCommand("export", at("whole"), "--format", "html", "--out", at("disk/page.html"))}; echo "exit $?"
    ls -A '${at("disk")}'`;
  const { stdout, stderr } = shell(script, ...OWN_MOUNTS);
  expect(stdout).toBe("exit 2\n");
  expect(stderr).toMatch(/^milan: writing .*page\.html: no space left on the device/m);
});

mounting(`a read-only disk is refused before the work, not after${why}`, () => {
  const script = `
    mount -t tmpfs -o ro none '${at("disk")}'
    ${dissectTo(at("disk/run"))}; echo "exit $?"
    ${milanCommand("export", at("whole"), "--format", "milannotations", "--out", at("disk/x"))}; echo "exit $?"`;
  const { stdout, stderr } = shell(script, ...OWN_MOUNTS);
  expect(stdout).toBe("exit 2\nexit 2\n");
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(line).toMatch(/^milan: writing .*disk: the file system is read-only; choose another/);
});

test.skipIf(process.platform === "win32")("a limit on the size of files", () => {
  const out = shell(`ulimit -f 64; exec ${dissectTo(at("limited"))}`);
  expectRefusal(out, /^milan: writing .*colours\/maps\.npy: the file would be larger than the system allows/);
  expect((readdirSync(at("limited"), { recursive: true }) as string[]).sort()).toEqual([
    "layers",
    "layers/colours",
    "run.json",
  ]);
  expectDone(shell(dissectTo(at("limited"))));
  expect(readFileSync(at("limited/run.json"))).toEqual(readFileSync(at("whole/run.json")));
});

test.skipIf(process.platform === "win32" || process.getuid?.() === 0)("a folder that others own", () => {
  mkdirSync(at("theirs"));
  chmodSync(at("theirs"), 0o555);
  expectRefusal(shell(dissectTo(at("theirs/run"))), /theirs: permission denied/, at("theirs/run"));
});

test("a file, a device or a foreign folder where the results should go", async () => {
  const out = (path: string) => milan("dissect", at("net.onnx"), ...options(), "--out", path);
  const before = readFileSync(at("net.onnx"));
  expectRefusal(await out(at("net.onnx")), /writing .*net\.onnx: a part of the path is a file; expected a folder/);
  expectRefusal(await out(at("net.onnx/runs/new")), /net\.onnx\/runs\/new|net\.onnx: a part of the path is a file/);
  expectRefusal(await out(at("x".repeat(300))), /the name is too long/);
  expectRefusal(await out(at("pictures")), /not empty and holds no run/);
  const page = (path: string) => milan("export", at("whole"), "--format", "html", "--out", path);
  expectRefusal(await page(at("pictures")), /writing .*pictures: it is a folder; expected a file/);
  expectRefusal(await page(at("net.onnx/page.html")), /a part of the path is a file/);
  if (process.platform !== "win32") {
    // as `/dev/null` would be, which a rename would put a file in the place of, for everybody
    expect(spawnSync("mkfifo", [at("pipe")]).status).toBe(0);
    expectRefusal(await page(at("pipe")), /it is a device or a pipe/);
    expect(statSync(at("pipe")).isFIFO()).toBe(true);
  }
  const published = (path: string) => milan("export", at("whole"), "--format", "milannotations", "--out", path);
  expectRefusal(await published(at("net.onnx")), /a part of the path is a file/);
  expectRefusal(await published(at("pictures")), /not empty; expected a new or empty one/);
  expect(readFileSync(at("net.onnx")).equals(before)).toBe(true);
  expect(readdirSync(at("pictures"))).toHaveLength(40);
});
