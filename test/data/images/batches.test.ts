import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type BatchOptions, batches } from "../../../src/data/images/batches.js";
import { decode } from "../../../src/data/images/decode.js";
import type { ImageSet } from "../../../src/data/images/imageset.js";
import { openImages } from "../../../src/data/images/open.js";
import { IMAGENET, normalise } from "../../../src/data/images/preprocess.js";
import { png, temporaryFolder, writeAll } from "./made.js";

const folder = temporaryFolder();
const preprocessing = { ...IMAGENET, width: 8, height: 6 };
const all = Array.from({ length: 23 }, (_, i) => i);
const options: BatchOptions = { batchSize: 4, preprocessing };
let set: ImageSet;

beforeAll(async () => {
  for (const i of all) writeAll(folder, { [`good/${String(i).padStart(2, "0")}.png`]: await png(i, 20 + i, 15) });
  set = await openImages(join(folder, "good"));
});

/** Every picture of every batch, copied out. */
async function collect(from: ImageSet, order: ArrayLike<number>, given: BatchOptions) {
  const seen: { id: number; pixels: Uint8Array; input: Float32Array }[] = [];
  const sizes: number[] = [];
  for await (const { ids, count, pixels, input } of batches(from, order, given)) {
    sizes.push(count);
    expect([ids.length, pixels.shape[0], input.shape[0]]).toEqual([count, count, count]);
    ids.forEach((id, i) => {
      seen.push({
        id,
        pixels: pixels.data.slice(i * 144, (i + 1) * 144),
        input: input.data.slice(i * 144, (i + 1) * 144),
      });
    });
  }
  return { seen, sizes };
}

/** A set that counts what is asked of it. */
function counting(inner: ImageSet) {
  const asked: number[] = [];
  const read = (index: number) => {
    asked.push(index);
    return inner.read(index);
  };
  return { asked, set: { ...inner, read } };
}

describe("batches", () => {
  it.each([{}, { ahead: 0 }, { ahead: 1, concurrency: 1 }, { ahead: 7, concurrency: 3 }])(
    "hold the pictures asked for, in order, whatever %o",
    async (more) => {
      const order = [...all].reverse();
      const { seen, sizes } = await collect(set, order, { ...options, ...more });
      expect(sizes).toEqual([4, 4, 4, 4, 4, 3]);
      expect(seen.map(({ id }) => id)).toEqual(order);
      for (const { id, pixels, input } of seen) {
        const expected = await decode(await set.read(id), preprocessing);
        expect(pixels).toEqual(expected);
        expect(input).toEqual(normalise(expected, preprocessing).data);
      }
    },
  );

  it("take any order, repeats included, and none", async () => {
    const { seen } = await collect(set, Uint32Array.of(5, 5, 1), options);
    expect(seen.map(({ id }) => id)).toEqual([5, 5, 1]);
    expect((await collect(set, [], options)).sizes).toEqual([]);
  });

  it("prepare so many ahead and no more", async () => {
    const counted = counting(set);
    const running = batches(counted.set, all, { ...options, ahead: 2 });
    await running.next();
    await sleep(100);
    expect(counted.asked).toEqual(all.slice(0, 12));
    await running.next();
    await sleep(100);
    expect(counted.asked).toEqual(all.slice(0, 16));
    await running.return(undefined);
  });

  it("keep so many pictures under way and no more", async () => {
    let underWay = 0;
    let most = 0;
    const slow: ImageSet = {
      ...set,
      async read(index) {
        most = Math.max(most, ++underWay);
        await turn();
        const bytes = await set.read(index);
        underWay--;
        return bytes;
      },
    };
    await collect(slow, all, { ...options, concurrency: 3 });
    expect(most).toBe(3);
  });
});

describe("a damaged picture", () => {
  let spoilt: ImageSet;
  const bad = [2, 8, 9, 10, 11, 22];

  beforeAll(async () => {
    for (const i of all) {
      const good = await png(i, 20 + i, 15);
      writeAll(folder, { [`spoilt/${String(i).padStart(2, "0")}.png`]: bad.includes(i) ? good.subarray(0, 60) : good });
    }
    writeAll(folder, { "spoilt/08.png": "text", "spoilt/09.png": "" });
    spoilt = await openImages(join(folder, "spoilt"));
    rmSync(join(folder, "spoilt/10.png"));
  });

  it("is reported once by name and left out; its batch is shorter, and absent when nothing is left", async () => {
    const skipped: [number, string, string][] = [];
    const { seen, sizes } = await collect(spoilt, all, { ...options, onSkip: (...what) => skipped.push(what) });
    expect(skipped.map(([index, file]) => [index, file])).toEqual(
      bad.map((i) => [i, `${String(i).padStart(2, "0")}.png`]),
    );
    for (const [, file, reason] of skipped) expect(reason).toContain(file);
    expect(skipped[1][2]).toMatch(/no picture/);
    expect(skipped[2][2]).toMatch(/empty/);
    expect(skipped[3][2]).toMatch(/no such file/);
    expect(sizes).toEqual([3, 4, 4, 4, 2]);
    expect(seen.map(({ id }) => id)).toEqual(all.filter((i) => !bad.includes(i)));
    for (const { id, pixels, input } of seen) {
      const expected = await decode(await set.read(id), preprocessing);
      expect(pixels).toEqual(expected);
      expect(input).toEqual(normalise(expected, preprocessing).data);
    }
  });

  it("is never fatal, not even all of them", async () => {
    expect((await collect(spoilt, bad, options)).sizes).toEqual([]);
  });
});

describe("ending early", () => {
  const failing = (at: number): ImageSet => ({
    ...set,
    read: (index) => (index === at ? Promise.reject(new Error("disk lost")) : set.read(index)),
  });

  it("by leaving the loop stops the work, and nothing runs on", async () => {
    const counted = counting(set);
    let running = 0;
    const watched: ImageSet = {
      ...counted.set,
      read: (index) => {
        running++;
        return counted.set.read(index).finally(() => running--);
      },
    };
    for await (const _ of batches(watched, all, { ...options, ahead: 4, concurrency: 2 })) break;
    expect(running).toBe(0);
    const asked = counted.asked.length;
    expect(asked).toBeLessThan(all.length);
    await sleep(50);
    expect(counted.asked).toHaveLength(asked);
  });

  it("by an error of the consumer does not hide it behind errors of work ahead", async () => {
    await expect(
      (async () => {
        for await (const _ of batches(failing(9), all, options)) throw new Error("consumer");
      })(),
    ).rejects.toThrow("consumer");
    await sleep(20); // an unhandled rejection would fail the run
  });

  it("by an error that no single picture is to blame for is thrown after the batches before it", async () => {
    const sizes: number[] = [];
    const run = async () => {
      for await (const { count } of batches(failing(9), all, options)) sizes.push(count);
    };
    await expect(run()).rejects.toThrow("disk lost");
    expect(sizes).toEqual([4, 4]);
  });

  it("before the first batch does nothing", async () => {
    const counted = counting(set);
    const never = batches(counted.set, all, options);
    await never.return(undefined);
    expect(counted.asked).toEqual([]);
  });

  it("refuses contradictory options before any work", async () => {
    const wrong = { ...options, preprocessing: { ...preprocessing, std: [0] } };
    await expect(batches(set, all, wrong).next()).rejects.toThrow(/standard deviation of 0/);
    for (const counts of [{ batchSize: 0 }, { concurrency: 0 }, { ahead: -1 }, { batchSize: 1.5 }]) {
      await expect(batches(set, all, { ...options, ...counts }).next()).rejects.toThrow(
        /out of range; expected a whole/,
      );
    }
  });
});

it("reads the same from a file that is no longer than promised", async () => {
  const path = join(folder, "good", "00.png");
  const bytes = await png(0, 20, 15);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(1 << 20)]));
  await expect(set.read(0)).rejects.toThrow(/it changed/);
  writeFileSync(path, bytes);
  expect(await set.read(0)).toEqual(bytes);
});
