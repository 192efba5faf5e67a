/** A tensor program ready to run: written as ONNX, opened in the runtime, its parameters fed from outside at every run. */
import { type ModelOptions, toModel } from "../grad/emit.js";
import type { Graph, Tensor } from "../grad/graph.js";
import { openSession } from "../runtime/open.js";
import type { Arrays, Session, SessionOptions } from "../runtime/session.js";
import type { NdArray } from "../tensor/ndarray.js";

/** Values of parameters by name. The arrays are fed as they are: whoever changes them changes the next run. */
export type ParameterValues = Map<string, NdArray<"float32">>;

export interface ProgramOptions {
  /** What a run returns, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly session?: SessionOptions | undefined;
  /** Whether weights change between runs; convolutions are then written differently (see `emit`). Default: yes. */
  readonly lowered?: boolean;
}

/** A compiled program. Close it when done. */
export class Program {
  /** Names of the parameters it reads. */
  readonly parameters: readonly string[];
  readonly #session: Session;

  private constructor(session: Session, parameters: readonly string[]) {
    this.#session = session;
    this.parameters = parameters;
  }

  /** Writes and opens the program of `outputs`. */
  static async open(graph: Graph, { outputs, session = {}, lowered = true }: ProgramOptions): Promise<Program> {
    const options: ModelOptions = { outputs, lowered };
    const opened = await openSession(toModel(graph, options), session);
    const known = new Set(opened.inputs.map(({ name }) => name));
    return new Program(
      opened,
      [...graph.parameters.keys()].filter((name) => known.has(name)),
    );
  }

  /** Runs it. `data` are the graph's inputs by name, `values` hold at least its parameters. */
  async run(data: Arrays, values: ReadonlyMap<string, NdArray> = new Map()): Promise<Arrays> {
    const feeds: Arrays = { ...data };
    for (const name of this.parameters) {
      const value = values.get(name);
      if (!value) throw new Error(`running the program: no value for parameter ${name}`);
      feeds[name] = value;
    }
    return this.#session.run(feeds);
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

/** Runs a program once: its outputs for these inputs and parameters. */
export async function evaluate(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  data: Arrays = {},
  values: ReadonlyMap<string, NdArray> = new Map(),
): Promise<Arrays> {
  const program = await Program.open(graph, { outputs });
  try {
    return await program.run(data, values);
  } finally {
    await program.close();
  }
}
