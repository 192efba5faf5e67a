import { expect, test } from "vitest";
import { messageOf, UserError } from "../../src/base/errors.js";

test("a message is one plain line, whatever the names in it are", () => {
  const { message } = new UserError("reading a\nb\r\n  c\x1b[2J\u2028\0: damaged");
  expect(message).toBe("reading a b c?[2J??: damaged");
  expect(messageOf(new Error("x\x07\ny"))).toBe("x? y");
});

test("a name of a million letters does not hide what is wrong with it", () => {
  const { message } = new UserError(`reading ${"x".repeat(1_000_000)}: damaged; expected a model`);
  expect(message.length).toBeLessThan(2000);
  expect(message).toMatch(/^reading x+ \[\.\.\.\] x+: damaged; expected a model$/);
});
