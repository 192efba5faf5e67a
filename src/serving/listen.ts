/** A listening server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Env, Hono } from "hono";
import { codeOf, UserError } from "../base/errors.js";
import { inUrl, visited } from "./hosts.js";

export interface Listening {
  /** To open in a browser of this machine: `http://127.0.0.1:8000/`. */
  readonly url: string;
  readonly port: number;
  /** Stops: no new connections, open ones are cut. */
  close(): Promise<void>;
}

const LONGEST_REQUEST_MS = 60_000;

/**
 * Serves an application at an address of this machine.
 * @param port 0 for any that is free
 * @throws UserError where the port is taken, or the host is not this machine's
 */
export async function listen<E extends Env>(app: Hono<E>, where: { host: string; port: number }): Promise<Listening> {
  const { host, port } = where;
  const answer = getRequestListener(app.fetch as (request: Request) => Response | Promise<Response>);
  const server = createServer({ requestTimeout: LONGEST_REQUEST_MS, headersTimeout: 10_000 }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listeningProblem(error, host, port)));
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${inUrl(visited(host))}:${bound}/`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listeningProblem(error: unknown, host: string, port: number): unknown {
  const where = `serving at ${host}, port ${port}`;
  const problems: Record<string, string> = {
    EADDRINUSE: "the port is taken; choose another with --port, or --port 0 for any that is free",
    EACCES: "the port is reserved; choose one above 1023 with --port",
    EADDRNOTAVAIL: "this machine has no such address; choose one of its own with --host",
    ENOTFOUND: "no such host; choose an address of this machine with --host",
    EAI_AGAIN: "no such host; choose an address of this machine with --host",
  };
  const problem = problems[codeOf(error) ?? ""];
  return problem ? new UserError(`${where}: ${problem}`, { cause: error }) : error;
}
