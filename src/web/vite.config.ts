/** The pages of the explorer and of the studio, built to files that need nothing but themselves: no address of elsewhere, no code in the page. */

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  // relative addresses: a site may lie anywhere on a server
  base: "./",
  plugins: [react()],
  build: {
    emptyOutDir: true,
    // the content security policy allows no data: scripts or styles
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { explorer: here("explorer.html"), studio: here("studio.html") } },
  },
  logLevel: "warn",
});
