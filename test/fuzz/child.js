// The entry of a worker's process: node child.js <work as JSON>. Loads the sources as they are, through Vite.
import { fileURLToPath } from "node:url";
import { createServer, createServerModuleRunner } from "vite";

const server = await createServer({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  configFile: false,
  logLevel: "error",
  appType: "custom",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
const runner = createServerModuleRunner(server.environments.ssr, { hmr: false });
const { work } = await runner.import(fileURLToPath(new URL("worker.ts", import.meta.url)));
await work(JSON.parse(process.argv[2]));
process.exit(0);
