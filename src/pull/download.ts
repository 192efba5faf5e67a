/**
 * One file from elsewhere. What arrives is checked against what was announced and what is known before anything appears at its place; what was cut off is
 * gone on with, as long as the server still has the same file. The server is not trusted with anything: not to send as much as it says, not to go on
 * sending, not to stay where it is.
 */
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, fileProblem, messageOf, UserError } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { sha256File } from "../base/hash.js";
import { parseJson } from "../base/json.js";
import { type Progress, silent } from "../base/progress.js";

export interface Download {
  /** What is pulled, for messages. */
  readonly what: string;
  readonly url: string;
  /** Where the file shall be. While it is under way there are `PATH.part` and `PATH.part.json` beside it. */
  readonly path: string;
  /** More is refused, in bytes. */
  readonly limit: number;
  /** Its SHA-256, or the first digits of it. */
  readonly sha256?: string | undefined;
  /** Its size in bytes, where known beforehand. */
  readonly bytes?: number | undefined;
  /** Told what has come before it is in its place. What it throws keeps it from there. */
  readonly accept?: (came: Downloaded) => Promise<void>;
}

export interface DownloadOptions {
  readonly progress?: Progress;
  /** A server that sends nothing for so long has stalled; default 30 s. */
  readonly stallMs?: number;
  /** Tries in a row that bring nothing; default 4. */
  readonly tries?: number;
  /** Between them, doubled each time; default 1 s. */
  readonly waitMs?: number;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

/** Redirects that are followed. */
const MOST_REDIRECTS = 8;

/** A failure that another try may not meet. */
class Passing extends Error {}

/**
 * Downloads a file.
 * Errors: `UserError` for a server that does not answer, refuses, stalls again and again or sends too much, and for a file that is not the one expected.
 */
export async function download(wanted: Download, options: DownloadOptions = {}): Promise<Downloaded> {
  const { what, url, path } = wanted;
  const { tries = 4, waitMs = 1000, progress = silent } = options;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw fileProblem("writing", dirname(path), error);
  });
  for (let failed = 0; ; ) {
    const before = await sizeOf(part);
    try {
      await attempt(wanted, part, options);
      break;
    } catch (error) {
      progress.end();
      if (!(error instanceof Passing)) throw fileProblem("writing", part, error);
      failed = (await sizeOf(part)) > before ? 1 : failed + 1;
      if (failed >= tries) {
        throw new UserError(
          `pulling ${what}: ${url}: ${messageOf(error)}; expected the file, try again later (what has come is kept), or set MILAN_MIRROR to another place`,
        );
      }
      progress.warn(`pulling ${what}: ${messageOf(error)}; trying again`);
      await sleep(waitMs * 2 ** (failed - 1));
    }
  }
  return settle(wanted, part);
}

/** What a partial file is of: only the same may be added to it. */
interface Origin {
  readonly url: string;
  /** What the server calls this version of the file. */
  readonly version: string;
}

async function attempt(wanted: Download, part: string, options: DownloadOptions): Promise<void> {
  const { what, url, limit } = wanted;
  const { stallMs = 30_000, progress = silent } = options;
  const origin = await originOf(part);
  const had = origin?.url === url ? await sizeOf(part) : 0;
  const stall = new Stall(stallMs);
  try {
    const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "milan" };
    if (had > 0 && origin) Object.assign(headers, { range: `bytes=${had}-`, "if-range": origin.version });
    const response = await follow(wanted, headers, stall);
    if (response.status === 416) {
      await response.body?.cancel();
      const all = /^bytes \*\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
      if (all && Number(all[1]) === had) {
        // all had come when the process was killed
        progress.begin(`pulling ${what}`, had, "byte", had);
        progress.end();
        return;
      }
      await rm(part, { force: true });
      throw new Passing("the server has less than was asked for");
    }
    const from = startOf(response, had);
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    const total = Number.isFinite(length) && !response.headers.has("content-encoding") ? from + length : undefined;
    const expected = wanted.bytes ?? total;
    if (Math.max(total ?? 0, expected ?? 0) > limit) throw tooLarge(what, limit, total ?? expected);
    const version = response.headers.get("etag")?.replace(/^W\/.*/, "") || response.headers.get("last-modified");
    if (from === 0) {
      await rm(part, { force: true });
      if (version) await writeFileAtomically(`${part}.json`, `${JSON.stringify({ url, version } satisfies Origin)}\n`);
      else await rm(`${part}.json`, { force: true });
    }
    progress.begin(`pulling ${what}`, expected ?? limit, "byte", from);
    const arrived = await receive(response, part, from, wanted, stall, progress);
    progress.end();
    if (total !== undefined && arrived < total) {
      throw new Passing(`the connection was cut after ${arrived} of ${total} bytes`);
    }
  } finally {
    stall.stop();
  }
}

/** Writes what arrives behind what is there. Returns the bytes that there are. */
async function receive(
  response: Response,
  part: string,
  from: number,
  { what, limit }: Download,
  stall: Stall,
  progress: Progress,
): Promise<number> {
  const file: FileHandle = await open(part, from === 0 ? "w" : "a");
  let arrived = from;
  try {
    for await (const piece of response.body ?? []) {
      stall.reset();
      arrived += piece.length;
      if (arrived > limit) throw tooLarge(what, limit, undefined);
      await file.writeFile(piece);
      progress.update(arrived);
    }
  } catch (error) {
    if (error instanceof UserError) {
      await rm(part, { force: true });
      throw error;
    }
    throw passing(error, stall);
  } finally {
    await file.sync().catch(() => {});
    await file.close();
  }
  return arrived;
}

/** Checks what has come, and puts it in its place. */
async function settle(
  { what, url, path, sha256: known, bytes: size, accept }: Download,
  part: string,
): Promise<Downloaded> {
  const bytes = await sizeOf(part);
  const sha256 = await sha256File(part);
  if ((known !== undefined && !sha256.startsWith(known.toLowerCase())) || (size !== undefined && size !== bytes)) {
    await rm(part, { force: true });
    await rm(`${part}.json`, { force: true });
    const expected = known === undefined ? `${size} bytes` : `SHA-256 ${known}${known.length < 64 ? "..." : ""}`;
    throw new UserError(
      `pulling ${what}: ${url} sent another file (${bytes} bytes, SHA-256 ${sha256}); expected ${expected}; it was deleted, try again or another place`,
    );
  }
  await accept?.({ bytes, sha256 });
  try {
    await rename(part, path);
  } catch (error) {
    throw fileProblem("writing", path, error);
  }
  await rm(`${part}.json`, { force: true });
  return { bytes, sha256 };
}

/** Asks, and goes where it is sent: never from https to http, nor to anything that is neither. */
async function follow(wanted: Download, headers: Record<string, string>, stall: Stall): Promise<Response> {
  const { what, url } = wanted;
  let here = new URL(url);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    let response: Response;
    try {
      response = await fetch(here.href, { headers, redirect: "manual", signal: stall.signal });
    } catch (error) {
      throw passing(error, stall);
    }
    stall.reset();
    const target = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || response.status === 304 || target === null) {
      return answered(wanted, response, here);
    }
    await response.body?.cancel();
    const next = URL.canParse(target, here.href) ? new URL(target, here) : undefined;
    const isSafe = next && (next.protocol === "https:" || (next.protocol === "http:" && here.protocol === "http:"));
    if (!isSafe) {
      throw new UserError(
        `pulling ${what}: ${here.href} sends on to ${target.slice(0, 200)}; expected an https address, try another place`,
      );
    }
    here = next;
  }
  throw new UserError(
    `pulling ${what}: ${url} was sent on ${MOST_REDIRECTS} times; expected a file, try another place`,
  );
}

async function answered({ what }: Download, response: Response, { href }: URL): Promise<Response> {
  const { status } = response;
  if (status === 200 || status === 206 || status === 416) return response;
  await response.body?.cancel();
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    throw new Passing(`the server answers ${status}`);
  }
  const why = status === 404 || status === 410 ? "there is no such file" : "the server refuses it";
  throw new UserError(
    `pulling ${what}: ${href} answers ${status}, ${why}; expected the file, check the address or set MILAN_MIRROR to another place`,
  );
}

/** Where an answer begins: behind what was asked for, or at the start when the file has changed or the server cannot go on. */
function startOf(response: Response, had: number): number {
  if (response.status !== 206) return 0;
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  if (range && Number(range[1]) === had) return had;
  throw new Passing("the server sent another part than was asked for");
}

const tooLarge = (what: string, limit: number, bytes: number | undefined) =>
  new UserError(
    `pulling ${what}: the server ${bytes === undefined ? "goes on sending" : `announces ${bytes} bytes`}; expected at most ${limit}; nothing was kept`,
  );

function passing(error: unknown, stall: Stall): unknown {
  if (stall.signal.aborted) return new Passing(`nothing came for ${stall.ms / 1000} s`);
  const cause = (error as { cause?: unknown }).cause;
  const code = codeOf(cause) ?? codeOf(error);
  const isOurs = code !== undefined && /^(ENOSPC|EACCES|EROFS|EDQUOT|EIO|EPERM|EFBIG)$/.test(code);
  if (isOurs) return error;
  return new Passing(code ?? messageOf(cause ?? error));
}

/** Gives up on a server that is silent for too long. */
class Stall {
  readonly ms: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.ms = ms;
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

async function originOf(part: string): Promise<Origin | undefined> {
  try {
    const { url, version } = parseJson(await readFile(`${part}.json`, "utf8")) as Record<string, unknown>;
    return typeof url === "string" && typeof version === "string" ? { url, version } : undefined;
  } catch {
    return undefined;
  }
}
