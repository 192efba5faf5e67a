/** A small classifier, dissected over pictures and described, as the explorer gets it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll } from "vitest";
import { Random } from "../../../src/base/random.js";
import { GraphBuilder } from "../../../src/engine/onnx/build.js";
import { type OnnxModel, writeModel } from "../../../src/engine/onnx/model.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { type DissectOptions, dissect } from "../../../src/exemplars/dissect.js";
import { imageFolder } from "../../../src/exemplars/probe.js";
import { runExemplars } from "../../../src/exemplars/store.js";
import { openModel } from "../../../src/exemplars/subject.js";
import type { ShownRun } from "../../../src/explorer/live/live.js";
import { writeDescriptions } from "../../../src/run/descriptions.js";
import type { Run } from "../../../src/run/run.js";
import { MADE, said } from "../forged.js";

/** A folder for one file's tests, removed after them, and what is made in it. */
export function workshop() {
  const folder = mkdtempSync(join(tmpdir(), "milan-live-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const at: At = (...names) => join(folder, ...names);
  return {
    at,
    writeSquares: (count: number) => writeSquares(at, count),
    describedRun: (name: string, model?: OnnxModel, options?: Partial<DissectOptions>) =>
      describedRun(at, name, model, options),
  };
}

type At = (...names: string[]) => string;
export const SIDE = 16;
export const CLASSES = ["red", "green", "blue"];

/** A grey picture with a square of one colour, as a PNG. */
export function square(colour: number, x: number, y: number, size = 8, strength = 255): Promise<Buffer> {
  const pixels = Buffer.alloc(SIDE * SIDE * 3, 20);
  for (let row = y; row < Math.min(SIDE, y + size); row++)
    for (let column = x; column < Math.min(SIDE, x + size); column++)
      pixels[3 * (row * SIDE + column) + colour] = strength;
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

/** Pictures of squares in `squares`; none is there twice. */
export async function writeSquares(at: At, count: number): Promise<void> {
  const random = new Random(5);
  mkdirSync(at("squares"), { recursive: true });
  for (let i = 0; i < count; i++) {
    const [x, y] = [random.integer(9), random.integer(9)];
    writeFileSync(at("squares", `${String(i).padStart(3, "0")}.png`), await square(i % 3, x, y, 8, 150 + i));
  }
}

/** Convolution of 1 x 1 to the three colours and their opposites, pooled by two, weighed into three classes; a residual path beside. */
export function colourNet({ softmax = false, batch = "n" as number | string, extra = false } = {}): OnnxModel {
  const g = new GraphBuilder("colours");
  const floats = (shape: number[], values: readonly number[]) =>
    g.constant(ndarray("float32", shape, Float32Array.from(values)));
  const image = g.input("image", "float32", [batch, 3, SIDE, SIDE]);
  const one = (i: number, j: number, value: number) => (i === j ? value : 0);
  const weights = [1, -1].flatMap((sign) => [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => one(i, j, sign))));
  const conv = g.node("Conv", [image, floats([6, 3, 1, 1], weights)], { kernel_shape: [1, 1] });
  const colours = g.node("Relu", [conv], {}, ["colours"]);
  const pooled = g.node("MaxPool", [colours], { kernel_shape: [2, 2], strides: [2, 2] });
  const mixing = Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 1 : ((i * 5) % 7) / 40));
  const mixed = g.node("Conv", [pooled, floats([6, 6, 1, 1], mixing)], { kernel_shape: [1, 1] });
  const second = g.node("Relu", [g.node("Add", [mixed, pooled])], {}, ["mixed"]);
  const means = g.node("Flatten", [g.node("GlobalAveragePool", [second])]);
  const head = Array.from({ length: 18 }, (_, i) => (i % 7 === 0 ? 9 : (i % 3) / 10));
  const logits = g.node("Gemm", [means, floats([3, 6], head)], { transB: 1 }, ["logits"]);
  if (extra) g.output(g.node("Relu", [g.node("Neg", [pooled])], {}, ["aside"]), "aside", "float32", [batch, 6, 8, 8]);
  if (softmax) g.output(g.node("Softmax", [logits], { axis: 1 }, ["shares"]), "shares", "float32", [batch, 3]);
  else g.output("logits", "logits", "float32", [batch, 3]);
  return g.build();
}

/** Writes a model, dissects it over the squares and describes all units but the last of each layer. */
export async function describedRun(
  at: At,
  name: string,
  model: OnnxModel = colourNet(),
  options: Partial<DissectOptions> = {},
): Promise<Run> {
  await writeModel(model, at(`${name}.onnx`));
  const probe = imageFolder(at("squares"), { mean: [0], std: [1] });
  const run = await dissect(await openModel(at(`${name}.onnx`)), probe, {
    ...{ out: at(name), k: 4, quantile: 0.95, layers: ["colours", "mixed"] },
    ...options,
  });
  const sayings = run.layers.flatMap((layer) =>
    layer.unitNumbers.slice(0, -1).map((unit) => said(layer.name, unit, `thing ${unit} of ${layer.name}`)),
  );
  await writeDescriptions(at(name, "descriptions.csv"), MADE, sayings);
  return run;
}

/** What the server shows of a run besides. */
export async function shownRun(run: Run): Promise<ShownRun> {
  const store = await runExemplars(run);
  const text = (layer: number, row: number) => {
    const { unitNumbers, name } = run.layers[layer];
    return row === unitNumbers.length - 1 ? "" : `thing ${unitNumbers[row]} of ${name}`;
  };
  return {
    run,
    picture: (id) => store.image(id),
    text,
    lines: async (units) =>
      units.map(({ layer, row }) => {
        const reals = { pmi: null, logp: null, logpLm: null, confidence: null, support: null };
        const unit = run.layers[layer].unitNumbers[row];
        return { layer, unit, text: text(layer, row), ...reals, doubts: [], verdict: null, exemplars: 4 };
      }),
  };
}

/** A PNG whose header promises so many pixels, of one bit each. */
export function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(2000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
