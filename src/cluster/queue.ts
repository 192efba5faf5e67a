/** The one queue of BullMQ that all dissections share, so that a worker serves whatever there is. */
import type { JobsOptions } from "bullmq";

export const PREFIX = "milan";
export const QUEUE = "parts";

/** How often a part may fail before it is given up. */
export const ATTEMPTS = 3;

/** How often a part may lose its worker before it is given up. Workers may vanish for reasons of their own, so it is more often. */
export const MOST_LOST = 5;

export const JOB_OPTIONS: JobsOptions = {
  attempts: ATTEMPTS,
  backoff: { type: "fixed", delay: 1000 },
  removeOnComplete: { age: 3600 },
  removeOnFail: { age: 7 * 86400 },
};

/** The job of a part: the same one whoever adds it, so that it is there once. @param part from 1. */
export const jobIdOf = (sum: string, part: number): string => `${sum.slice(0, 16)}-${part}`;
