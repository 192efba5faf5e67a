/** `milan serve`: the explorer. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { vectorsOption, whole } from "./arguments.js";

interface Options {
  port: number;
  host: string;
  name: string[];
  token?: string;
  reviewer?: string;
  images: string[];
  vectors?: string;
  model: string[];
  classes: string[];
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
}

const several = (text: string, before: readonly string[] = []) => [...before, text];

export function registerServe(program: Command): void {
  program
    .command("serve")
    .description("look at runs in the browser: search, evidence, verdicts; and over HTTP for other programs")
    .argument("<runs...>", "runs, described or not, and MILANNOTATIONS folders")
    .option("--port <number>", "0 for any that is free", whole(0, 65535), 8000)
    .option("--host <address>", "where to listen; 0.0.0.0: to be reached from elsewhere, with a token", "127.0.0.1")
    .option("--name <host>", "another name the server is reached by; repeatable", several, [])
    .option("--token <text>", "what visitors have to show; default: none on this machine, else a new one each time")
    .option("--reviewer <name>", "kept with verdicts that come without one")
    .option("--images <path>", "where a probe set is now that has moved; repeatable", several, [])
    .option("--model <file>", "a model that has moved since its run was made; repeatable", several, [])
    .option(
      "--classes <file>",
      "names of a model's outputs, a line each (default: MODEL.labels.txt beside it); repeatable",
      several,
      [],
    )
    .addOption(new Option("--device <name>", "where to run models").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .addOption(vectorsOption())
    .addHelpText(
      "after",
      `
The API is described at /api/openapi.json. Verdicts are kept in RUN/audit.csv, as by milan audit; nothing else is written.

  milan serve runs/net
  milan serve runs/before runs/after --port 0 --reviewer ada
  milan serve runs/net --host 0.0.0.0 --name gpu.lab`,
    )
    .action(async (folders: string[], options: Options) => {
      const { serveExplorer } = await import("../explorer/server.js");
      const { inUrl, isLoopback } = await import("../serving/hosts.js");
      const { newToken } = await import("../serving/token.js");
      const { liveBodyLimit, liveRoutes } = await import("../explorer/live/routes.js");
      const { host, port, name: names, images, reviewer, model: models, classes, device, threads, vectors } = options;
      const live = liveRoutes({ models, classes, device, ...(threads && { threads }) });
      const token = options.token ?? (isLoopback(host) ? null : newToken());
      const listening = await serveExplorer(folders, {
        ...{ host, port, names, images, token, vectors, warm: true, more: [live.routes], bodyLimit: liveBodyLimit },
        ...(reviewer !== undefined && { reviewer }),
        onFault: (error) => {
          process.stderr.write(`milan: bug: ${error instanceof Error ? error.stack : String(error)}\n`);
        },
      });
      const addresses = [listening.url, ...names.map((name) => `http://${inUrl(name)}:${listening.port}/`)];
      const entrance = token === null ? "" : `?token=${encodeURIComponent(token)}`;
      process.stdout.write(addresses.map((address) => `${address}${entrance}\n`).join(""));
    });
}
