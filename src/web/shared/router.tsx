/**
 * Where one is: all of it in the address, after the `#`, so that a view can be sent to someone, the browser's way back leads back, and a page
 * works from any server of files. `#/alexnet/unit/2/17?q=stripes` is the path ["alexnet", "unit", "2", "17"] with the query { q: "stripes" }.
 */
import { type AnchorHTMLAttributes, useSyncExternalStore } from "react";

export type Query = Readonly<Record<string, string>>;

export interface Place {
  readonly path: readonly string[];
  readonly query: Query;
}

/** An address for `href`; what is empty is left out of the query. */
export function addressOf(path: readonly (string | number)[], query: Query = {}): string {
  const said = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const tail = said.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join("/")}${tail && `?${tail}`}`;
}

/** The place that an address names. One that makes no sense is read as far as it does. */
export function placeOf(address: string): Place {
  const [path, ...query] = address.replace(/^#?\/?/, "").split("?");
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query.join("?"))),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const CHANGED = "milan:place";

/** Goes to an address of this page; with `replace` the way back does not lead here. */
export function go(address: string, { replace = false } = {}): void {
  if (address === location.hash) return;
  if (replace) history.replaceState(history.state, "", address);
  else history.pushState({ within: true }, "", address);
  dispatchEvent(new Event(CHANGED));
}

/** One step back if that stays on this page, otherwise to this address. */
export function goBack(address: string): void {
  if ((history.state as { within?: boolean } | null)?.within) history.back();
  else go(address, { replace: true });
}

const EVENTS = ["hashchange", "popstate", CHANGED];

function subscribe(changed: () => void): () => void {
  for (const event of EVENTS) addEventListener(event, changed);
  return () => {
    for (const event of EVENTS) removeEventListener(event, changed);
  };
}

let last = { hash: "", place: placeOf("") };

/** The current place; the same object as long as one stays there. */
export function currentPlace(): Place {
  const { hash } = location;
  if (hash !== last.hash) last = { hash, place: placeOf(hash) };
  return last.place;
}

export const usePlace = (): Place => useSyncExternalStore(subscribe, currentPlace);

/** A link within the page. A plain click goes there; with a key held the browser does what it does with links. */
export function Link({ to, onClick, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
      }}
    />
  );
}
