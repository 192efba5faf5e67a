/** What is kept for a while is bounded, and so is what waits. */
import { expect, test } from "vitest";
import { sharesOf } from "../../../src/explorer/live/shares.js";
import { Shelf } from "../../../src/explorer/live/shelf.js";
import { Abandoned, Busy, Turns } from "../../../src/explorer/live/turns.js";

test("the least recently used go first, by number and by bytes; the last used stays", () => {
  const shelf = new Shelf<{ bytes: number }>(3, 100);
  for (const id of ["a", "b", "c"]) shelf.put(id, { bytes: 10 });
  shelf.get("a");
  shelf.put("d", { bytes: 10 });
  expect(["a", "b", "c", "d"].map((id) => shelf.get(id) !== undefined)).toEqual([true, false, true, true]);
  const grown = { bytes: 10 };
  shelf.put("e", grown);
  grown.bytes = 95;
  shelf.trim();
  expect([shelf.size, shelf.bytes]).toEqual([1, 95]);
  shelf.put("f", { bytes: 1000 });
  expect([shelf.size, shelf.bytes]).toEqual([1, 1000]);
});

test("one after another; what nobody waits for is not begun; more than may wait is refused", async () => {
  const turns = new Turns(3);
  const order: string[] = [];
  let release = () => {};
  const held = turns.take(() => new Promise<void>((resolve) => (release = resolve)));
  await new Promise((resolve) => setImmediate(resolve)); // it has begun
  const abort = new AbortController();
  const work =
    (name: string, fails = false) =>
    async () => {
      order.push(name);
      if (fails) throw new Error(name);
      return name;
    };
  const all = [turns.take(work("a", true)), turns.take(work("b"), abort.signal), turns.take(work("c"))];
  await expect(turns.take(work("d"))).rejects.toThrow(Busy);
  abort.abort();
  release();
  await held;
  const outcomes = await Promise.allSettled(all);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(Abandoned);
  expect(order).toEqual(["a", "c"]);
  expect(await turns.take(work("e"))).toBe("e");
});

test("what has waited too long is refused, and what comes after it has its turn", async () => {
  const turns = new Turns(3, 20);
  const slow = turns.take(() => new Promise((resolve) => setTimeout(resolve, 60)));
  const late = turns.take(async () => "late");
  await expect(late).rejects.toThrow(Busy);
  await slow;
  expect(await turns.take(async () => "next")).toBe("next");
});

test("shares: softmax of logits, whatever their size; shares as they are; no number is refused", () => {
  const close = (values: Float64Array, wanted: number[]) => {
    for (const [i, value] of wanted.entries()) expect(values[i]).toBeCloseTo(value, 6);
  };
  close(sharesOf(Float32Array.of(1000, 1000, 990), "logits"), [0.4999886, 0.4999886, 0.0000227]);
  close(sharesOf(Float32Array.of(0.25, 0.7, 0.05), "logits"), [0.25, 0.7, 0.05]);
  close(sharesOf(Float32Array.of(0.9, 0.8, 0.1), "shares"), [0.9, 0.8, 0.1]);
  close(sharesOf(Float32Array.of(Math.log(0.25), Math.log(0.75)), "logits"), [0.25, 0.75]);
  expect(() => sharesOf(Float32Array.of(1, Number.NaN), "logits")).toThrow(/no finite numbers/);
});
