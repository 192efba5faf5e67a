/**
 * Which units of a run are switched off. The page where that is done has them in its address; so that they can be gathered from elsewhere, the
 * browser keeps them too, until its window is closed.
 */
import { useSyncExternalStore } from "react";
import type { UnitRef } from "./client.js";
import { unitsOf, unitsText } from "./places.js";

const PREFIX = "milan:off:";
const CHANGED = "milan:silenced";
/** As many as the server takes at once. */
export const MOST_SILENCED = 20_000;

/** Where nothing may be kept, or it is full. */
const unkept = new Map<string, string>();

/** The units of a run that are switched off, as an address has them. */
export function silencedIn(run: string): string {
  try {
    return sessionStorage.getItem(PREFIX + run) ?? unkept.get(run) ?? "";
  } catch {
    return unkept.get(run) ?? "";
  }
}

export function keepSilenced(run: string, text: string): void {
  if (text === silencedIn(run)) return;
  try {
    sessionStorage.setItem(PREFIX + run, text);
    unkept.delete(run);
  } catch {
    unkept.set(run, text);
  }
  dispatchEvent(new Event(CHANGED));
}

function subscribe(changed: () => void): () => void {
  addEventListener(CHANGED, changed);
  return () => removeEventListener(CHANGED, changed);
}

export const useSilenced = (run: string): string => useSyncExternalStore(subscribe, () => silencedIn(run));

export const nameOf = ({ layer, unit }: UnitRef): string => `${layer}:${unit}`;

/** Units with others, each once, in the order in which they came. */
export function withUnits(text: string, more: readonly UnitRef[]): string {
  const all = new Map([...unitsOf(text), ...more].map((unit) => [nameOf(unit), unit]));
  return unitsText([...all.values()].slice(0, MOST_SILENCED));
}

export function withoutUnit(text: string, unit: UnitRef): string {
  return unitsText(unitsOf(text).filter((other) => nameOf(other) !== nameOf(unit)));
}
