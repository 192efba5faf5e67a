/** A real Redis of a test's own, on a free port, that keeps nothing. Without redis-server such tests are skipped, except in CI. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";

const COMMAND = process.env.REDIS_SERVER ?? "redis-server";

/** `describe` for tests with Redis: skipped, with a line that says why, when there is none. */
export function describeRedis(title: string, body: () => void): void {
  const isThere = spawnSync(COMMAND, ["--version"]).status === 0;
  if (isThere || process.env.CI === "1") describe(title, body);
  else describe.skip(`${title} (skipped: no ${COMMAND}; set REDIS_SERVER)`, body);
}

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "milan-redis-"));
  readonly #more: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, more: readonly string[]) {
    this.port = port;
    this.#more = more;
  }

  /** Starts one. @param more options of redis-server. */
  static async start(...more: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it at the same port, empty. */
  async start(): Promise<void> {
    const place = ["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder];
    const child = spawn(COMMAND, [...place, "--save", "", "--appendonly", "no", ...this.#more]);
    this.#process = child;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (piece: Buffer) => {
        said += piece;
        if (/Ready to accept connections/.test(said)) resolve();
      });
      child.on("error", reject);
      child.on("exit", () => reject(new Error(said)));
    });
  }

  /** Kills it (SIGKILL): what it held is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A port at which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
