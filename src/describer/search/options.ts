/** How to decode: the searches of the paper, their settings, and the defaults the paper uses. */
import { UserError } from "../../base/errors.js";

/**
 * `rerank`: beam search by log p(d | E), the beam reordered by log p(d | E) - λ log p(d); the paper's method.
 * `beam`: the same without reordering. `greedy`: always the likeliest next token. `mi`: beam search by
 * log p(w | d, E) - λ log p(w | d) of each word w; greedily with a beam of 1.
 */
export const SEARCHES = ["rerank", "beam", "greedy", "mi"] as const;
export type Search = (typeof SEARCHES)[number];

export interface DecodingOptions {
  readonly search: Search;
  /** Weight of the language model, λ; default 0.2. */
  readonly lambda?: number;
  /** Hypotheses kept; default 50. */
  readonly beam?: number;
  /** Largest number of tokens, the final `<stop>` included; default 15. */
  readonly length?: number;
  /** Units decoded together; default 16. Each takes about 4 MB. The results are the same for any number. */
  readonly batch?: number;
  /**
   * `reference` repeats two habits of the reference implementation, the units of the call being its batch: log p(d) counts
   * one token after `<stop>` where the longest caption of the batch leaves room for it, and greedy decoding goes on after
   * `<stop>`.
   */
  readonly compat?: "reference" | undefined;
}

/** Options with every default filled in. */
export type Settings = Required<DecodingOptions>;

/** Fills in the defaults. Throws `UserError` for a value out of range, or a search that needs a missing language model. */
export function completed(options: DecodingOptions, hasLanguageModel: boolean): Settings {
  const settings = { lambda: 0.2, beam: 50, length: 15, batch: 16, compat: undefined, ...options };
  const { search, lambda } = settings;
  if (!SEARCHES.includes(search)) {
    throw new UserError(`describing: no search "${search}"; expected ${SEARCHES.join(", ")}`);
  }
  for (const name of ["beam", "length", "batch"] as const) {
    if (!(Number.isInteger(settings[name]) && settings[name] > 0)) {
      throw new UserError(`describing: ${name} ${settings[name]}; expected a whole number above 0`);
    }
  }
  if (!Number.isFinite(lambda)) throw new UserError(`describing: lambda ${lambda}; expected a number such as 0.2`);
  if (!hasLanguageModel && (search === "rerank" || search === "mi")) {
    throw new UserError(
      `describing: search "${search}" needs a language model, and the describer has none; use "beam"`,
    );
  }
  return settings;
}
