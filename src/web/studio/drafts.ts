/** What stays in this browser: what was typed and not sent yet, and whether the instructions were read. */

export interface Draft {
  readonly text: string;
  /** How long the unit was in view, in milliseconds. */
  readonly activeMs: number;
}

const PREFIX = "milan:draft:";
const NONE: Draft = { text: "", activeMs: 0 };

// storage can be forbidden or full: then a draft lasts as long as the page
function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // see above
  }
}

/** What was typed for an assignment. */
export function draftOf(code: string): Draft {
  try {
    const { text, activeMs } = JSON.parse(kept(PREFIX + code) ?? "{}") as Partial<Draft>;
    return typeof text === "string" && typeof activeMs === "number" ? { text, activeMs } : NONE;
  } catch {
    return NONE;
  }
}

export const keepDraft = (code: string, draft: Draft): void => keep(PREFIX + code, JSON.stringify(draft));
export const dropDraft = (code: string): void => keep(PREFIX + code, null);

export const isRead = (person: string): boolean => kept(`milan:read:${person}`) !== null;
export const setRead = (person: string): void => keep(`milan:read:${person}`, "yes");
