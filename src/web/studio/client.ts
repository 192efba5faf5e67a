/** The studio's API for the page, typed by its schemas. */
import type { z } from "zod";
import type * as schemas from "../../studio/api/schemas.js";
import { getJson, sendJson } from "../shared/asking.js";

type Of<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.infer<(typeof schemas)[Name]>
  : never;

export type Session = Of<"Session">;
export type Questions = Of<"Questions">;
export type Outcome = Of<"Outcome">;
export type Next = Of<"Next">;
export type Assignment = NonNullable<Next["assignment"]>;
export type Progress = Of<"Progress">;
export type Person = Progress["people"][number];
export type ReviewPage = Of<"ReviewPage">;
export type ReviewUnit = ReviewPage["units"][number];
export type Answer = ReviewUnit["answers"][number];
export type Flag = Answer["flags"][number];
export type Status = Answer["status"];

export const server = {
  session: (signal?: AbortSignal) => getJson<Session>("api/session", signal),
  join: (nickname: string) => sendJson<Session>("api/join", { nickname }),
  questions: (signal?: AbortSignal) => getJson<Questions>("api/qualification", signal),
  attempt: (answers: readonly number[]) => sendJson<Outcome>("api/qualification", { answers }),
  next: (signal?: AbortSignal) => sendJson<Next>("api/next", {}, signal),
  answer: (code: string, text: string, activeMs: number) =>
    sendJson<unknown>(`api/assignments/${code}`, { text, activeMs: Math.round(activeMs) }),
  skip: (code: string) => sendJson<unknown>(`api/assignments/${code}/skip`, {}),
  progress: (signal?: AbortSignal) => getJson<Progress>("api/progress", signal),
  review: (query: Readonly<Record<string, string>>, signal?: AbortSignal) =>
    getJson<ReviewPage>(`api/review?${new URLSearchParams(query)}`, signal),
  judge: (ids: readonly number[], accept: boolean, reason = "") =>
    sendJson<unknown>("api/review", { ids, accept, reason }),
  bar: (code: string, barred: boolean) => sendJson<unknown>(`api/annotators/${code}`, { barred }),
  picture: (unit: string, rank: number) => `api/pictures/${unit}/${rank}`,
  table: (details: boolean) => `api/annotations.csv${details ? "?details=1" : ""}`,
};
