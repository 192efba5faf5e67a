/** State dictionaries: weights by name, as PyTorch's modules and this project's networks both have them. */
import { UserError } from "../base/errors.js";
import type { Parameter, Tensor } from "../engine/grad/graph.js";
import { type NdArray, toFloat32 } from "../engine/tensor/ndarray.js";
import type { ParameterValues } from "../engine/train/program.js";

/** Weights by name, such as `layer1.0.conv1.weight`. */
export type State = ReadonlyMap<string, NdArray>;

type Parameters = ReadonlyMap<string, Parameter>;

/** The parameters of their graph that `outputs` depend on, in the order of declaration. */
export function parametersOf(outputs: readonly Tensor[]): Map<string, Parameter> {
  const seen = new Set(outputs);
  for (const { node } of seen) for (const input of node?.inputs ?? []) seen.add(input); // grows while we walk it
  const all = [...(outputs[0]?.graph.parameters ?? [])];
  return new Map(all.filter(([, { tensor }]) => seen.has(tensor)));
}

/** The weights whose names begin with `prefix`, without it. */
export const partOf = (state: State, prefix: string): State =>
  new Map(
    [...state].filter(([name]) => name.startsWith(prefix)).map(([name, array]) => [name.slice(prefix.length), array]),
  );

export interface LoadOptions {
  /** What is being loaded, for messages. Default "the weights". */
  readonly title?: string;
  /** Which weights may be left over. PyTorch's counters of batches always may. */
  readonly ignore?: (name: string) => boolean;
}

/**
 * Values for parameters out of a state dictionary. Float32 arrays are taken as they are, without a copy; others are converted.
 * Errors: one `UserError` that lists what is missing, what is unexpected and what has another shape.
 */
export function loadState(parameters: Parameters, state: State, options: LoadOptions = {}): ParameterValues {
  const { title = "the weights", ignore = () => false } = options;
  const missing: string[] = [];
  const misshapen: string[] = [];
  const values: ParameterValues = new Map();
  for (const [name, { tensor }] of parameters) {
    const array = state.get(name);
    if (!array) missing.push(`\`${name}\` [${tensor.shape}]`);
    else if (String(array.shape) !== String(tensor.shape)) {
      misshapen.push(`\`${name}\` expected [${tensor.shape}], got [${array.shape}]`);
    } else values.set(name, toFloat32(array));
  }
  const unexpected = [...state]
    .filter(([name]) => !parameters.has(name) && !name.endsWith("num_batches_tracked") && !ignore(name))
    .map(([name, { shape }]) => `\`${name}\` [${shape}]`);
  const problems = [
    ...some("missing", missing),
    ...some("unexpected", unexpected),
    ...some("of another shape", misshapen),
  ];
  if (problems.length === 0) return values;
  throw new UserError(
    `loading ${title}: ${problems.join("; ")}; expected the ${parameters.size} of this network, got ${state.size}; check its depth, widths and classes`,
  );
}

/** How many have a problem, and the first of them. */
function some(problem: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? ", ..." : "";
  return [`${names.length} ${problem} (${names.slice(0, SHOWN).join(", ")}${more})`];
}

const SHOWN = 4;
