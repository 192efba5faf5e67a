/** What a site that was written out (`milan export --format site`) holds beyond the API's own answers; where everything lies, `explorer/site.ts` says. */
import { z } from "@hono/zod-openapi";
import { Neighbours, UnitLine, UnitPage } from "./schemas.js";

/** `site.json`: what the page reads first. */
export const Site = z.object({
  static: z.literal(true),
  /** Version of Milan that wrote it, and when, ISO 8601. */
  milan: z.string(),
  date: z.string(),
  /** Shown where something needs a server: why it is off, in a sentence. */
  without: z.string(),
  /** Exemplars on a strip. */
  strip: z.int(),
});

/** A unit in a site's list: with what the server's filters know of it, for the page must filter by itself. */
export const SiteUnitLine = UnitLine.extend({
  /** Kinds of words in its description. */
  speech: z.array(z.enum(["noun", "verb", "adjective", "adposition"])),
  /** See `Cluster`; -1: none. */
  cluster: z.int(),
});

/** `units.json`: all units of a run, in its order. */
export const SiteUnits = z.object({ units: z.array(SiteUnitLine) });

/** A unit's file. `previous` and `next` are null: they depend on the list that one looks at. */
export const SiteUnit = z.object({ unit: UnitPage, neighbours: Neighbours });
