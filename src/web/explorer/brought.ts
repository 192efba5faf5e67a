/**
 * The picture that a visitor brought. It stays while one looks at units, and goes along to another run; a server keeps it for a while only, so
 * the file is kept here, until the page is left, and given again when the server has forgotten it.
 */
import { useEffect, useSyncExternalStore } from "react";
import { FailedRequest } from "../shared/asking.js";
import { type Probe, type Run, server } from "./client.js";

/** What the server takes (`src/explorer/live/upload.ts`); what is longer need not be sent. */
const MOST_BYTES = 25 * 2 ** 20;
export const FORMATS = "PNG, JPEG, WebP, GIF or AVIF";

interface Brought {
  readonly name: string;
  readonly file: Blob;
}

/** What a run's model made of the picture. */
interface Look {
  readonly abort: AbortController;
  readonly since: number;
  readonly probe?: Probe;
  readonly failure?: Error;
}

let brought: Brought | undefined;
let looks = new Map<string, Look>();
let version = 0;
const listeners = new Set<() => void>();

function changed(): void {
  version++;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Why a file need not be sent, or null. The server judges all others. */
export function refusalOf({ name, size, type }: { name: string; size: number; type: string }): string | null {
  if (type !== "" && !type.startsWith("image/")) return `“${name}” is no picture. Expected ${FORMATS}.`;
  if (size <= MOST_BYTES) return null;
  const megabytes = (size / 2 ** 20).toFixed(1);
  return `“${name}” has ${megabytes} MB; at most ${MOST_BYTES / 2 ** 20} MB are taken. Make it smaller.`;
}

/** Takes a picture instead of the one before. It is shown to the models whose pages want to know. */
export function bring(file: Blob, name: string): void {
  for (const { abort } of looks.values()) abort.abort();
  looks = new Map();
  brought = { file, name };
  changed();
}

async function look(run: string, { file }: Brought): Promise<void> {
  const abort = new AbortController();
  const { signal } = abort;
  const since = performance.now();
  looks.set(run, { abort, since });
  changed();
  const outcome = await server.probe(run, file, signal).then(
    (probe) => ({ probe }),
    (failure) => ({ failure: failure as Error }),
  );
  if (signal.aborted) return;
  looks.set(run, { abort, since: performance.now(), ...outcome });
  changed();
}

/** What is forgotten sooner is not given again by itself: the server has no room. */
const LEAST_MS = 1500;

/** The picture that was brought, if any, and what a run's model says of it. */
export function useBrought(run: Run) {
  useSyncExternalStore(subscribe, () => version);
  const found = looks.get(run.id);
  const picture = run.cannot.probe === null ? brought : undefined;
  useEffect(() => {
    if (picture && !looks.has(run.id)) void look(run.id, picture);
  });
  return {
    name: picture?.name,
    probe: picture && found?.probe,
    failure: picture && found?.failure,
    pending: picture !== undefined && !found?.probe && !found?.failure,
    again: () => {
      looks.delete(run.id);
      changed();
    },
    /** Gives the picture again if that is what is missing. @returns whether it does. */
    renew: (failure: Error | undefined): boolean => {
      if (!(failure instanceof FailedRequest && failure.status === 404)) return false;
      if (!found?.probe || performance.now() - found.since < LEAST_MS) return false;
      looks.delete(run.id);
      changed();
      return true;
    },
  };
}

export type BroughtPicture = ReturnType<typeof useBrought>;

/** Whether the same picture may fare better another time. */
export const canRetry = (failure: Error): boolean =>
  failure instanceof FailedRequest && (failure.status === 0 || failure.status >= 500);
