/** `milan diff`: what the units of one run are described by that those of another are not. */
import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { whole } from "./arguments.js";
import { plain, printJson, printTable } from "./print.js";

export function registerDiff(program: Command): void {
  program
    .command("diff")
    .description("compare what the units of two runs are described by")
    .argument("<first>", "a run with descriptions")
    .argument("<second>", "another")
    .option("--top <number>", "words shown", whole(), 20)
    .option("--json", "all words, machine-readable")
    .addHelpText(
      "after",
      `
Words are nouns, adjectives, verbs and numbers of the descriptions, singular and plural taken together. q is the share of false differences
among all words whose q is no larger (Fisher's exact test, Benjamini and Hochberg): below 0.05 a difference is hardly chance.`,
    )
    .action(async (first: string, second: string, { top, json }: { top: number; json?: boolean }) => {
      const { diffRuns } = await import("../studies/audit/diff.js");
      const { openSyntax } = await import("../language/syntax/open.js");
      const found = await diffRuns(first, second, await openSyntax());
      if (json) {
        printJson(found);
        return;
      }
      const percent = (count: number, all: number) => `${count} (${((100 * count) / all).toFixed(1)} %)`;
      const [n, m] = found.described;
      printTable(
        ["word", basename(resolve(first)), basename(resolve(second)), "q", "such as"],
        found.words
          .slice(0, top)
          .map(({ word, first: a, second: b, q, examples }) => [
            ...[word, percent(a, n), percent(b, m), q < 0.001 ? "< 0.001" : q.toFixed(3)],
            examples.map(plain).join("; "),
          ]),
      );
      const different = found.words.filter(({ q }) => q < 0.05).length;
      process.stdout.write(
        `${different} of ${found.words.length} words are hardly equally frequent (q < 0.05); ${n} and ${m} described units\n`,
      );
    });
}
