/** A server that can be told to misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse, asked: number) => void;

export interface BadServer {
  readonly url: string;
  /** What is answered at a path. */
  readonly at: Map<string, Answer>;
  /** Requests so far: path and range. */
  readonly asked: { readonly path: string; readonly range: string | undefined }[];
  close(): Promise<void>;
}

export async function badServer(): Promise<BadServer> {
  const at = new Map<string, Answer>();
  const asked: { path: string; range: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = request.url!;
    const answer = at.get(path);
    asked.push({ path, range: request.headers.range });
    if (answer) answer(request, response, asked.filter((each) => each.path === path).length);
    else response.writeHead(404).end("no");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ at, asked },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** A file, as an honest server gives it: whole, or from where it is asked for. @param cut after so many bytes the connection breaks. */
export function file(bytes: Uint8Array, { etag = '"one"', cut }: { etag?: string | null; cut?: number } = {}): Answer {
  return (request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
    const isSame = etag !== null && request.headers["if-range"] === etag;
    const from = range && isSame ? Number(range[1]) : 0;
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": rest.length,
      ...(etag !== null && { etag }),
      ...(from > 0 && { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    if (cut === undefined) response.end(rest);
    else response.write(rest.subarray(0, cut), () => response.socket?.end());
  };
}
