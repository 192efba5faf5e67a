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

/** Units in an address, for `switch-off`: `0:3,0:7`. */
export const unitsText = (units: readonly UnitRef[]): string =>
  units.map(({ layer, unit }) => `${layer}:${unit}`).join(",");

export const unitsOf = (text: string): UnitRef[] =>
  [...text.matchAll(/(\d+):(\d+)/g)].map(([, layer, unit]) => ({ layer: Number(layer), unit: Number(unit) }));
