import { expect, test } from "vitest";
import { Turns } from "../../src/explorer/evidence/turns.js";

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 3));

test("so many at once, in the order they came, failures among them", async () => {
  const turns = new Turns(2);
  let [running, most] = [0, 0];
  const order: number[] = [];
  const work = (i: number) =>
    turns.take(async () => {
      order.push(i);
      most = Math.max(most, ++running);
      await pause();
      running--;
      if (i === 3) throw new Error("third");
      return i;
    });
  const results = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => work(i)));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(await turns.take(async () => "after")).toBe("after");
});

test("what nobody waits for any more is not done", async () => {
  const turns = new Turns(1);
  const gone = new AbortController();
  let done = 0;
  const first = turns.take(pause);
  const second = turns.take(async () => done++, gone.signal);
  const third = turns.take(async () => "third");
  gone.abort();
  await expect(second).rejects.toThrow(/abort/);
  await first;
  expect([await third, done]).toEqual(["third", 0]);
});
