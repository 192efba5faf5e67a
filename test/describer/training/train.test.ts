/** Training where the right answer is known: 5 shapes in 6 colours, learned from one set of exemplars and told of another. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silent } from "../../../src/base/progress.js";
import { Random } from "../../../src/base/random.js";
import { temporaryName } from "../../../src/base/temporary.js";
import { shapeScenes, writeShapes } from "../../../src/data/world/shapes.js";
import { type AnnotatedSet, openAnnotatedSets } from "../../../src/describer/annotated-set.js";
import { describe } from "../../../src/describer/describe.js";
import { loadDescriber } from "../../../src/describer/describer.js";
import { type EncoderSource, openEncoder } from "../../../src/describer/training/encoder-source.js";
import { type TrainOptions, trainDescriber } from "../../../src/describer/training/train.js";
import { redrawExemplars } from "../../../src/describer/training/train-captioner.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { openExemplars } from "../../../src/exemplars/store.js";
import { severalThreads } from "../../threads.js";
import { writeEyes, writeShapeSet } from "./shape-set.js";

severalThreads();

const folder = mkdtempSync(join(tmpdir(), "milan-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

let source: EncoderSource;
let answers: string[];
beforeAll(async () => {
  await writeEyes(at("eyes.onnx"));
  source = await openEncoder(at("eyes.onnx"), { layers: ["colours", "edges"] });
  await writeShapeSet(at("known"), { units: 480, seed: 1 });
  answers = await writeShapeSet(at("unseen"), { units: 120, seed: 2 });
}, 120_000);

const SETTINGS: Omit<TrainOptions, "out"> = {
  ...{ epochs: 40, patience: 10, batch: 32, length: 4, rare: 0, dropout: 0.3, learningRate: 6e-3 },
  sizes: { embedding: 16, hidden: 96 },
  ...{ seed: 3, session: { threads: 1 } },
  now: () => performance.now(),
};

async function train(out: string, options: Partial<TrainOptions> = {}, sets = [at("known")]) {
  const opened = await openAnnotatedSets(sets);
  try {
    return await trainDescriber(opened, source, { ...SETTINGS, out: at(out), ...options });
  } finally {
    await closeAll(opened);
  }
}

const closeAll = async (sets: readonly AnnotatedSet[]) => {
  for (const { store } of sets) await store.close();
};

/** SHA-256 of every file of a describer. */
const digests = (name: string) =>
  readdirSync(at(name)).map((file) => [
    file,
    createHash("sha256")
      .update(readFileSync(at(name, file)))
      .digest("hex"),
  ]);

/** A few epochs on the smaller set, which say little but take a second. */
const SHORT: Partial<TrainOptions> = { session: {}, epochs: 3, seed: 4, sizes: { embedding: 8, hidden: 12 } };

test("what it says of exemplars it has never seen is right", async () => {
  const trained = await train("describer");
  expect(trained.trainingUnits + trained.heldOutUnits).toBe(480);
  expect(trained.heldOutUnits).toBeGreaterThan(15);
  expect(trained.perplexity).toBeLessThan(8); // 30 captions of two words and an end: 30 ** (1 / 3) = 3.1
  const describer = await loadDescriber(at("describer"));
  const store = await openExemplars(at("unseen"));
  const found: string[] = [];
  for await (const { description } of describe(store, describer)) found.push(description.toLowerCase());
  await Promise.all([describer.close(), store.close()]);
  const right = found.filter((text, i) => text === answers[i]).length;
  console.log(
    `${right} of ${found.length} right, ROUGE-L ${trained.rouge.toFixed(3)}, ${trained.captioner.epochs} epochs`,
  );
  expect(right / found.length).toBeGreaterThan(0.95);
}, 180_000);

test("the card tells of data, curves, controls and the language model", () => {
  const card = readFileSync(at("describer", "card.md"), "utf8");
  for (const part of [
    "Identity of the encoder: ",
    "hidden 96",
    "Drawn from it: ",
    "## Held-out units",
    "## Data",
    "## Scores",
    "| BLEU |",
    "ROUGE-L",
    "one label for all",
    "Kneser-Ney",
    "## Curves",
  ]) {
    expect(card).toContain(part);
  }
  expect(card).toContain("480 | 480");
  expect(card).not.toMatch(/NaN|undefined|Infinity/);
});

test("one seed gives one file, and another seed another", async () => {
  await train("once", SHORT, [at("unseen")]);
  await train("again", SHORT, [at("unseen")]);
  await train("otherwise", { ...SHORT, seed: 5 }, [at("unseen")]);
  expect(digests("once").map(([file]) => file)).toEqual([
    "card.md",
    "config.json",
    "encoder.onnx",
    "model.safetensors",
    "vocab.json",
  ]);
  expect(digests("again")).toEqual(digests("once"));
  expect(digests("otherwise").at(3)).not.toEqual(digests("once").at(3));
}, 60_000);

test.each<[string, RegExp, Partial<TrainOptions>, string]>([
  ["the language model", /^language model, epoch 2/, {}, "once"],
  ["the captioner", /^captioner, epoch 2/, {}, "once"],
  ["a captioner that follows", /^captioner, epoch 2/, { average: 0.9, redraw: true }, "followed"],
])(
  "interrupted while %s learns, and resumed, it is the file of an uninterrupted training",
  async (what, phase, ways, whole) => {
    if (!existsSync(at(whole))) await train(whole, { ...SHORT, ...ways }, [at("unseen")]);
    let clock = 0;
    const interrupt = { ...silent, begin: (name: string) => void (phase.test(name) && fail()) };
    const fail = () => {
      throw new Error("interrupted");
    };
    const out = `interrupted ${what}`;
    const now = () => (clock += 130_000); // a checkpoint after every step
    const short = { ...SHORT, ...ways };
    await expect(train(out, { ...short, now, progress: interrupt }, [at("unseen")])).rejects.toThrow("interrupted");
    await expect(train(out, short, [at("unseen")])).rejects.toThrow("holds an unfinished training");
    await train(out, { ...short, resume: true }, [at("unseen")]);
    expect(digests(out)).toEqual(digests(whole));
    if (whole !== "once") expect(digests(out).at(3)).not.toEqual(digests("once").at(3));
  },
  60_000,
);

test("a moving average and redrawn exemplars learn the same", async () => {
  const trained = await train("followed long", { average: 0.97, redraw: true });
  expect(trained.rouge).toBeGreaterThan(0.95);
  expect(readFileSync(at("followed long", "card.md"), "utf8")).toContain("average 0.97, redraw true");
}, 180_000);

test("exemplars are redrawn from their own row, all features together", () => {
  const [rows, exemplars, feature] = [3, 6, 2];
  const data = Float32Array.from({ length: rows * exemplars * feature }, (_, i) => Math.floor(i / feature));
  const before = Array.from(data);
  redrawExemplars(ndarray("float32", [rows, exemplars, feature], data), new Random(1));
  for (let i = 0; i < data.length; i += feature) {
    expect(data[i + 1]).toBe(data[i]);
    expect(Math.floor(data[i] / exemplars)).toBe(Math.floor(i / feature / exemplars));
  }
  expect(Array.from(data)).not.toEqual(before);
});

test("what an earlier training left behind is not in the way of a later one that is killed and resumed", async () => {
  await train("after another", { ...SHORT, seed: 5 }, [at("unseen")]);
  const checkpoint = at("after another.training", "captioner.checkpoint.safetensors");
  writeFileSync(temporaryName(checkpoint, { pid: 123, host: "elsewhere", began: "1" }), "half");
  const interrupt = (name: string) => {
    if (name.startsWith("captioner, epoch 1")) throw new Error("interrupted");
  };
  const interrupted = train("after another", { ...SHORT, progress: { ...silent, begin: interrupt } }, [at("unseen")]);
  await expect(interrupted).rejects.toThrow("interrupted");
  await train("after another", { ...SHORT, resume: true }, [at("unseen")]);
  expect(digests("after another")).toEqual(digests("once"));
  expect(readdirSync(at("after another.training")).filter((name) => name.startsWith("."))).toEqual([]);
}, 60_000);

test("a set that holds its pictures is the same with and without source images at hand", async () => {
  await writeShapes(at("photos"), shapeScenes(2, 1), 32);
  const open = async (name: string, images?: string) => (await openAnnotatedSets([at(name)], { images }))[0];
  const [alone, beside] = [await open("unseen"), await open("unseen", at("photos"))];
  expect([beside.digest, beside.pictures]).toEqual([alone.digest, alone.pictures]);
  await closeAll([alone, beside]);

  // without its own it is still recognised, but its features are others for other images
  cpSync(at("unseen"), at("pictureless"), { recursive: true });
  rmSync(at("pictureless", "layer1", "images.npy"));
  writeFileSync(at("pictureless", "layer1", "ids.csv"), "0,1,1,0\n".repeat(120));
  await writeShapes(at("others"), shapeScenes(2, 2), 32);
  const [one, other] = [await open("pictureless", at("photos")), await open("pictureless", at("others"))];
  expect(other.digest).toBe(one.digest);
  expect(other.pictures).not.toBe(one.pictures);
  await closeAll([one, other]);
});

test("features are those of their encoder and exemplars, or refused", async () => {
  const other = await openEncoder(at("eyes.onnx"), { layers: ["colours"] });
  const cache = at("once.training", "features");
  const sets = await openAnnotatedSets([at("unseen")]);
  const options = { ...SETTINGS, ...SHORT, out: at("cached"), cache };
  await expect(trainDescriber(sets, other, options)).rejects.toThrow(/its features are of another encoder; expected/);
  await expect(trainDescriber(sets, source, { ...options, holdOut: 0.3 })).resolves.toMatchObject({
    out: at("cached"),
  });
  await closeAll(sets);
});

test("what cannot be learned from is refused in one line", async () => {
  await expect(train("x", { resume: true })).rejects.toThrow(/no such file; expected a checkpoint; leave out --resume/);
  await expect(train("x", { holdOut: 0.001 }, [at("unseen")])).rejects.toThrow(/held out; expected at least 2/);
  await expect(train("x", { rare: 1000 }, [at("unseen")])).rejects.toThrow(/no word appears more than 1000 times/);
  await expect(openAnnotatedSets([at("unseen", "layer1")])).rejects.toThrow(/has no annotations.csv/);
  await expect(openEncoder(at("eyes.onnx"), { layers: ["nowhere"] })).rejects.toThrow(/nowhere/);
  await expect(openEncoder(at("nowhere.onnx"))).rejects.toThrow(/no such file or folder; expected an encoder/);
  const elsewhere = at("elsewhere.csv");
  writeFileSync(elsewhere, "layer,unit,summary\nlayer9,0,red dots\n");
  await expect(openAnnotatedSets([at("unseen")], { annotations: elsewhere })).rejects.toThrow(
    /none is of a unit with exemplars; expected layers layer1, got layer9/,
  );
  expect(existsSync(at("x"))).toBe(false);
});
