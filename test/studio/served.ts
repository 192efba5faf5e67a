/** Studies as they are served: a folder of exemplars, and the command that serves it in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { silent } from "../../src/base/progress.js";
import { writeMilannotations } from "../../src/exemplars/milannotations.js";
import { MAIN } from "../cli/milan.js";
import { forgedStore } from "../explorer/forged.js";
import { type Asked, ask } from "../serving/ask.js";
import { scratch } from "./studies.js";

/** A MILANNOTATIONS folder of made-up exemplars. */
export async function newFolder(name: string, layers: Record<string, number>): Promise<string> {
  const folder = join(scratch, name);
  mkdirSync(folder);
  await writeMilannotations(forgedStore(layers), folder, silent);
  return folder;
}

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Serves a folder's study by the command line. */
export async function served(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, "annotate", ...args, "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let said = "";
  const greeted = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (data) => {
      said += data;
      if (/Ctrl\+C/.test(said)) resolve(said);
    });
    child.stderr.on("data", (data) => (said += data));
    child.once("close", () => reject(new Error(said)));
  });
  const greeting = await greeted;
  const url = /annotators: (\S+)/.exec(greeting)![1];
  const ended = once(child, "close");
  return {
    ...{ url, greeting },
    port: Number(new URL(url).port),
    pid: child.pid!,
    /** Ends the process by a signal. */
    async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<number | null> {
      child.kill(signal);
      const [code] = await ended;
      children.delete(child);
      return code as number | null;
    },
  };
}

/** An annotator as a program: keeps their cookie. */
export class Client {
  readonly port: number;
  cookie = "";

  constructor(port: number, cookie = "") {
    this.port = port;
    this.cookie = cookie;
  }

  /** Asks, with a body as JSON where there is one. */
  async ask(path: string, body?: unknown, asked: Asked = {}) {
    const headers = {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(this.cookie && { cookie: this.cookie }),
      ...asked.headers,
    };
    const answer = await ask(this.port, path, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      ...asked,
      headers,
    });
    const set = answer.headers["set-cookie"];
    if (set) {
      const given = set.map((cookie) => cookie.split(";")[0]);
      const kept = this.cookie
        .split("; ")
        .filter((old) => old && !given.some((one) => one.split("=")[0] === old.split("=")[0]));
      this.cookie = [...kept, ...given].join("; ");
    }
    return answer;
  }

  async join(nickname: string): Promise<this> {
    const { status, text } = await this.ask("/api/join", { nickname });
    if (status !== 200) throw new Error(text);
    return this;
  }

  /** Describes what there is until nothing is left; gives the codes of the assignments that were taken. */
  async describeAll(say: (unit: string) => string): Promise<string[]> {
    const taken: string[] = [];
    for (;;) {
      const next = (await this.ask("/api/next", {})).json() as { assignment: { code: string; unit: string } | null };
      if (!next.assignment) return taken;
      const { code, unit } = next.assignment;
      const { status } = await this.ask(`/api/assignments/${code}`, { text: say(unit), activeMs: 10 });
      if (status === 200) taken.push(code);
    }
  }
}
