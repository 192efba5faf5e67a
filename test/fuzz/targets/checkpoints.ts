/** Checkpoints: the pickle machine, the archive around it, and those of trainings here. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Random } from "../../../src/base/random.js";
import { readCheckpoint, readWeights } from "../../../src/describer/checkpoint/checkpoint.js";
import { openDescriberFiles } from "../../../src/describer/directory.js";
import { ndarray } from "../../../src/engine/tensor/ndarray.js";
import { isComplete, loadCheckpoint, saveCheckpoint } from "../../../src/engine/train/checkpoint.js";
import { unpack } from "../../../src/pull/unpack.js";
import {
  checkpointBytes,
  encode,
  type Lies,
  languageModel,
  NUMBERS,
  pickle,
  raw,
  tensor,
  zip,
} from "../../describer/checkpoint/forge.js";
import { chance, NUMBERS as INTEGERS, pick, spoil, texts } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import type { Target } from "../target.js";

const PICKLE = pickle(
  languageModel(
    { weight: tensor("0", [2, 2], [2, 1]), bias: tensor("0", [2], [1], { offset: 2 }) },
    { nlp: [{ deep: ["x", 1.5, null, true] }] },
  ),
);

/** Opcodes, those that `torch.save` writes and all others. */
function spoiltPickle(random: Random): Buffer {
  let bytes = spoil(random, PICKLE);
  if (chance(random, 0.3)) {
    const at = random.integer(bytes.length + 1);
    const some = Array.from({ length: pick(random, [1, 3, 1000, 200_000]) }, () => random.integer(256));
    const one = pick(random, [
      some,
      Array(pick(random, [10, 100_000])).fill(pick(random, [0x28, 0x5d, 0x7d, 0x85, 0x71, 0x68, 0x32, 0x74])),
    ]);
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(one), bytes.subarray(at)]);
  }
  if (chance(random, 0.3)) {
    const sizes = () =>
      Array.from({ length: random.integer(4) }, () => Number(BigInt.asIntN(31, pick(random, INTEGERS))));
    const weight = tensor(pick(random, ["0", "1", "../0", ""]), sizes(), sizes(), {
      offset: sizes()[0] ?? 0,
      length: sizes()[0] ?? 4,
    });
    bytes = pickle(languageModel({ [pick(random, texts()).toString()]: weight }));
  }
  if (chance(random, 0.1)) bytes = raw([0x80, 2], encode(pick(random, texts())), bytes);
  return bytes;
}

const lies = (random: Random): Lies => {
  const number = () => Number(BigInt.asUintN(32, pick(random, INTEGERS)));
  return {
    ...(chance(random, 0.3) && { method: pick(random, [0, 8, 12, 99]) }),
    ...(chance(random, 0.1) && { flags: number() & 0xffff }),
    ...(chance(random, 0.3) && { compressedBytes: number() }),
    ...(chance(random, 0.3) && { sizeBytes: number() }),
    ...(chance(random, 0.3) && { offset: number() }),
  };
};

export const checkpoints: Target = {
  prepare: async (box) => ({
    async once(random) {
      const path = join(box, "model.pth");
      writeFileSync(path, checkpointBytes(spoiltPickle(random)));
      await pick(random, [() => readCheckpoint(path), () => readWeights(path), () => openDescriberFiles(path)])();
    },
  }),
};

export const containers: Target = {
  prepare: async (box) => ({
    async once(random) {
      const path = join(box, "model.pth");
      const entry = (name: string, data: Uint8Array) =>
        [chance(random, 0.1) ? pick(random, texts(box)) : name, data, chance(random, 0.3) ? lies(random) : {}] as const;
      let bytes = zip([entry("data.pkl", PICKLE), entry("data/0", NUMBERS), entry("version", Buffer.from("3\n"))]);
      if (chance(random, 0.5)) bytes = spoil(random, bytes);
      if (chance(random, 0.1)) bytes = gzipSync(chance(random, 0.3) ? Buffer.alloc(30_000_000) : bytes);
      if (chance(random, 0.05)) bytes = spoil(random, gzipSync(bytes));
      writeFileSync(path, bytes);
      await (chance(random, 0.5) ? readCheckpoint(path) : readWeights(path));
      await unpack(path, join(box, `unpacked-${random.integer(1e9)}`), { limit: 1e7 });
    },
  }),
};

/** What an unfinished training left: its metadata are JSON within the JSON of the file. */
export const trainings: Target = {
  async prepare(box) {
    const path = join(box, "training.checkpoint.safetensors");
    const values = new Map([["w", ndarray("float32", [2, 2], Float32Array.of(1, 2, 3, 4))]]);
    const identity = { seed: 1, optimiser: { name: "adam" } };
    const best = { value: 0.5, epoch: 1 };
    const place = {
      ...{ epoch: 2, batch: 3, step: 13, elapsedMs: 10, waited: 1 },
      sums: { loss: 2 },
      best,
      complete: false,
    };
    const state = new Map([["w/m", ndarray("float32", [4], new Float32Array(4))]]);
    await saveCheckpoint(path, { identity, place, values, state, best: values });
    const sample = readFileSync(path);
    const length = Number(sample.readBigUInt64LE());
    const header = JSON.parse(sample.toString("utf8", 8, 8 + length));
    const training = JSON.parse(header.__metadata__.training);
    return {
      async once(random) {
        let bytes: Buffer = sample;
        if (chance(random, 0.3)) bytes = spoil(random, sample);
        else {
          const within = chance(random, 0.7);
          const text = within ? spoilJson(random, training).toString() : JSON.stringify(training);
          const outer = { ...header, __metadata__: { training: text } };
          const json = within ? Buffer.from(JSON.stringify(outer)) : spoilJson(random, outer);
          const prefix = Buffer.alloc(8);
          prefix.writeBigUInt64LE(BigInt(json.length));
          bytes = Buffer.concat([prefix, json, sample.subarray(8 + length)]);
        }
        writeFileSync(path, bytes);
        await isComplete(path);
        await loadCheckpoint(path, { identity, values });
      },
    };
  },
};
