/**
 * Trains the tagger and the parser of `src/language/syntax/` on the English Web Treebank of Universal Dependencies and writes
 * `src/language/syntax/model.bin`. Run `npm run build` first, then
 *
 *     node scripts/train-syntax.js UD_FOLDER [epochs of the tagger, default 8] [of the parser, default 12]
 *
 * where the folder holds the `.conllu` files. Seeds are fixed: the same files give the same bytes. Takes about six minutes; prints accuracies on
 * development data after each epoch, on test data at the end.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../dist/base/random.js";
import { writeSyntax } from "../dist/language/syntax/open.js";
import { MOVES, ParserState, parse, parserFeatures, wordHashes } from "../dist/language/syntax/parser.js";
import { best } from "../dist/language/syntax/perceptron.js";
import { tag, tagWith, UNIVERSAL_TAGS } from "../dist/language/syntax/tagger.js";

const [folder, taggerEpochs = "8", parserEpochs = "12"] = process.argv.slice(2);
const FOLDS = 5;

const read = (pattern) =>
  readdirSync(folder)
    .filter((file) => pattern.test(file))
    .sort()
    .flatMap((file) => sentencesOf(readFileSync(join(folder, file), "utf8")));

function sentencesOf(text) {
  return text.split(/\n\n+/).flatMap((block) => {
    const rows = block.split("\n").flatMap((line) => (/^\d+\t/.test(line) ? [line.split("\t")] : []));
    if (rows.length === 0) return [];
    const heads = rows.map(([, , , , , , head]) => (head === "0" ? rows.length : Number(head) - 1));
    return [
      { tokens: rows.map(([, form]) => form), tags: rows.map(([, , , upos]) => UNIVERSAL_TAGS.indexOf(upos)), heads },
    ];
  });
}

/** Every second sentence in lower case: annotations are. */
const lowered = (sentences) =>
  sentences.map((sentence, i) =>
    i % 2 === 0 ? sentence : { ...sentence, tokens: sentence.tokens.map((token) => token.toLowerCase()) },
  );

/** An averaged perceptron over hashed features. */
class Perceptron {
  constructor(classes, bits) {
    this.classes = classes;
    this.mask = 2 ** bits - 1;
    this.weights = new Float32Array(classes * 2 ** bits);
    this.totals = new Float64Array(classes * 2 ** bits);
    this.stamps = new Int32Array(classes * 2 ** bits);
    this.time = 0;
    this.scores = new Float64Array(classes);
  }

  score(features) {
    const { classes, weights, mask, scores } = this;
    scores.fill(0);
    for (const each of features) {
      const row = (each & mask) * classes;
      for (let k = 0; k < classes; k++) scores[k] += weights[row + k];
    }
    return scores;
  }

  learn(features, right, guessed) {
    this.time++;
    if (right === guessed) return;
    for (const each of features) {
      const row = (each & this.mask) * this.classes;
      this.#change(row + right, 1);
      this.#change(row + guessed, -1);
    }
  }

  #change(at, by) {
    this.totals[at] += (this.time - this.stamps[at]) * this.weights[at];
    this.stamps[at] = this.time;
    this.weights[at] += by;
  }

  /** The mean weights over all of training, as small integers. */
  model() {
    const means = this.weights.map(
      (weight, at) => (this.totals[at] + (this.time - this.stamps[at]) * weight) / this.time,
    );
    const sorted = means
      .filter((mean) => mean !== 0)
      .map(Math.abs)
      .sort();
    const scale = 100 / sorted[Math.floor(0.999 * (sorted.length - 1))];
    const clipped = (mean) => Math.max(-127, Math.min(127, Math.round(mean * scale)));
    return { classes: this.classes, weights: Int8Array.from(means, clipped) };
  }
}

function trainTagger(sentences, epochs, seed, say) {
  const perceptron = new Perceptron(UNIVERSAL_TAGS.length, 18);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const index of new Random(seed + epoch).permutation(sentences.length)) {
      const { tokens, tags } = sentences[index];
      tagWith(tokens, (features, i) => {
        const guessed = best(perceptron.score(features));
        perceptron.learn(features, tags[i], guessed);
        return guessed;
      });
    }
    say?.(epoch, perceptron.model());
  }
  return perceptron.model();
}

const numbersOf = (model, tokens) => tag(model, tokens).map((name) => UNIVERSAL_TAGS.indexOf(name));

function tagAccuracy(model, sentences) {
  let [right, all] = [0, 0];
  for (const { tokens, tags } of sentences) {
    const found = numbersOf(model, tokens);
    for (const [i, each] of tags.entries()) {
      right += Number(each === found[i]);
      all++;
    }
  }
  return right / all;
}

function trainParser(sentences, epochs, say) {
  const perceptron = new Perceptron(MOVES.length, 20);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const index of new Random(100 + epoch).permutation(sentences.length)) {
      const { tokens, predicted, heads } = sentences[index];
      const state = new ParserState(tokens.length);
      const words = wordHashes(tokens);
      while (!state.isDone) {
        const features = parserFeatures(state, words, predicted);
        const scores = perceptron.score(features);
        const guessed = best(scores, (move) => state.allows(move));
        const gold = state.goldMoves(heads);
        // where no move keeps all of the gold tree (it crosses itself), nothing is learned
        const right = gold.length > 0 ? best(scores, (move) => gold.includes(move)) : guessed;
        perceptron.learn(features, right, guessed);
        state.make(guessed);
      }
    }
    say(epoch, perceptron.model());
  }
  return perceptron.model();
}

/** Shares of words with the right head: all of them, and without punctuation. */
function attachment(parser, tagger, sentences) {
  let [right, all, rightWords, words] = [0, 0, 0, 0];
  const punctuation = UNIVERSAL_TAGS.indexOf("PUNCT");
  for (const { tokens, tags, heads } of sentences) {
    const found = parse(parser, tokens, numbersOf(tagger, tokens));
    for (const [i, head] of heads.entries()) {
      const is = Number(found[i] === (head === tokens.length ? -1 : head));
      right += is;
      all++;
      if (tags[i] === punctuation) continue;
      rightWords += is;
      words++;
    }
  }
  return [right / all, rightWords / words];
}

const percent = (share) => (100 * share).toFixed(2);
const training = lowered(read(/ewt.*train/));
const development = read(/ewt.*dev/);
console.log(`${training.length} sentences to learn from, ${development.length} to develop on`);
const tagger = trainTagger(training, Number(taggerEpochs), 0, (epoch, model) =>
  console.log(`tagger, epoch ${epoch + 1}: ${percent(tagAccuracy(model, development))} %`),
);
// the parser learns from tags as wrong as those it will get: each fifth is tagged by a tagger of the others
const tagged = new Array(training.length);
for (let fold = 0; fold < FOLDS; fold++) {
  const isIn = (_, i) => i % FOLDS === fold;
  const others = trainTagger(
    training.filter((each, i) => !isIn(each, i)),
    4,
    10 + fold,
  );
  for (const [i, sentence] of training.entries()) {
    if (isIn(sentence, i)) tagged[i] = { ...sentence, predicted: numbersOf(others, sentence.tokens) };
  }
}
const parser = trainParser(tagged, Number(parserEpochs), (epoch, model) =>
  console.log(`parser, epoch ${epoch + 1}: ${percent(attachment(model, tagger, development.slice(0, 800))[0])} %`),
);
await writeSyntax("src/language/syntax/model.bin", { tagger, parser });
for (const [name, sentences] of [
  ["EWT test", read(/ewt.*test/)],
  ["PUD", read(/pud.*test/)],
]) {
  const low = sentences.map((sentence) => ({
    ...sentence,
    tokens: sentence.tokens.map((token) => token.toLowerCase()),
  }));
  const [all, words] = attachment(parser, tagger, sentences);
  console.log(
    `${name}: tags ${percent(tagAccuracy(tagger, sentences))} % (in lower case ${percent(tagAccuracy(tagger, low))} %), ` +
      `heads ${percent(all)} %, without punctuation ${percent(words)} %`,
  );
}
