import { expect, test } from "vitest";
import { ByteCache } from "../../src/base/byte-cache.js";

const sized = (limit: number) => new ByteCache<string>(limit, ({ length }) => length);

test("keeps up to a number of bytes, and what was used last", async () => {
  const cache = sized(10);
  const made: string[] = [];
  const of = (key: string, size = 4) =>
    cache.through(key, async () => {
      made.push(key);
      return key.repeat(size);
    });
  await of("a");
  await of("b");
  await of("a"); // kept, and now used later than b
  await of("c");
  expect(cache.bytes).toBe(8);
  await of("a");
  await of("b");
  expect(made).toEqual(["a", "b", "c", "b"]);
  expect(await of("large", 5)).toHaveLength(25);
  expect([cache.get("large"), cache.bytes]).toEqual([undefined, 8]);
});

test("makes what is asked for twice at once only once, and forgets failures", async () => {
  const cache = sized(100);
  let count = 0;
  const slow = () =>
    cache.through("x", async () => {
      count++;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (count === 1) throw new Error("not yet");
      return "made";
    });
  const both = await Promise.allSettled([slow(), slow()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(count).toBe(1);
  expect(await Promise.all([slow(), slow()])).toEqual(["made", "made"]);
  expect(count).toBe(2);
});
