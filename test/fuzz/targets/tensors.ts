/** Arrays on disk: `.npy` and safetensors. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../../src/base/random.js";
import { openArray } from "../../../src/data/images/arrays.js";
import { openLatents } from "../../../src/data/images/latents.js";
import { DTYPES, type NdArray, zeros } from "../../../src/engine/tensor/ndarray.js";
import { openNpy, readNpy, writeNpy } from "../../../src/engine/tensor/npy.js";
import { openSafetensors, readSafetensors, writeSafetensors } from "../../../src/engine/tensor/safetensors.js";
import { chance, NUMBERS, pick, spoil } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import type { Target } from "../target.js";

/** A header that says anything, before some bytes. */
function madeNpy(random: Random): Buffer {
  const axis = () => String(chance(random, 0.5) ? pick(random, NUMBERS) : random.integer(5));
  const shape = Array.from({ length: random.integer(pick(random, [2, 5, 40])) }, axis).join(", ");
  const type = pick(random, ["<f4", "|u1", "<i8", ">f8", "|b1", "<f2", "|O", "<U9999999999", "<f3", "|V4", ">u8"]);
  const order = pick(random, ["True", "False", "False", "__import__('os')"]);
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape},), }\n`;
  const head = Buffer.from(`\x93NUMPY${pick(random, ["\x01", "\x02", "\x03", "\x09"])}\x00`, "latin1");
  const length = Buffer.alloc(head[6] === 1 ? 2 : 4);
  const stated = chance(random, 0.9) ? text.length : pick(random, [0, 1, 65535]);
  if (length.length === 2) length.writeUInt16LE(stated);
  else length.writeUInt32LE(stated);
  return Buffer.concat([head, length, Buffer.from(text), Buffer.alloc(random.integer(300))]);
}

export const npy: Target = {
  async prepare(box) {
    const path = join(box, "array.npy");
    const samples: Buffer[] = [];
    for (const dtype of DTYPES) {
      for (const shape of [[], [3], [2, 3, 4], [4, 3, 2, 2], [0, 3]]) {
        await writeNpy(path, zeros(dtype, shape));
        samples.push(readFileSync(path));
      }
    }
    return {
      async once(random) {
        writeFileSync(path, chance(random, 0.3) ? madeNpy(random) : spoil(random, pick(random, samples), samples));
        const file = await openNpy(path);
        try {
          if ((file.shape[0] ?? 0) > 0) await file.readRows(0, 1);
          if ((file.shape[1] ?? 0) > 0 && file.shape[0] > 0) await file.readAt(file.shape[0] - 1, 0);
        } finally {
          await file.close();
        }
        await readNpy(path);
        const opener = pick(random, [openArray, openLatents]);
        const set = await opener(path);
        try {
          if ("entries" in set) await set.read(set.entries.length - 1);
          else await set.feeds([0, set.length - 1]);
        } finally {
          await set.close();
        }
      },
    };
  },
};

export const safetensors: Target = {
  async prepare(box) {
    const path = join(box, "tensors.safetensors");
    const tensors = new Map<string, NdArray>(
      DTYPES.map((dtype, i) => [`${dtype}.w`, zeros(dtype, [i, 2, 3].slice(i % 3))]),
    );
    await writeSafetensors(path, tensors, { note: "a text" });
    const sample = readFileSync(path);
    const length = Number(sample.readBigUInt64LE());
    const header = JSON.parse(sample.toString("utf8", 8, 8 + length));
    return {
      async once(random) {
        if (chance(random, 0.6)) {
          const json = spoilJson(random, header);
          const prefix = Buffer.alloc(8);
          prefix.writeBigUInt64LE(
            chance(random, 0.9) ? BigInt(json.length) : BigInt.asUintN(64, pick(random, NUMBERS)),
          );
          writeFileSync(path, Buffer.concat([prefix, json, sample.subarray(8 + length)]));
        } else {
          writeFileSync(path, spoil(random, sample));
        }
        const file = await openSafetensors(path);
        try {
          for (const name of file.names) await file.read(name);
        } finally {
          await file.close();
        }
        await readSafetensors(path);
      },
    };
  },
};
