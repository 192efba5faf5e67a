/** `milan worker`: sweeps parts of dissections that others queue. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { UserError } from "../base/errors.js";
import { untilInterrupted } from "../base/interruption.js";
import { place, whole } from "./arguments.js";
import { plain } from "./print.js";

interface Options {
  root: string;
  work?: string;
  name?: string;
  lease: number;
  once?: boolean;
  idleExit?: number;
  device: (typeof DEVICE_NAMES)[number];
  threads?: number;
}

export function registerWorker(program: Command): void {
  program
    .command("worker")
    .description("sweep parts of dissections that milan dissect --queue puts into a queue")
    .argument("[queue]", "redis://[user:password@]host[:port][/database]; default: MILAN_QUEUE of the environment")
    .requiredOption(
      "--root <place>",
      "the folder that all workers share, where it is on this machine, or s3://bucket/prefix; nothing outside of it is read or written for others",
      place,
    )
    .option(
      "--work <folder>",
      "where parts under way, and what is fetched, are kept; default: among the system's temporary files",
      place,
    )
    .option("--name <name>", "what the coordinator calls this worker; default: host and process")
    .option("--lease <seconds>", "silence after which a worker's part is given to another", whole(1, 86_400), 30)
    .option("--once", "end after one part")
    .option("--idle-exit <seconds>", "end when no part has come for so long", whole(0, 31_536_000))
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--threads <number>", "threads of the runtime; default: all cores", whole(1, 256))
    .addHelpText(
      "after",
      `
Any number of workers on any machines; docs/cluster.md says what happens when one of them, or Redis, goes away. SIGTERM gives the part
that is under way back, and ends the worker.

  milan worker redis://host --root /mnt/shared
  MILAN_QUEUE=redis://user:password@host milan worker --root /mnt/shared --idle-exit 300`,
    )
    .action(async (queue: string | undefined, options: Options) => {
      const address = queue ?? process.env.MILAN_QUEUE;
      if (address === undefined) {
        throw new UserError("working: no queue; expected its address behind `milan worker`, or in MILAN_QUEUE");
      }
      if (options.name !== undefined && !/^[\w.@-]{1,100}$/.test(options.name)) {
        throw new UserError("working: --name is none; expected up to 100 letters, digits and . _ @ -");
      }
      const { work } = await import("../cluster/worker.js");
      const { openStore } = await import("../cluster/open-store.js");
      const { defaultSlots, ownFolder } = await import("../cluster/slot.js");
      const { root, lease, idleExit, ...rest } = options;
      const end = new AbortController();
      void untilInterrupted().then(() => end.abort());
      const { done, last } = await work(address, {
        ...rest,
        store: await openStore(root, join(ownFolder(rest.work ?? defaultSlots()), "fetched")),
        leaseMs: lease * 1000,
        ...(idleExit !== undefined && { idleExitMs: idleExit * 1000 }),
        say: (line) => process.stdout.write(`${plain(line)}\n`),
        signal: end.signal,
      });
      process.stdout.write(`${done} part${done === 1 ? "" : "s"} done\n`);
      if (options.once && (last === "refused" || last === "failed")) process.exitCode = 2;
    });
}
