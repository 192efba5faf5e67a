/** Requests that a browser would not make: with any Host header, an undecoded path, or no HTTP at all. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  json(): unknown;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Uint8Array | readonly Uint8Array[];
}

/** Sends `path` as it is: nothing in it is resolved or encoded. A body in pieces goes without announcing its length. */
export function ask(port: number, path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const whole = Buffer.concat(parts);
        const text = whole.toString("utf8");
        const { statusCode, headers } = response;
        resolve({ status: statusCode!, headers, body: whole, text, json: () => JSON.parse(text) });
      });
    });
    sent.on("error", reject);
    if (Array.isArray(body)) for (const part of body) sent.write(part);
    else if (body !== undefined) sent.write(body);
    sent.end();
  });
}

/** Sends bytes as they are, and gives the first line of the answer, or "" where the connection was closed without one. */
export function send(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.on("data", (part) => {
      text += part.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text.split("\r\n")[0]));
    socket.setTimeout(2000, () => socket.destroy());
  });
}
