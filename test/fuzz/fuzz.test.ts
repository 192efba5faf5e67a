/**
 * A short campaign with a fixed seed: the same inputs every time. `scripts/fuzz.js` goes on for as long as one likes; what it found are
 * tests beside those of the parsers.
 */
import { beforeAll, expect, test } from "vitest";
import { campaign, type Outcome } from "./campaign.js";
import { TARGETS } from "./list.js";

let outcomes: readonly Outcome[] = [];
beforeAll(async () => {
  outcomes = await campaign({ seed: 1 });
}, 300_000);

test.each(TARGETS.map(({ name, quick }) => [name, quick] as const))("%s: %i inputs", (name, quick) => {
  const outcome = outcomes.find(({ target }) => target === name)!;
  expect(outcome.findings.map(({ input, what, stack }) => `input ${input}: ${what}\n${stack}`)).toEqual([]);
  expect(outcome.tried).toBe(quick);
});
