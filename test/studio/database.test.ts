import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { UserError } from "../../src/base/errors.js";
import { Database } from "../../src/studio/database.js";
import { Study } from "../../src/studio/study.js";
import { BUILT } from "../cli/built.js";
import { forgedStore } from "../explorer/forged.js";
import { describeNext, newPath, newStudy, person, SETTINGS, scratch } from "./studies.js";

/** A process that runs a script on a study file, until its input ends if it waits for that. */
function begun(script: string, path: string) {
  const file = join(scratch, `script-${Math.abs(hash(script))}.mjs`);
  const from = pathToFileURL(join(BUILT, "studio", "database.js"));
  writeFileSync(
    file,
    `import { Database } from ${JSON.stringify(from.href)};\nconst path = process.argv[2];\n${script}`,
  );
  const child = spawn(process.execPath, [file, path], { stdio: ["pipe", "pipe", "inherit"] });
  return { child, closed: once(child, "close"), said: once(child.stdout, "data").then(([data]) => String(data)) };
}

/** Runs a script that kills itself. */
async function killed(script: string, path: string): Promise<void> {
  const [, signal] = await begun(script, path).closed;
  expect(signal).toBe("SIGKILL");
}

const hash = (text: string) => [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7);

const beside = (path: string) => readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));

test("a study is opened by one at a time, and says by whom", () => {
  const study = newStudy(3);
  const { path } = study.database;
  study.database.restate("serving the study at http://127.0.0.1:1/");
  expect(() => Study.open(path, "reading")).toThrow(
    new RegExp(`process ${process.pid} is serving the study at http://127.0.0.1:1/`),
  );
  study.close();
  expect(beside(path)).toEqual([basename(path)]);
  const again = Study.open(path, "reading", forgedStore({ conv1: 3 }));
  expect(again.units()).toHaveLength(3);
  again.close();
});

test("what was committed outlives the process that is killed, and nothing else does", async () => {
  const study = newStudy(5);
  const { path } = study.database;
  describeNext(study, person(study), "red things", 0);
  study.close();
  await killed(
    `const study = Database.open(path, "writing");
     study.run("UPDATE annotations SET text = 'blue things'");
     study.run("PRAGMA cache_size = 1");
     study.transaction(() => {
       for (let i = 0; i < 2000; i++) study.run("INSERT INTO settings VALUES (?, ?)", ["half" + i, "x".repeat(500)]);
       study.run("UPDATE annotations SET text = 'half written'");
       process.kill(process.pid, "SIGKILL");
     });`,
    path,
  );
  expect(beside(path)).toContain(`${basename(path)}.holder`);
  const again = Study.open(path, "reading");
  expect(again.database.all("SELECT text FROM annotations")).toEqual([{ text: "blue things" }]);
  expect(again.database.get("SELECT count(*) AS n FROM settings WHERE key LIKE 'half%'")).toEqual({ n: 0 });
  expect(again.database.get("PRAGMA integrity_check")).toEqual({ integrity_check: "ok" });
  again.close();
});

test("of several that find a killed process's study, one opens it", async () => {
  const study = newStudy(2);
  const { path } = study.database;
  study.close();
  await killed(`Database.open(path, "dying"); process.kill(process.pid, "SIGKILL");`, path);
  const racers = Array.from({ length: 4 }, () =>
    begun(
      `let said = "open";
       try { Database.open(path, "holding"); } catch (error) { said = error.name; }
       console.log(said);
       process.stdin.resume().on("end", () => process.exit());`,
      path,
    ),
  );
  const said = await Promise.all(racers.map((racer) => racer.said));
  for (const { child } of racers) child.stdin.end();
  await Promise.all(racers.map(({ closed }) => closed));
  expect(said.filter((text) => text === "open\n")).toHaveLength(1);
  expect(said.filter((text) => text === "UserError\n")).toHaveLength(3);
});

test("a transaction that fails leaves nothing", () => {
  const study = newStudy(1);
  expect(() =>
    study.database.transaction(() => {
      study.database.run("DELETE FROM settings");
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(study.database.get("SELECT count(*) AS n FROM settings")).not.toEqual({ n: 0 });
  study.close();
});

test("what is no study of this run is refused in one line, and left as it is", () => {
  const path = newPath();
  expect(() => Study.open(path, "reading")).toThrow(/there is no study yet/);
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, "layer,unit,summary\n".repeat(300));
  expect(() => Study.open(path, "reading")).toThrow(/expected a study file/);
  const study = newStudy(3);
  study.database.run("PRAGMA user_version = 99");
  study.close();
  expect(() => Study.open(study.database.path, "reading")).toThrow(/of version 99/);
  const other = newStudy(3);
  other.close();
  expect(() => Study.open(other.database.path, "reading", forgedStore({ conv1: 4 }))).toThrow(
    /are not those of forged/,
  );
  expect(() => Study.begin(other.database.path, "b", forgedStore({ conv1: 3 }), SETTINGS)).toThrow(/there already/);
  const foreign = newPath();
  const database = Database.open(foreign, "made", { create: true });
  database.run("PRAGMA application_id = 7");
  database.close();
  expect(() => Study.open(foreign, "reading")).toThrow(/but no study/);
  for (const file of [path, study.database.path, other.database.path, foreign])
    expect(beside(file)).toEqual([basename(file)]);
});

test("a damaged study is refused in one line, and left as it is", () => {
  const study = newStudy(40);
  const { path } = study.database;
  study.close();
  const sound = readFileSync(path);
  for (const [from, to] of [
    [4096, 4200], // the head of the page behind the first
    [sound.length - 4096, sound.length - 4000],
    [18, 20], // the format's version
  ]) {
    const bytes = Buffer.from(sound);
    bytes.fill(0xa5, from, to);
    writeFileSync(path, bytes);
    expect(() => Study.open(path, "reading")).toThrow(UserError);
    expect(beside(path)).toEqual([basename(path)]);
  }
  writeFileSync(path, sound);
  const again = Study.open(path, "reading");
  again.database.run("UPDATE settings SET value = '{}' WHERE key = 'settings'");
  again.close();
  expect(() => Study.open(path, "reading")).toThrow(/its settings make no sense/);
  expect(beside(path)).toEqual([basename(path)]);
});
