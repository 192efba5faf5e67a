/**
 * The reference implementation's algorithm on our runtime, for comparison: exemplars are copied for each of the 50
 * hypotheses, their attention keys projected anew in every step, every hypothesis is stepped until the last one of the
 * batch is finished, and the language model reads all captions in full length.
 */
import { GraphBuilder } from "../../dist/engine/onnx/build.js";
import { encodeModel } from "../../dist/engine/onnx/model.js";
import { Session } from "../../dist/engine/runtime/session.js";
import { ndarray } from "../../dist/engine/tensor/ndarray.js";

/** @param {Map<string, any>} weights of the captioner @param {import("./weights.js").PAPER} sizes */
export async function openNaive(weights, sizes) {
  const { k, feature, hidden, words } = sizes;
  const g = new GraphBuilder("naive-step");
  const constant = (name) => g.constant(weights.get(name), name);
  const shape = (...dims) => g.constant(ndarray("int64", [dims.length], BigInt64Array.from(dims, BigInt)));
  const layer = (x, name) => g.node("Gemm", [x, constant(`${name}.weight`), constant(`${name}.bias`)], { transB: 1 });
  const features = g.input("features", "float32", ["n", k, feature]);
  const h = g.input("h", "float32", ["n", hidden]);
  const c = g.input("c", "float32", ["n", hidden]);
  const tokens = g.input("tokens", "int64", ["n"]);
  const keys = layer(g.node("Reshape", [features, shape(-1, feature)]), "attend.key_to_hidden");
  const query = g.node("Unsqueeze", [layer(h, "attend.query_to_hidden"), shape(1)]);
  const sum = g.node("Add", [g.node("Reshape", [keys, shape(-1, k, sizes.attention)]), query]);
  const flat = g.node("Reshape", [g.node("Tanh", [sum]), shape(-1, sizes.attention)]);
  const energies = g.node("Reshape", [layer(flat, "attend.output.0"), shape(-1, 1, k)]);
  const seen = g.node("MatMul", [g.node("Softmax", [energies], { axis: 2 }), features]);
  const gate = g.node("Sigmoid", [layer(h, "feature_gate.0")]);
  const gated = g.node("Mul", [g.node("Reshape", [seen, shape(-1, feature)]), gate]);
  const embedded = g.node("Gather", [constant("embedding.weight"), tokens]);
  const inputs = g.node("Concat", [embedded, gated], { axis: 1 });
  const gates = g.node("Add", [
    g.node("Gemm", [inputs, constant("lstm.weight_ih"), constant("lstm.bias_ih")], { transB: 1 }),
    g.node("Gemm", [h, constant("lstm.weight_hh"), constant("lstm.bias_hh")], { transB: 1 }),
  ]);
  const [i, f, u, o] = g.nodes("Split", [gates], { axis: 1 }, 4);
  const cell = g.node("Add", [
    g.node("Mul", [g.node("Sigmoid", [f]), c]),
    g.node("Mul", [g.node("Sigmoid", [i]), g.node("Tanh", [u])]),
  ]);
  const state = g.node("Mul", [g.node("Sigmoid", [o]), g.node("Tanh", [cell])]);
  g.output(state, "hAfter", "float32", ["n", hidden]);
  g.output(cell, "cAfter", "float32", ["n", hidden]);
  g.output(g.node("LogSoftmax", [layer(state, "output.1")], { axis: 1 }), "logp", "float32", ["n", words + 4]);
  return Session.open(encodeModel(g.build()));
}

/**
 * Reranked beams of a batch, best first: `{ tokens, logp, pmi }`, the language model's score being the right one.
 * @param {{ naive: any, captioner: any, languageModel: any, start: number, stop: number }} models
 */
export async function describeNaively({ naive, captioner, languageModel, start, stop }, features, sizes, options) {
  const { beam, length, lambda } = options;
  const { k, feature, hidden } = sizes;
  const units = features.shape[0];
  const { origins } = await captioner.begin(features);
  let beams = origins.map(({ state }) => [
    { tokens: [], logp: 0, ended: false, h: state.slice(0, hidden), c: state.slice(hidden) },
  ]);
  for (let step = 0; step < length && beams.flat().some(({ ended }) => !ended); step++) {
    const width = beams[0].length;
    const count = units * width;
    const copied = new Float32Array(count * k * feature);
    const h = new Float32Array(count * hidden);
    const c = new Float32Array(count * hidden);
    const all = beams.flat();
    all.forEach((hypothesis, n) => {
      const unit = Math.floor(n / width);
      copied.set(features.data.subarray(unit * k * feature, (unit + 1) * k * feature), n * k * feature);
      h.set(hypothesis.h, n * hidden);
      c.set(hypothesis.c, n * hidden);
    });
    const { logp, hAfter, cAfter } = await naive.run({
      features: ndarray("float32", [count, k, feature], copied),
      h: ndarray("float32", [count, hidden], h),
      c: ndarray("float32", [count, hidden], c),
      tokens: ndarray(
        "int64",
        [count],
        BigInt64Array.from(all, ({ tokens }) => BigInt(tokens.at(-1) ?? start)),
      ),
    });
    const vocabulary = logp.shape[1];
    const row = (array, n, size) => array.data.subarray(n * size, (n + 1) * size);
    beams = beams.map((hypotheses, unit) => {
      const candidates = [];
      hypotheses.forEach((hypothesis, rank) => {
        const n = unit * width + rank;
        const stay = { from: hypothesis, n, token: stop, logp: hypothesis.logp };
        if (hypothesis.ended) candidates.push(stay);
        else {
          const gains = row(logp, n, vocabulary);
          const bar = Float32Array.from(gains).sort()[Math.max(0, vocabulary - beam)];
          gains.forEach((gain, token) => {
            if (gain >= bar) candidates.push({ from: hypothesis, n, token, logp: hypothesis.logp + gain });
          });
        }
      });
      candidates.sort((a, b) => b.logp - a.logp);
      return candidates.slice(0, beam).map(({ from, n, token, logp: total }) => ({
        tokens: [...from.tokens, token],
        logp: total,
        ended: token === stop,
        h: row(hAfter, n, hidden),
        c: row(cAfter, n, hidden),
      }));
    });
  }
  const captions = beams.flat().map(({ tokens }) => tokens);
  const words = await scoreInFull(languageModel, captions, start, stop);
  const scored = beams.map((hypotheses, unit) =>
    hypotheses.map(({ tokens, logp }, rank) => {
      const end = tokens.indexOf(stop);
      const pmi = logp - lambda * words[unit * beam + rank];
      return { tokens: end < 0 ? tokens : tokens.slice(0, end + 1), logp, pmi };
    }),
  );
  return scored.map((hypotheses) => hypotheses.sort((a, b) => b.pmi - a.pmi));
}

/** log p(d) up to the first `<stop>`, every caption read by itself and to the last column. */
async function scoreInFull(model, captions, start, stop) {
  const scores = new Array(captions.length).fill(0);
  let prefixes = captions.map(() => ({ token: start, previous: model.origin(), state: new Float32Array(0) }));
  for (let column = 0; column < captions[0].length; column++) {
    await model.read(prefixes);
    const logp = await model.predict(prefixes);
    const vocabulary = logp.length / captions.length;
    captions.forEach((tokens, n) => {
      if (!tokens.slice(0, column).includes(stop)) scores[n] += logp[n * vocabulary + tokens[column]];
    });
    prefixes = prefixes.map((previous, n) => ({
      token: captions[n][column],
      previous,
      state: new Float32Array(0),
    }));
  }
  return scores;
}
