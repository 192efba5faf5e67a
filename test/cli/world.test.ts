import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { expectDone, expectRefusal, milan, workshop } from "./milan.js";

const { at } = workshop();

test("milan world writes class folders, goes on, and refuses to mix worlds", async () => {
  const write = (count: number, ...more: string[]) =>
    milan("world", "world-scenes", "--out", at("scenes"), "--size", "16", "--count", String(count), ...more);
  expectDone(await write(3));
  expectDone(await write(5));
  const files = (readdirSync(at("scenes"), { recursive: true }) as string[]).filter((name) =>
    /\.(jpg|png)$/.test(name),
  );
  expect(files.map((name) => /(\d+)\.\w+$/.exec(name)![1]).sort()).toEqual([
    "000000",
    "000001",
    "000002",
    "000003",
    "000004",
  ]);
  expect(JSON.parse(readFileSync(at("scenes/world.json"), "utf8"))).toMatchObject({
    set: "world-scenes",
    seed: 0,
    size: 16,
  });
  expectRefusal(await write(5, "--seed", "1"), /it holds another world; expected seed 1, got 0/, at("nothing"));
});
