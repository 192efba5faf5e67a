import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/sequencer.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    globalSetup: "test/temporary-folder.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what a browser has not shown after a second on a busy machine may still come
    expect: { poll: { timeout: 20_000 } },
    // by default one core is left idle
    maxWorkers: "100%",
    // every core has a worker of its own: networks with more threads than that only wait for each other
    env: { MILAN_THREADS: "1" },
    sequence: { sequencer: SlowestFirst },
  },
});
