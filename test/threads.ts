/** Networks in tests run on one thread each (vitest.config.ts); these files want more. */
import { afterAll, beforeAll, vi } from "vitest";

/** Runs the networks of this file on two threads: only between threads could it be chance what comes out. Call it before all hooks. */
export function severalThreads(): void {
  beforeAll(() => void vi.stubEnv("MILAN_THREADS", "2"));
  afterAll(() => void vi.unstubAllEnvs());
}
