/** The worker's side of the process that sweeps (`sweeper-process.ts`). */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Device } from "../base/devices.js";
import type { Task } from "./task.js";

/** One part of a task, with the places on this machine. */
export interface SweepRequest {
  /** Tells tasks and their places apart: what is open stays open for equal keys. */
  readonly key: string;
  readonly task: Task;
  readonly model: string;
  readonly probe: string;
  /** From 1. */
  readonly part: number;
  /** Where the state goes, and what is there of it already. */
  readonly folder: string;
  readonly threads?: number | undefined;
  readonly device?: Device | undefined;
}

export type Outcome =
  | { readonly kind: "done"; readonly skipped: number }
  /** This machine cannot: another might. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The part did not get done here. */
  | { readonly kind: "failed"; readonly reason: string }
  /** `stop` was called. */
  | { readonly kind: "stopped" };

export type SweepReply =
  | Exclude<Outcome, { kind: "stopped" }>
  | { readonly kind: "progress"; readonly done: number; readonly total?: number }
  | { readonly kind: "warning"; readonly message: string };

export class Sweeper {
  #child: ChildProcess | undefined;
  #isClosed = false;

  /** Sweeps a part, one at a time. @param onReply gets what is said on the way. */
  sweep(request: SweepRequest, onReply: (reply: SweepReply) => void): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve({ kind: "stopped" });
    const child = this.#running();
    return new Promise((resolve) => {
      const end = (outcome: Outcome) => {
        child.off("message", hear).off("exit", exit);
        resolve(outcome);
      };
      const hear = (reply: SweepReply) =>
        reply.kind === "progress" || reply.kind === "warning" ? onReply(reply) : end(reply);
      const exit = (code: number | null, signal: string | null) => {
        if (this.#child !== child) return end({ kind: "stopped" });
        this.#child = undefined;
        const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
        end({
          kind: "failed",
          reason: `the process that sweeps ${how}; look for what it said, or for a lack of memory`,
        });
      };
      child.on("message", hear).on("exit", exit);
      child.send(request, (error) => {
        if (error) child.kill("SIGKILL");
      });
    });
  }

  /** Ends the process, whatever it is at; a part under way is `stopped`. What it has saved stays. */
  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
  }

  /** Ends it for good. */
  close(): void {
    this.#isClosed = true;
    this.stop();
  }

  #running(): ChildProcess {
    this.#child ??= fork(fileURLToPath(new URL("sweeper-process.js", import.meta.url)), [], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    return this.#child;
  }
}
