/** `milan dissect`: exemplars, levels and activation maps of every unit, into a run directory. */
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../base/errors.js";
import { untilInterrupted } from "../base/interruption.js";
import type { Shard } from "../exemplars/dissect.js";
import { place, saveEveryOption, shard, whole } from "./arguments.js";
import { printJson } from "./print.js";
import { terminalProgress } from "./progress.js";
import { chooseProbe, expectOneProbe, type SweepOptions, settingsOf, withProbe, withSweep } from "./sweep-options.js";

interface Options extends SweepOptions {
  out: string;
  seed: number;
  shard?: Shard;
  saveEvery?: number;
  queue?: string | true;
  root?: string;
  parts?: number;
  json?: boolean;
}

export function registerDissect(program: Command): void {
  const command = program
    .command("dissect")
    .description("find the images and regions that activate each unit most")
    .argument("<model>", "an ONNX file");
  withProbe(command).requiredOption("--out <folder>", "the run directory to make, or to finish", place);
  withSweep(command)
    .option("--seed <number>", "seed of the positions drawn in large sweeps", whole(0), 0)
    .option(
      "--shard <i/n>",
      "only the i-th of n parts of the images, to be added up by milan merge; by any process on any machine",
      shard,
    )
    .addOption(saveEveryOption("30, and more where saving takes long"))
    .option(
      "--queue [address]",
      "have the workers of a queue sweep the images (milan worker): redis://[user:password@]host[:port][/database]; default: MILAN_QUEUE of the environment",
    )
    .option(
      "--root <place>",
      "with --queue: the folder that all workers share, in which model, images and run are; or s3://bucket/prefix, in which model and images are",
      place,
    )
    .option("--parts <number>", "with --queue: into how many parts the images are cut; default 64", whole(1, 100_000))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
The sweep is one pass over the images for all layers; the images that won are run once more for their activation maps.
Killed at any moment, the same command goes on where it stopped. A run made with another model, other images or other
options is refused, never mixed.

Parts can be swept at the same time, into one folder or several (same options, same --batch):

  for i in 1 2 3 4; do milan dissect net.onnx --images photos/ --out run --shard $i/4 & done; wait; milan merge run

Or by whatever workers there are (docs/cluster.md):

  milan worker redis://host --root /mnt/shared                # on each machine, where the folder is mounted there
  milan dissect net.onnx --images photos/ --out run --queue redis://host --root .
  milan dissect s3://data/net.onnx --images s3://data/photos.tar --out run --queue redis://host --root s3://data

  milan dissect squeezenet.onnx --images photos/ --out runs/squeezenet --layers features.3,features.12
  milan dissect generator.onnx --latents z.npy --out runs/gan`,
    )
    .action(async (model: string, options: Options) => {
      expectOneProbe("dissecting", options);
      const queue = queueOf(options);
      const { openModel } = await import("../exemplars/subject.js");
      const { dissect, dissectShard } = await import("../exemplars/dissect.js");
      const progress = terminalProgress();
      const store = queue && (await storeOf(queue.root));
      const fetched = async (path: string) =>
        store && path.startsWith("s3:") ? store.open(await store.pathOf(path, "fetching"), "fetching") : path;
      const subject = await openModel(await fetched(model), options.size ? { size: options.size } : {});
      const { out, seed, saveEvery } = options;
      const settings = {
        ...settingsOf(options),
        ...{ out, seed, progress },
        ...(saveEvery !== undefined && { saveEveryMs: 1000 * saveEvery }),
      };
      const probe = await chooseProbe({
        ...options,
        ...(options.images !== undefined && { images: await fetched(options.images) }),
        ...(options.latents !== undefined && { latents: await fetched(options.latents) }),
      });
      if (options.shard) {
        const done = await dissectShard(subject, probe, options.shard, settings);
        if (options.json) printJson({ run: out, ...done, skipped: done.skipped.length });
        else
          process.stdout.write(
            `${out}: images ${done.from} to ${done.to - 1}; when all parts are there: milan merge ${out}\n`,
          );
        return;
      }
      const run = queue
        ? await dissectQueued(subject, probe, { ...settings, ...queue, store: store! })
        : await dissect(subject, probe, settings);
      summarise(run, options);
      await run.close();
    });
}

type Run = import("../run/run.js").Run;
type Subject = import("../exemplars/subject.js").Subject;
type ProbeOpener = import("../exemplars/probe.js").ProbeOpener;
type QueueOptions = import("../cluster/dissect-on-queue.js").QueueOptions;
type Queued = Pick<QueueOptions, "queue" | "parts"> & { readonly root: string };

/** What the options say of a queue. Errors: options of one without one, or too few. */
function queueOf({ queue, root, parts, shard: part }: Options): Queued | undefined {
  if (queue === undefined) {
    if (root === undefined && parts === undefined) return undefined;
    throw new UserError(
      "dissecting: --root and --parts are for workers; expected --queue with them, add it or leave them out",
    );
  }
  if (part) throw new UserError("dissecting: got both --shard and --queue; expected one of them");
  const address = queue === true ? process.env.MILAN_QUEUE : queue;
  if (address === undefined) {
    throw new UserError("dissecting: --queue without an address; expected one behind it, or in MILAN_QUEUE");
  }
  if (root === undefined) {
    throw new UserError("dissecting: --queue without --root; expected the folder that all workers share, say which");
  }
  return { queue: address, root, ...(parts !== undefined && { parts }) };
}

async function storeOf(root: string) {
  const { openStore } = await import("../cluster/open-store.js");
  const { defaultSlots, ownFolder } = await import("../cluster/slot.js");
  return openStore(root, join(root.startsWith("s3:") ? ownFolder(defaultSlots()) : defaultSlots(), "fetched"));
}

async function dissectQueued(subject: Subject, probe: ProbeOpener, options: QueueOptions): Promise<Run> {
  const { dissectOnQueue } = await import("../cluster/dissect-on-queue.js");
  const end = new AbortController();
  void untilInterrupted().then(() => end.abort());
  return dissectOnQueue(subject, probe, { ...options, signal: end.signal });
}

/** What a finished run is, for people or programs. */
export function summarise({ folder, manifest, layers }: Run, { json }: { readonly json?: boolean | undefined }): void {
  const units = layers.reduce((sum, layer) => sum + layer.unitNumbers.length, 0);
  const flawed = Object.values(manifest.flaws).reduce((sum, list) => sum + list.length, 0);
  const skipped = manifest.skipped.length;
  if (json) {
    printJson({ run: folder, layers: layers.length, units, flawed, images: manifest.probeSize - skipped, skipped });
    return;
  }
  process.stdout.write(
    `${folder}: ${units} units of ${layers.length} layer${layers.length === 1 ? "" : "s"} over ${manifest.probeSize - skipped} images` +
      `${skipped > 0 ? `, ${skipped} damaged ones skipped` : ""}` +
      `${flawed > 0 ? `; ${flawed} units cannot be judged (see flaws in run.json)` : ""}\n` +
      `next: milan describe ${folder}, or milan export ${folder} --format html --out FILE.html\n`,
  );
}
