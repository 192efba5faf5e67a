/**
 * Verdicts on their way to the run. They go one after the other, so that the last one given counts; what could not be kept is known until it is
 * given again, also when another unit is looked at meanwhile. Notes that were begun stay as long as the page.
 */
import { useSyncExternalStore } from "react";
import { type ReviewRequest, type Run, server, type UnitPage, type UnitRef } from "./client.js";
import { forgetLists } from "./list.js";

export type Review = NonNullable<UnitPage["review"]>;

/** What is known here of the verdict on a unit. */
export interface Given {
  /** The verdict as the run has it; undefined: none was given on this page. */
  readonly kept?: Review;
  readonly sending?: ReviewRequest;
  readonly failed?: { readonly request: ReviewRequest; readonly error: Error };
  readonly draft?: string;
}

const all = new Map<string, Given>();
const listeners = new Set<() => void>();
let last: Promise<void> = Promise.resolve();
let version = 0;

const keyOf = (run: Run, { layer, unit }: UnitRef) => JSON.stringify([run.id, run.version, layer, unit]);
const NOTHING: Given = {};

function set(key: string, changes: { readonly [Name in keyof Given]: Given[Name] | undefined }): void {
  const next = { ...all.get(key), ...changes };
  all.set(key, Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)));
  version++;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const givenOn = (run: Run, unit: UnitRef): Given => all.get(keyOf(run, unit)) ?? NOTHING;

export function useGiven(run: Run, unit: UnitRef): Given {
  useSyncExternalStore(subscribe, () => version);
  return givenOn(run, unit);
}

/** Verdicts on other units of the run that could not be kept. */
export function failedOn(run: Run, except: UnitRef): ReviewRequest[] {
  const own = keyOf(run, except);
  return [...all].flatMap(([key, { failed }]) =>
    failed && key !== own && key === keyOf(run, failed.request) ? failed.request : [],
  );
}

export const draftNote = (run: Run, unit: UnitRef, draft: string): void => set(keyOf(run, unit), { draft });

/** Sends a verdict; `useGiven` tells what becomes of it. */
export function give(run: Run, request: ReviewRequest): void {
  const key = keyOf(run, request);
  set(key, { sending: request, failed: undefined });
  const isLatest = () => all.get(key)?.sending === request;
  last = last.then(async () => {
    try {
      const kept = await server.review(run.id, request);
      forgetLists();
      // what was written since then stays
      const draft = all.get(key)?.draft;
      set(key, { kept, draft: draft === kept.note ? undefined : draft });
    } catch (error) {
      if (isLatest()) set(key, { failed: { request, error: error as Error } });
    } finally {
      if (isLatest()) set(key, { sending: undefined });
    }
  });
}

const NAME = "milan:reviewer";

/** The reviewer's name, as this browser remembers it. */
export function reviewerName(): string {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return ""; // storage can be forbidden
  }
}

export function rememberReviewer(name: string): void {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // then it is asked for again on the next page
  }
}
