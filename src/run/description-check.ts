/**
 * Whether what was read is a description, or says how descriptions were made. Who reads them computes with them and writes them again, so all
 * that is known is checked; what a later version may add is left, as long as it is no list and no object.
 */
import { z } from "zod";
import type { Description, DescriptionsHeader } from "./descriptions.js";

const later = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const count = z.int().min(0);
const real = z.number(); // finite, as zod has it

const candidate = {
  description: z.string(),
  logp: real,
  logpLm: real.nullable(),
  pmi: real.nullable(),
  clip: real.optional(),
  alone: real.optional(),
  support: real.optional(),
  contradicted: z.boolean().optional(),
};

const description = z
  .object({
    layer: z.string(),
    unit: count,
    description: z.string(),
    logp: real.nullable(),
    logpLm: real.nullable(),
    pmi: real.nullable(),
    clip: real.optional(),
    alone: real.optional(),
    support: real.optional(),
    confidence: real.nullable(),
    doubts: z.array(z.string()),
    beam: z.array(z.object(candidate).catchall(later)).optional(),
    attention: z.array(z.array(real)).optional(),
    meanings: z.array(z.object({ ...candidate, share: real, exemplars: z.array(count) }).catchall(later)).optional(),
  })
  .catchall(later);

const header = z
  .object({
    milan: z.string(),
    describer: z.string(),
    describerSha256: z.string().nullable(),
    search: z.string(),
    lambda: real,
    beam: real,
    length: real,
    compat: z.string().nullable(),
    clip: z.object({ folder: z.string(), sha256: z.string() }).catchall(later).nullable(),
    checked: z.string().optional(),
    weighed: z.string().optional(),
    scattered: z.string().optional(),
    meanings: z.union([z.string(), count]).optional(),
  })
  .catchall(later);

/** Whether a value is a description. @param isWhole whether its beam and attention must be there. */
export function isDescription(value: unknown, isWhole = true): value is Description {
  const { success, data } = description.safeParse(value);
  return success && (!isWhole || (data.beam !== undefined && data.attention !== undefined));
}

/** Whether a value says how descriptions were made. */
export const isDescriptionsHeader = (value: unknown): value is DescriptionsHeader => header.safeParse(value).success;
