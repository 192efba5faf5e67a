/**
 * Lists of units, page by page as they come into view. A list is kept while others are looked at, so that the way back needs no asking; answers
 * go to the list that asked for them, so that one that comes late changes nothing that is shown.
 */
import { useRef, useSyncExternalStore } from "react";
import { server, type UnitLine, type UnitQuery } from "./client.js";
import { listKey } from "./filters.js";

const PAGE = 120;
const KEPT = 12;
const QUIET_MS = 40;

export class UnitLines {
  /** Units of the list; undefined until the first page is there. */
  total: number | undefined;
  failure: Error | undefined;
  /** Counts what has come. */
  version = 0;
  readonly key: string;
  readonly #ask: (offset: number, signal: AbortSignal) => Promise<{ total: number; units: UnitLine[] }>;
  readonly #pages = new Map<number, UnitLine[] | null>();
  readonly #listeners = new Set<() => void>();
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(run: string, filters: UnitQuery) {
    this.key = listKey(run, filters);
    this.#ask = (offset, signal) =>
      server.units(run, { ...filters, offset: String(offset), limit: String(PAGE) }, signal);
  }

  at(index: number): UnitLine | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Asks for the units from `first` to `last` once nobody asks for others for a moment. */
  need(first: number, last: number): void {
    clearTimeout(this.#timer);
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++) pages.push(page);
    const missing = pages.filter((page) => !this.#pages.has(page));
    if (missing.length === 0) return;
    this.#timer = setTimeout(() => missing.forEach((page) => void this.#load(page)), QUIET_MS);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.total === undefined && !this.#pages.has(0)) void this.#load(0);
    return () => {
      this.#listeners.delete(listener);
      clearTimeout(this.#timer);
      if (this.total !== undefined) return;
      // nobody waits for it any more
      this.#abort.abort();
      this.#abort = new AbortController();
      this.#pages.clear();
    };
  };

  readonly again = (): void => {
    this.failure = undefined;
    this.#pages.delete(0);
    void this.#load(0);
  };

  async #load(page: number): Promise<void> {
    this.#pages.set(page, null);
    const { signal } = this.#abort;
    try {
      const { total, units } = await this.#ask(page * PAGE, signal);
      this.total = total;
      this.failure = undefined;
      this.#pages.set(page, units);
    } catch (error) {
      if (signal.aborted) return;
      this.#pages.delete(page);
      this.failure = error as Error;
    }
    this.version++;
    for (const listener of this.#listeners) listener();
  }
}

const lists = new Map<string, UnitLines>();

function listFor(run: string, filters: UnitQuery): UnitLines {
  const key = listKey(run, filters);
  const list = lists.get(key) ?? new UnitLines(run, filters);
  lists.delete(key);
  lists.set(key, list); // the latest last
  for (const old of [...lists.keys()].slice(0, -KEPT)) lists.delete(old);
  return list;
}

/** Forgets what is known of lists, after something in them has changed. */
export const forgetLists = (): void => lists.clear();

/** The list under these filters, or the one before until it is there: `pending` then. */
export function useUnitLines(run: string, filters: UnitQuery): { lines: UnitLines; pending: boolean } {
  const key = listKey(run, filters);
  const wanted = useRef<UnitLines>(undefined);
  if (wanted.current?.key !== key) wanted.current = listFor(run, filters);
  const list = wanted.current;
  useSyncExternalStore(list.subscribe, () => list.version);
  const shown = useRef(list);
  if (list.total !== undefined || list.failure) shown.current = list;
  return { lines: shown.current, pending: shown.current !== list || (list.total === undefined && !list.failure) };
}

/** Where one was in a list: kept until the page is left. */
export interface Spot {
  scrollY: number;
  /** Place in the list of the unit that keys act on. */
  active: number;
  /** Whether it was opened, and is to have the focus on return. */
  opened: boolean;
}

const spots = new Map<string, Spot>();

export function spotIn(key: string): Spot {
  const spot = spots.get(key) ?? { scrollY: 0, active: 0, opened: false };
  spots.set(key, spot);
  return spot;
}
