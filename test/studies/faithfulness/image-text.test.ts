/** The predictor with an image-text model, on a dual encoder made by hand. No CLIP that was really trained is tried here. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { silent } from "../../../src/base/progress.js";
import { openImages } from "../../../src/data/images/open.js";
import { ImageTextModel } from "../../../src/image-text/image-text-model.js";
import { openImageText } from "../../../src/studies/faithfulness/image-text.js";
import { verifyRun } from "../../../src/studies/faithfulness/verify.js";
import { writeColourClip } from "./colour-clip.js";
import { colourWorld, describeAs, RIGHT, SIZE, UNITS, type World } from "./colour-world.js";

let world: World;
beforeAll(async () => {
  world = await colourWorld();
  await writeColourClip(world.at("one"), "one");
  await writeColourClip(world.at("pair"), "pair");
});

test("right descriptions are supported, wrong ones are not; one file and a pair give the same", async () => {
  const texts = UNITS.map((_, unit): [number, string] => [unit, RIGHT[unit]]);
  const results = [];
  for (const form of ["one", "pair"]) {
    const predictor = await openImageText(world.at(form));
    describeAs(world.at("run"), texts);
    results.push(await verifyRun(world.at("run"), predictor, { images: world.at("held-out") }));
    await predictor.close();
  }
  const [right, again] = results.map((result) => result.layers[0]);
  expect(right.rows.filter(({ verdict }) => verdict === "supported").length).toBeGreaterThan(38);
  expect(again.rows).toEqual(right.rows);
  for (const { where } of right.rows.slice(0, 6)) expect(where!.auprc).toBeGreaterThan(3 * where!.baseRate);

  const wrong = UNITS.map((colours, unit): [number, string] => {
    const free = UNITS.findIndex((others, i) => i >= unit % 6 && others.every((colour) => !colours.includes(colour)));
    return [unit, RIGHT[free]];
  });
  describeAs(world.at("run"), [...wrong.slice(0, 21), ...texts.slice(21)]);
  const predictor = await openImageText(world.at("one"));
  const { layers } = await verifyRun(world.at("run"), predictor, { images: world.at("held-out") });
  await predictor.close();
  expect(layers[0].rows.slice(0, 21).filter(({ verdict }) => verdict === "supported")).toEqual([]);
  expect(layers[0].rows.slice(21).filter(({ verdict }) => verdict === "supported").length).toBeGreaterThan(15);
});

test("scores are cosines; a place takes those of the windows around it", async () => {
  const set = await openImages(world.at("held-out"));
  const at = world.scenes.findIndex(({ things }) => things.length === 1 && things[0].colour === "blue");
  const { x, y } = world.scenes[at].things[0];
  const predictor = await openImageText(world.at("one"));
  const heldOut = { set, ids: Uint32Array.of(at), view: { width: SIZE, height: SIZE, fit: "crop" } as const };
  const predictions = await predictor.prepare(heldOut, ["blue things", "red things"], silent);
  const cells = Uint32Array.from({ length: 64 }, (_, cell) => cell);
  const places = { grid: [8, 8], images: new Uint32Array(64), cells } as const;
  const blue = predictions.predict("blue things", places);
  expect(blue.images[0]).toBeGreaterThan(predictions.predict("red things", places).images[0] + 0.3);
  const best = blue.places.indexOf(Math.max(...blue.places));
  expect(Math.abs((best % 8) + 0.5 - 8 * x)).toBeLessThan(2.5);
  expect(Math.abs(Math.floor(best / 8) + 0.5 - 8 * y)).toBeLessThan(2.5);
  expect(Math.max(...blue.places)).toBeLessThanOrEqual(1 + 1e-6);
  await predictor.close();
  await set.close();
});

test("a text longer than the model takes keeps its last token", async () => {
  const model = await ImageTextModel.open(world.at("one"));
  const long = await model.embedText(`red ${"things ".repeat(100)}`);
  expect(long[0]).toBeGreaterThan(0.99);
  await model.close();
});

test("what is missing or of another kind is refused in one line", async () => {
  const folder = world.at("broken");
  await writeColourClip(folder, "one");
  writeFileSync(join(folder, "preprocessor_config.json"), "{}");
  await expect(openImageText(folder)).rejects.toThrow(/no square crop_size or size, .*; expected a CLIP/);
  writeFileSync(
    join(folder, "preprocessor_config.json"),
    JSON.stringify({ size: 20, image_mean: [0, 0, 0], image_std: [1, 1, 1] }),
  );
  await expect(openImageText(folder)).rejects.toThrow(
    /pixel_values is \[.*, 3, 16, 16\]; expected \[batch, 3, 20, 20\]/,
  );
  for (const [settings, message] of [
    [null, /preprocessor_config.json: it is no object; expected JSON/],
    [
      { size: 16, crop_size: { height: 16, width: 32 }, image_mean: [0, 0, 0], image_std: [1, 1, 1] },
      /no square crop_size/,
    ],
    [{ crop_size: 1e9, image_mean: [0, 0, 0], image_std: [1, 1, 1] }, /no square crop_size/],
  ] as const) {
    writeFileSync(join(folder, "preprocessor_config.json"), JSON.stringify(settings));
    await expect(openImageText(folder)).rejects.toThrow(message);
  }
  await writeColourClip(folder, "one");
  rmSync(join(folder, "tokenizer.json"));
  await expect(openImageText(folder)).rejects.toThrow(/no tokenizer.json/);
  await writeColourClip(folder, "one");
  rmSync(join(folder, "model.onnx"));
  await expect(openImageText(folder)).rejects.toThrow(/no model.onnx, nor vision_model.onnx with text_model.onnx/);
});

test("a tokeniser of another model, and more pictures than fit into memory, are refused before any long work", async () => {
  const folder = world.at("foreign");
  await writeColourClip(folder, "one");
  const tokenizer = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8"));
  for (const word of Object.keys(tokenizer.model.vocab)) tokenizer.model.vocab[word] += 9000;
  for (const token of tokenizer.added_tokens) token.id += 9000;
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await expect(openImageText(folder)).rejects.toThrow(
    /embedding texts with .*; expected a model and a tokenizer.json that/,
  );
  const set = await openImages(world.at("held-out"));
  const predictor = await openImageText(world.at("one"));
  predictor.check(set);
  const entries = { length: 5_000_000 } as typeof set.entries;
  expect(() => predictor.check({ ...set, entries, location: "many/" })).toThrow(
    /embedding many\/: 5000000 images in 4 x 4 windows do not fit into memory; expected at most 4511520/,
  );
  await predictor.close();
  await set.close();
});

test("a tokenizer that gives something else than numbers, or fails at a text", async () => {
  const strange = world.at("strange");
  await writeColourClip(strange, "one");
  const path = join(strange, "tokenizer.json");
  const tokenizer = JSON.parse(readFileSync(path, "utf8"));
  const vocab = Object.fromEntries(Object.keys(tokenizer.model.vocab).map((word) => [word, [0, 0]]));
  for (const [changes, problem] of [
    [{ model: { ...tokenizer.model, vocab } }, /gives no numbers for tokens|expected a CLIP's/],
    [
      { post_processor: { ...tokenizer.post_processor, type: "TemplateProcessing", single: [127] } },
      /expected a CLIP's/,
    ],
  ] as const) {
    writeFileSync(path, JSON.stringify({ ...tokenizer, ...changes }));
    const embedding = (async () => {
      const model = await ImageTextModel.open(strange);
      await model.embedText("red things").finally(() => model.close());
    })();
    await expect(embedding).rejects.toThrow(UserError);
    await expect(embedding).rejects.toThrow(problem);
  }
});
