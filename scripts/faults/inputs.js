/** What the commands of a campaign work on, made of what ships: rendered pictures, runs of subject networks, descriptions, annotations, things to pull. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { ZipFile } from "yazl";
import { ASSETS, milan } from "./milan.js";

/**
 * Makes what is not there yet.
 * @param wanted `all`, or `few`: only what `dissect`, `describe`, `export` and `pull` need.
 */
export async function inputsIn(folder, wanted = "all") {
  const at = (...names) => join(folder, ...names);
  const inputs = {
    at,
    model: join(ASSETS, "resnet-scenes.onnx"),
    pictures: at("pictures"),
    held: at("held"),
    run: at("runs", "resnet"),
    other: at("runs", "alexnet"),
    classes: at("classes.txt"),
    concepts: at("concepts.json"),
    mirror: at("mirror"),
    batch: wanted === "all" ? 16 : 8,
  };
  if (existsSync(at(`${wanted}.done`))) return inputs;
  const isAll = wanted === "all";
  const world = (out, seed, count) =>
    milan("world", "world-scenes", "--out", out, "--seed", seed, "--count", count, "--size", 64);
  await world(inputs.pictures, 0, isAll ? 120 : 24);
  const dissect = (model, layers, out) =>
    milan("dissect", model, "--images", inputs.pictures, "--layers", layers, "--k", 5, "--out", out);
  await dissect(inputs.model, isAll ? "layer4" : "layer2", inputs.run);
  await milan("describe", inputs.run, "--beam", 3);
  await mirrored(inputs.mirror);
  if (isAll) {
    await world(inputs.held, 1, 48);
    await dissect(join(ASSETS, "alexnet-scenes.onnx"), "features.12", inputs.other);
    await milan("describe", inputs.other, "--beam", 3);
    for (const run of [inputs.run, inputs.other]) annotate(run);
    const { classes } = JSON.parse(readFileSync(join(ASSETS, "resnet-scenes.json"), "utf8"));
    writeFileSync(inputs.classes, classes.map((name) => `${name}\n`).join(""));
    const files = readdirSync(inputs.held, { recursive: true }).filter((name) => /\.(jpg|png)$/.test(name));
    const images = Object.fromEntries(
      files.map((file) => [file.replaceAll("\\", "/"), [{ names: file.split(/[\\/]/)[0].split(" ") }]]),
    );
    writeFileSync(inputs.concepts, JSON.stringify({ format: 1, opaque: false, images }));
  }
  writeFileSync(at(`${wanted}.done`), "");
  return inputs;
}

/** Descriptions as annotations, three of each unit, as people's would be. */
function annotate(run) {
  const rows = parse(readFileSync(join(run, "descriptions.csv")), { columns: true });
  const annotations = rows.flatMap(({ layer, unit, description }) =>
    Array.from({ length: 3 }, () => [layer, unit, description]),
  );
  writeFileSync(join(run, "annotations.csv"), stringify([["layer", "unit", "summary"], ...annotations]));
}

/** A mirror as `milan pull` expects it: a describer, an archive of annotations, a repository of the hub. */
async function mirrored(folder) {
  const project = join(folder, "milan.csail.mit.edu");
  mkdirSync(join(project, "models"), { recursive: true });
  mkdirSync(join(project, "data"), { recursive: true });
  writeFileSync(join(project, "models", "milan-base.pth"), randomBytes(3e6));
  const zip = new ZipFile();
  for (let i = 0; i < 12; i++) zip.addBuffer(randomBytes(2e5), `layer${i >> 2}/part${i}.npy`);
  zip.end();
  const archive = createWriteStream(join(project, "data", "alexnet-places365.zip"));
  zip.outputStream.pipe(archive);
  await once(archive, "finish");
  const hub = join(folder, "huggingface.co");
  const sha = "0123456789".repeat(4);
  const api = join(hub, "api", "models", "owner", "model");
  mkdirSync(join(api, "revision"), { recursive: true });
  mkdirSync(join(api, "tree"), { recursive: true });
  const files = { "model.onnx": 2e6, "tokenizer.json": 5e4, "config.json": 500 };
  writeFileSync(join(api, "revision", "main"), JSON.stringify({ sha }));
  writeFileSync(
    join(api, "tree", sha),
    JSON.stringify(Object.entries(files).map(([path, size]) => ({ type: "file", path, size }))),
  );
  const raw = join(hub, "owner", "model", "resolve", sha);
  mkdirSync(raw, { recursive: true });
  for (const [name, size] of Object.entries(files)) writeFileSync(join(raw, name), randomBytes(size));
}
