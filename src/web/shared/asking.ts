/** Asking the server, and showing what it says. What is answered out of order, or after nobody wants it any more, is dropped. */
import { useEffect, useRef, useState } from "react";

/** What the server refused or could not do, in its own words. `status` 0: it did not answer. */
export class FailedRequest extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** `fetch` whose failures are a `FailedRequest` with a line to show. Aborting is passed on as it is. */
export async function asked(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new FailedRequest("The server does not answer. Is it still running?", 0);
  }
  if (response.ok) return response;
  const said: unknown = await response.json().catch(() => undefined);
  const message = (said as { error?: unknown } | undefined)?.error;
  throw new FailedRequest(
    typeof message === "string" ? message : `The server answered ${response.status} ${response.statusText}.`,
    response.status,
  );
}

export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  return (await asked(address, signal ? { signal } : {})).json() as Promise<T>;
}

/** Sends a value as JSON and gives what is answered. */
export async function sendJson<T>(address: string, value: unknown, signal?: AbortSignal): Promise<T> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
  return (await asked(address, signal ? { ...init, signal } : init)).json() as Promise<T>;
}

/** `value` stays while another is asked for, so that a page does not flicker: `pending` then. */
export interface Answer<T> {
  readonly value: T | undefined;
  /** What `value` answers. */
  readonly key: string | undefined;
  readonly failure: Error | undefined;
  readonly pending: boolean;
  readonly again: () => void;
}

/**
 * What is answered to the latest question. Asks whenever `key` changes; null asks nothing. Only the answer to the latest key is ever shown.
 * @param delayMs of quiet before asking, for what follows a slider or typing.
 */
export function useAnswer<T>(
  key: string | null,
  ask: (signal: AbortSignal) => Promise<T>,
  { delayMs = 0 } = {},
): Answer<T> {
  type State = Pick<Answer<T>, "value" | "key" | "failure">;
  const [state, setState] = useState<State>({ value: undefined, key: undefined, failure: undefined });
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    const { signal } = abort;
    const start = () =>
      latest.current(signal).then(
        (value) => signal.aborted || setState({ value, key, failure: undefined }),
        (failure) => signal.aborted || setState({ value: undefined, key, failure: failure as Error }),
      );
    const timer = delayMs > 0 ? setTimeout(start, delayMs) : void start();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, attempt, delayMs]);
  return {
    ...state,
    pending: key !== null && state.key !== key,
    again: () => {
      setState({ value: undefined, key: undefined, failure: undefined });
      setAttempt((count) => count + 1);
    },
  };
}

/** A value once it has not changed for so long. */
export function useQuiet<T>(value: T, delayMs: number): T {
  const [quiet, setQuiet] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return quiet;
}
