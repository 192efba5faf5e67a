/** How flags and times are written. */
import { UNKNOWN } from "../shared/numbers.js";
import type { Flag, Status } from "./client.js";

export const FLAG_NAMES: Readonly<Record<Flag, string>> = {
  empty: "says nothing",
  copied: "copied",
  "too-short": "one word",
  "mentions-highlighting": "mentions highlighting",
  "too-fast": "too fast",
  vague: "vague",
  "not-english": "not English",
};

export const STATUS_NAMES: Readonly<Record<Status, string>> = {
  pending: "to review",
  accepted: "accepted",
  rejected: "rejected",
};

/** @param ms milliseconds, or null for none. */
export function seconds(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms < 90_000) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  return ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
