/**
 * The page's addresses. `#/RUN/units?…` lists units; `#/RUN/unit/LAYER/UNIT?…` is one, and keeps the list it came from in its query;
 * `#/RUN/probe`, `#/RUN/switch-off?units=0:3,0:7`, `#/RUN/compare?with=RUN` and `#/RUN/dashboard` are what they say.
 */
import { addressOf, type Query } from "../shared/router.js";
import type { UnitQuery, UnitRef } from "./client.js";

export const PAGES = [
  ["units", "Units"],
  ["probe", "Drop in a picture"],
  ["switch-off", "Switch off"],
  ["compare", "Compare"],
  ["dashboard", "Dashboard"],
] as const;
export type Page = (typeof PAGES)[number][0];

export const pageAddress = (run: string, page: Page, query: Query = {}): string => addressOf([run, page], query);

/** The units that a list shows under these filters. */
export const listAddress = (run: string, query: UnitQuery): string => addressOf([run, "units"], query as Query);

/** @param query the list in which the unit was found, for the way back and to the next. */
export const unitPlace = (run: string, { layer, unit }: UnitRef, query: UnitQuery = {}): string =>
  addressOf([run, "unit", layer, unit], query as Query);

/** No address is read beyond this. */
const MOST_UNITS = 20_000;

/**
 * Units in an address, for `switch-off`: `0:3,0:7`, or shorter `0:3,7`; what follows one another is `0:3-5`. Their order is kept.
 */
export function unitsText(units: readonly UnitRef[]): string {
  const spans: { layer: number; from: number; to: number }[] = [];
  for (const { layer, unit } of units) {
    const last = spans.at(-1);
    if (last?.layer === layer && last.to + 1 === unit) last.to = unit;
    else spans.push({ layer, from: unit, to: unit });
  }
  return spans
    .map(({ layer, from, to }, i) => {
      const place = spans[i - 1]?.layer === layer ? "" : `${layer}:`;
      return place + (from === to ? from : `${from}-${to}`);
    })
    .join(",");
}

/** What makes no sense is passed over. */
export function unitsOf(text: string): UnitRef[] {
  const units: UnitRef[] = [];
  let layer: number | undefined;
  for (const part of text.split(",")) {
    const [, place, from, to] = /^(?:(\d{1,6}):)?(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (from === undefined) continue;
    if (place !== undefined) layer = Number(place);
    if (layer === undefined) continue;
    for (let unit = Number(from); unit <= Number(to ?? from) && units.length < MOST_UNITS; unit++) {
      units.push({ layer, unit });
    }
  }
  return units;
}
