/** JSON of strangers. */
import { expect, test } from "vitest";
import { parseJson } from "../../src/base/json.js";

test("reads what JSON.parse reads", () => {
  for (const text of ['{"a": [1, "[[[", {"b\\"": "\\\\"}]}', "null", '"]"', "[]", " 1 "]) {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  }
  expect(() => parseJson('{"a": ')).toThrow(SyntaxError);
});

test("refuses depth, not length", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  expect(parseJson(nested(100))).toEqual(JSON.parse(nested(100)));
  expect(() => parseJson(nested(101))).toThrow(/nested more than 100 levels deep/);
  expect(parseJson(JSON.stringify(Array(10_000).fill([[]])))).toHaveLength(10_000);
});
