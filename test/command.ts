/** Commands of the command line, run in this process. */
import { Command } from "commander";
import { vi } from "vitest";

interface Said<T> {
  readonly result: T;
  readonly stdout: string;
  readonly stderr: string;
}

/** Does something, and gives what it wrote to standard output and standard error, which stay silent. */
export async function captured<T>(work: () => Promise<T>): Promise<Said<T>> {
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      said[stream] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    }),
  );
  try {
    const result = await work();
    return { result, ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/**
 * Runs a command, and gives what it wrote to standard output. Errors: what the command throws, before it becomes a line.
 * @param register adds it to a program.
 */
export async function run(register: (program: Command) => void, args: readonly string[]): Promise<string> {
  const program = new Command().exitOverride();
  register(program);
  return (await captured(() => program.parseAsync([...args], { from: "user" }))).stdout;
}
