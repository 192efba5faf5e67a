/** A server over small real runs, and questions to it. */
import { afterAll } from "vitest";
import { type ExplorerOptions, serveExplorer } from "../../src/explorer/server.js";
import type { Listening } from "../../src/serving/listen.js";
import { type Answer, type Asked, ask } from "../serving/ask.js";

export interface Served {
  readonly port: number;
  /** Faults of the server so far. */
  readonly faults: readonly unknown[];
  ask(path: string, how?: Asked): Promise<Answer>;
  /** The answer as JSON. Errors: any status but 200. */
  json<T>(path: string): Promise<T>;
  post(path: string, value: unknown): Promise<Answer>;
  close(): Promise<void>;
}

const open: Listening[] = [];
afterAll(async () => {
  for (const listening of open) await listening.close();
});

export async function serve(folders: readonly string[], options: ExplorerOptions = {}): Promise<Served> {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const listening = await serveExplorer(folders, { host: "127.0.0.1", port: 0, onFault, ...options });
  open.push(listening);
  const { port } = listening;
  return {
    port,
    faults,
    close: () => listening.close(),
    ask: (path, how) => ask(port, path, how),
    async json(path) {
      const answer = await ask(port, path);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
      return answer.json() as never;
    },
    post: (path, value) =>
      ask(port, path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(value),
      }),
  };
}
