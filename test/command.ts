/** A command of the command line, run in this process. */
import { Command } from "commander";
import { vi } from "vitest";

/** Runs a command, and gives what it wrote to standard output. @param register adds it to a program. */
export async function run(register: (program: Command) => void, args: readonly string[]): Promise<string> {
  const said: string[] = [];
  const spies = [
    vi.spyOn(process.stderr, "write").mockReturnValue(true),
    vi.spyOn(process.stdout, "write").mockImplementation((text) => said.push(String(text)) > 0),
  ];
  const program = new Command();
  register(program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return said.join("");
}
