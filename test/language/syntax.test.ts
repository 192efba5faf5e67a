/** The shipped tagger and parser, on plain cases and on treebanks they have not seen. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openSyntax } from "../../src/language/syntax/open.js";
import { ParserState, parseDepth } from "../../src/language/syntax/parser.js";
import { describeShared, shared } from "../shared.js";

const syntax = await openSyntax();

test.each([
  ["the top of a building", "DET NOUN ADP DET NOUN"],
  ["red and green objects", "ADJ CCONJ ADJ NOUN"],
  ["a dog 's ears , in the grass .", "DET NOUN PART NOUN PUNCT ADP DET NOUN PUNCT"],
  ["people who are running quickly", "NOUN PRON AUX VERB ADV"],
])("%s: %s", (text, tags) => {
  expect(syntax.tag(text.split(" ")).join(" ")).toBe(tags);
});

test("a noun phrase hangs from its noun", () => {
  const tokens = "the top of a building".split(" ");
  const heads = syntax.parse(tokens, syntax.tag(tokens));
  expect([...heads]).toEqual([1, -1, 4, 4, 1]);
  expect(parseDepth(heads)).toBe(3);
});

test("depth: one word is 1, nothing is 0", () => {
  expect(parseDepth([])).toBe(0);
  expect(parseDepth([-1])).toBe(1);
  expect(parseDepth([1, -1, 1])).toBe(2);
  const chain = Int32Array.from({ length: 100_000 }, (_, word) => (word === 99_999 ? -1 : word + 1));
  expect(parseDepth(chain)).toBe(100_000);
  expect([...syntax.parse([], [])]).toEqual([]);
  expect([...syntax.parse(["dots"], ["NOUN"])]).toEqual([-1]);
});

test("parses are trees, whatever the words", () => {
  for (let seed = 0; seed < 200; seed++) {
    const tokens = Array.from(
      { length: 1 + (seed % 12) },
      (_, i) => ["of", "red", "the", "runs", ",", "dots"][(seed * 7 + i * i) % 6],
    );
    const heads = syntax.parse(tokens, syntax.tag(tokens));
    expect(heads.some((head) => head === -1)).toBe(true);
    for (const [i] of tokens.entries()) {
      let [at, steps] = [i, 0];
      while (at >= 0 && steps++ <= tokens.length) at = heads[at];
      expect(at).toBe(-1);
    }
  }
});

test("the oracle's moves lead to the true tree", () => {
  const gold = [1, 2, 5, 4, 2]; // 5 stands for the root
  const state = new ParserState(5);
  while (!state.isDone) {
    const moves = state.goldMoves(gold);
    expect(moves.length).toBeGreaterThan(0);
    state.make(moves[0]);
  }
  expect([...state.heads.subarray(0, 5)]).toEqual(gold);
});

test("a damaged file is refused in one line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "milan-syntax-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "model.bin");
  const whole = readFileSync(new URL("../../src/language/syntax/model.bin", import.meta.url));
  for (const bytes of [whole.subarray(0, 1000), Buffer.from("nothing"), Buffer.alloc(0)]) {
    writeFileSync(path, bytes);
    await expect(openSyntax(path)).rejects.toThrow("it is damaged; expected the tables of tagger and parser");
  }
});

describeShared("on treebanks", () => {
  test.each([
    ["en_ewt-ud-test", 0.94, 0.805],
    ["en_pud-ud-test", 0.93, 0.76],
  ])("%s: tags and heads", (file, leastTags, leastHeads) => {
    let [tags, heads, words] = [0, 0, 0];
    for (const block of readFileSync(shared(`data/text/ud/${file}.conllu`), "utf8").split(/\n\n+/)) {
      const rows = block.split("\n").flatMap((line) => (/^\d+\t/.test(line) ? [line.split("\t")] : []));
      const tokens = rows.map(([, form]) => form);
      const found = syntax.tag(tokens);
      const parsed = syntax.parse(tokens, found);
      for (const [i, [, , , tag, , , head]] of rows.entries()) {
        tags += Number(found[i] === tag);
        heads += Number(parsed[i] === Number(head) - 1);
        words++;
      }
    }
    expect(tags / words).toBeGreaterThan(leastTags);
    expect(heads / words).toBeGreaterThan(leastHeads);
  });
});
