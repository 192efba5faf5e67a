/** What a killed process left half-written is cleared away by the next; what others write is not, and what fails leaves nothing. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { writeFileAtomically } from "../../src/base/files.js";
import { thisProcess } from "../../src/base/running.js";
import { removeLeftovers, temporaryName } from "../../src/base/temporary.js";
import { writeWholeFolder } from "../../src/base/whole-folder.js";
import { BUILT } from "../cli/built.js";

const folder = mkdtempSync(join(tmpdir(), "milan-temporary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const moduleOf = (name: string) => JSON.stringify(pathToFileURL(join(BUILT, "base", name)).href);

const dead = { pid: 4194304, host: hostname(), began: "1" };
const [elsewhere, alive] = [{ ...dead, host: "elsewhere" }, thisProcess()];

test("a process killed in the middle of a write, and the next one that writes there", async () => {
  mkdirSync(at("killed"));
  const code = `
    const { writeAtomically } = await import(${moduleOf("files.js")});
    await writeAtomically(${JSON.stringify(at("killed", "table.csv"))}, async (file) => {
      await file.writeFile("half");
      process.kill(process.pid, "SIGKILL");
    });`;
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", code]).signal).toBe("SIGKILL");
  const [half] = readdirSync(at("killed"));
  expect(half).toMatch(/^\.table\.csv\..*\.tmp$/);
  expect(readFileSync(at("killed", half), "utf8")).toBe("half");
  await writeFileAtomically(at("killed", "other.csv"), "whole");
  expect(readdirSync(at("killed"))).toEqual(["other.csv"]);
});

test("what others are writing stays; who is alone in a folder removes that of other machines, too", async () => {
  mkdirSync(at("shared", "below"), { recursive: true });
  const names = [dead, elsewhere, alive].map((owner) => basename(temporaryName(at("shared", "x"), owner)));
  for (const name of names)
    for (const where of [at("shared"), at("shared", "below")]) writeFileSync(join(where, name), "");
  mkdirSync(temporaryName(at("shared", "site"), dead));
  await writeFileAtomically(at("shared", "y"), "");
  expect(readdirSync(at("shared")).sort()).toEqual([names[1], names[2], "below", "y"].sort());
  removeLeftovers(at("shared"));
  expect(readdirSync(at("shared")).sort()).toEqual([names[2], "below", "y"].sort());
  expect(readdirSync(at("shared", "below"))).toEqual([names[2]]);
});

test("a folder appears whole or not at all, whether it was there or not", async () => {
  const fill = async (under: string) => {
    mkdirSync(join(under, "part"));
    writeFileSync(join(under, "part", "one"), "1");
    writeFileSync(join(under, "two"), "2");
    return "filled";
  };
  const fail = async (under: string) => {
    await fill(under);
    throw new Error("no");
  };
  mkdirSync(at("empty"));
  for (const name of ["new", "empty"]) {
    await expect(writeWholeFolder(at(name), fail)).rejects.toThrow("no");
    expect(await writeWholeFolder(at(name), fill)).toBe("filled");
    expect((readdirSync(at(name), { recursive: true }) as string[]).sort()).toEqual([
      "part",
      join("part", "one"),
      "two",
    ]);
  }
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
