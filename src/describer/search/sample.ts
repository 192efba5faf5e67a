/** Descriptions drawn from the language model p(d): what it believes people say of units, without having seen any. */
import type { Random } from "../../base/random.js";
import type { LanguageModel } from "../language-model.js";
import { type Prefix, rowsOf } from "../prefix.js";

export interface SampleOptions {
  readonly start: number;
  readonly stop: number;
  /** Most tokens, `<stop>` included. */
  readonly length: number;
}

/** Draws `count` sequences, each up to and including its `<stop>`. */
export async function sampleTokens(
  model: LanguageModel,
  count: number,
  random: Random,
  { start, stop, length }: SampleOptions,
): Promise<number[][]> {
  const drawn = Array.from({ length: count }, (): number[] => []);
  const origin = model.origin();
  const empty = new Float32Array(0);
  let open = drawn.map((tokens): { tokens: number[]; prefix: Prefix } => ({
    tokens,
    prefix: { token: start, previous: origin, state: empty },
  }));
  for (let step = 0; step < length && open.length > 0; step++) {
    const prefixes = open.map(({ prefix }) => prefix);
    await model.read(prefixes);
    const logps = rowsOf(await model.predict(prefixes), prefixes.length);
    open = open.flatMap(({ tokens, prefix }, row) => {
      const token = draw(logps[row], random);
      tokens.push(token);
      return token === stop ? [] : [{ tokens, prefix: { token, previous: prefix, state: empty } }];
    });
  }
  return drawn;
}

/** An index drawn with probability exp(logp). */
function draw(logp: Float32Array, random: Random): number {
  let rest = random.uniform();
  for (let i = 0; i < logp.length; i++) {
    rest -= Math.exp(logp[i]);
    if (rest < 0) return i;
  }
  return logp.length - 1; // rounding left a crumb
}
