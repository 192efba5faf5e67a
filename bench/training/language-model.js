/**
 * The language model p(d) on real annotations: perplexity per token on held-out units, beside single words and trigrams (modified
 * Kneser-Ney) over the same vocabulary, and what it says when nobody asks. Run `npm run build` first, then
 *
 *     node bench/training/language-model.js annotations.csv [epochs, default 100]
 *
 * Sizes and settings are those of `milan train` (appendix B of the paper). Takes ten minutes or so for 11,712 annotations; fails (exit 1) when the
 * language model does not beat the trigrams.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "../../dist/base/random.js";
import { readAnnotations } from "../../dist/data/annotations/annotations.js";
import { splitUnits } from "../../dist/data/annotations/split.js";
import { LanguageModel } from "../../dist/describer/language-model.js";
import { sampleTokens } from "../../dist/describer/search/sample.js";
import { toExample } from "../../dist/describer/training/examples.js";
import { trainLanguageModel } from "../../dist/describer/training/train-language-model.js";
import { kneserNey, perplexityOf, unigrams } from "../../dist/language/ngrams.js";
import { tokenize } from "../../dist/language/tokens.js";
import { Vocabulary } from "../../dist/language/vocabulary.js";

const [path, epochs = "100"] = process.argv.slice(2);
const LENGTH = 15;
const { list } = await readAnnotations(path);
const isHeldOut = splitUnits(list, 0.1, 0);
const texts = list.map(({ summary }) => tokenize(summary));
const vocabulary = Vocabulary.of(
  texts.filter((_, i) => !isHeldOut[i]),
  1,
);
const all = texts.map((words) => toExample(0, words, vocabulary, LENGTH));
const [examples, heldOut] = [false, true].map((held) => all.filter((_, i) => isHeldOut[i] === held));
const sequences = (some) => some.map(({ tokens }) => tokens);
const counts = { vocabulary: vocabulary.size };
const [single, triple] = [unigrams, kneserNey].map((train) =>
  perplexityOf(train(sequences(examples), counts), sequences(heldOut)),
);
console.log(
  `${examples.length} annotations to learn from, ${heldOut.length} held out; ${vocabulary.words.length} words seen twice or more`,
);

const work = mkdtempSync(join(tmpdir(), "milan-language-"));
const progress = { begin: (phase) => console.error(phase), update() {}, end() {}, warn: console.error };
const { values, training } = await trainLanguageModel({
  ...{ vocabulary, length: LENGTH, batch: 128, epochs: Number(epochs), patience: 4, learningRate: 1e-3, dropout: 0.5 },
  ...{ embedding: 128, hidden: 512, layers: 2, seed: 0, stem: join(work, "lm"), identity: {}, resume: false },
  ...{ now: () => performance.now(), progress, examples, heldOut },
});
rmSync(work, { recursive: true });
const perplexity = Math.exp(training.best.value);
console.log(
  `perplexity: language model ${perplexity.toFixed(1)} (best of ${training.epochs} epochs: ${training.best.epoch}, ${(training.seconds / training.steps).toFixed(2)} s a step), ` +
    `trigrams ${triple.toFixed(1)}, single words ${single.toFixed(1)}`,
);
const model = await LanguageModel.open(values);
const options = { start: vocabulary.start, stop: vocabulary.stop, length: LENGTH };
for (const tokens of await sampleTokens(model, 12, new Random(0), options)) {
  console.log(`  ${vocabulary.wordsOf(tokens).join(" ")}`);
}
await model.close();
process.exitCode = perplexity < triple ? 0 : 1;
