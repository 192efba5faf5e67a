/**
 * The explorer's API for the page, typed by its schemas. The page asks a `Source`: the server that serves it, or the files of a site that was
 * written out (`milan export --format site`), which know no more than what was written.
 */
import type { z } from "zod";
import type * as schemas from "../../explorer/api/schemas.js";
import { live } from "./live.js";
import { siteOf } from "./site.js";

type Of<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends z.ZodType
  ? z.infer<(typeof schemas)[Name]>
  : never;

export type Run = Of<"Run">;
export type Layer = Of<"Layer">;
export type UnitLine = Of<"UnitLine">;
export type UnitList = Of<"UnitList">;
export type UnitPage = Of<"UnitPage">;
export type ExemplarLine = Of<"ExemplarLine">;
export type CandidateLine = Of<"CandidateLine">;
export type Neighbours = Of<"Neighbours">;
export type Neighbour = Of<"Neighbour">;
export type Effect = Of<"Effect">;
export type ClassShare = Of<"ClassShare">;
export type UnitRef = Of<"UnitRef">;
export type Probe = Of<"Probe">;
export type FiredLine = Probe["fired"][number];
export type Ablation = Of<"Ablation">;
export type AblationRequest = Of<"AblationRequest">;
export type Review = Of<"Review">;
export type ReviewRequest = Of<"ReviewRequest">;
export type Dashboard = Of<"Dashboard">;
export type Cluster = Of<"Cluster">;
export type Comparison = Of<"Comparison">;
export type Doubt = UnitLine["doubts"][number];
export type Verdict = NonNullable<UnitLine["verdict"]>;

/** Filters of a list of units as an address has them; what is not said is as usual. */
export type UnitQuery = Partial<Record<keyof z.input<typeof schemas.UnitQuery>, string>>;

/** Whoever answers the page's questions. */
export type Source = typeof live;

const siteFile = document.querySelector<HTMLMetaElement>('meta[name="milan-site"]')?.content;

/** Whether this is a site of files, of which one can only read what is written. */
export const isSite = siteFile !== undefined;

export const server: Source = siteFile === undefined ? live : siteOf(siteFile);
