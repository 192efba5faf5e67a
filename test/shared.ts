/**
 * Reference data for development and CI lies beside the checkout, not in it. Tests that need it say so and are skipped
 * where it is absent.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const folder = process.env.MILAN_SHARED ?? fileURLToPath(new URL("../../shared", import.meta.url));

/** Path of a file of the reference data. */
export const shared = (path: string) => `${folder}/${path}`;

export const hasShared = existsSync(shared("golden/README.md"));

/** `describe` for tests on reference data: skipped, with a line that says why, when there is none. */
export function describeShared(title: string, body: () => void): void {
  if (hasShared) describe(title, body);
  else describe.skip(`${title} (skipped: no reference data at ${folder}; set MILAN_SHARED)`, body);
}
