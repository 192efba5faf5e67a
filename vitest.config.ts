import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // by default one core is left idle
    maxWorkers: "100%",
    // files share their worker's modules: loading them anew for each costs half a second a file
    isolate: false,
  },
});
