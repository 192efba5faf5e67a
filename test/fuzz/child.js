// The entry of a worker's process: node child.js <work as JSON>. Loads the sources as they are, through Vite.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { module } = await runnerImport(fileURLToPath(new URL("worker.ts", import.meta.url)), {
  root,
  configFile: false,
  logLevel: "error",
});
await module.work(JSON.parse(process.argv[2]));
process.exit(0);
