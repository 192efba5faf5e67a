/** `milan attack` on the network that ships, with cut-outs of the made world, whose every pixel is known. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtInNetwork } from "../../src/builtin/assets.js";
import { registerAttack } from "../../src/cli/attack.js";
import { openWorldFolder, writeWorld } from "../../src/data/world/folder.js";
import { dissect } from "../../src/exemplars/dissect.js";
import { imageFolder } from "../../src/exemplars/probe.js";
import { openModel } from "../../src/exemplars/subject.js";
import { run } from "../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-attack-world-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const SAID = ["Yellow objects", "Dogs and cars", "Green areas", "Wheels"];

beforeAll(async () => {
  await writeWorld(at("probe"), { set: "world-objects", seed: 201, count: 96, size: 64 });
  await writeWorld(at("others"), { set: "world-objects", seed: 202, count: 48, size: 64 });
  const model = await openModel(builtInNetwork("alexnet-objects"));
  const layer = model.layers.find(({ name, shortNames }) => [name, ...shortNames].includes("features.15"))!;
  const store = await dissect(model, imageFolder(at("probe")), { out: at("run"), layers: [layer.name], k: 10 });
  await store.close();
  const rows = SAID.map((said, unit) => `${layer.name},${[46, 14, 31, 52][unit]},${said}`);
  writeFileSync(at("run", "descriptions.csv"), ["layer,unit,description", ...rows, ""].join("\n"));
}, 120_000);

test("distractors of the world are what the description says, and never of the class", async () => {
  const args = ["attack", at("run"), "--images", at("others"), "--distractors", at("probe"), "--json"];
  const found = JSON.parse(await run(registerAttack, [...args, "--trials", "20", "--size", "0.2"]));
  expect(found.units.length + found.skipped.length).toBe(4);
  expect(found.units.length).toBeGreaterThan(1);
  const world = await openWorldFolder(at("probe"));
  const pastes = parse(readFileSync(at("run", "attack", "pastes.csv"), "utf8"), { columns: true }) as Record<
    string,
    string
  >[];
  expect(pastes).toHaveLength(20 * found.units.length);
  for (const { class: target, before, distractor, control, picture } of pastes) {
    expect(before).toBe(picture.split("/")[0]);
    expect(before).not.toBe(target);
    for (const file of [distractor, control]) expect(file.split("/")[0]).not.toBe(target);
  }
  for (const { distractor } of pastes.filter(({ unit }) => unit === "14")) {
    const { things } = await world.labels(distractor, 64);
    expect(things.flatMap(({ names }) => names).some((name) => name === "dog" || name === "car")).toBe(true);
  }
}, 120_000);
