/**
 * The process in which a worker's parts are swept. A network blocks JavaScript while it runs, for minutes perhaps, and the worker has to tell Redis meanwhile that it
 * lives; here it can also run out of memory without taking the worker along. Model and images stay open from one part to the next. It ends with its worker.
 */
import { messageOf, UserError } from "../base/errors.js";
import type { Progress } from "../base/progress.js";
import { dissectShard, manifestOf, planOf } from "../exemplars/dissect.js";
import { imageFolder, latentFolder, type Probe } from "../exemplars/probe.js";
import { openModel, type Subject } from "../exemplars/subject.js";
import { checkIdentity, type Identity } from "../run/manifest.js";
import type { SweepReply, SweepRequest } from "./sweeper.js";
import type { Task } from "./task.js";

const TELL_EVERY_MS = 500;

interface Opened {
  readonly key: string;
  readonly subject: Subject;
  readonly probe: Probe;
}

let opened: Opened | undefined;

process.on("disconnect", () => process.exit(0)); // the worker is gone, and with it whoever could use what comes out here
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {}); // said to the worker, which ends us when it has to

process.on("message", async (request: SweepRequest) => {
  try {
    const ready = await open(request);
    try {
      const { skipped } = await sweepPart(ready, request);
      tell({ kind: "done", skipped: skipped.length });
    } catch (error) {
      tell({ kind: "failed", reason: reasonOf(error) });
    }
  } catch (error) {
    // nothing was swept: it is this machine that cannot
    tell(
      error instanceof UserError
        ? { kind: "refused", reason: messageOf(error) }
        : { kind: "failed", reason: reasonOf(error) },
    );
  }
});

const tell = (reply: SweepReply) => {
  if (process.connected) process.send!(reply);
};

const reasonOf = (error: unknown) => (error instanceof UserError ? messageOf(error) : `bug: ${messageOf(error)}`);

/** Opens model and images, unless they are open, and refuses others than the task's. */
async function open({ key, task, model, probe: place }: SweepRequest): Promise<Opened> {
  if (opened?.key === key) return opened;
  await opened?.probe.close();
  opened = undefined;
  const subject = await openModel(model, { size: task.picture });
  const opener =
    task.kind === "latents" ? latentFolder(place, task.generated) : imageFolder(place, task.preprocessing ?? {});
  const probe = await opener(subject, progress);
  try {
    const settings = { ...optionsOf(task), out: "" };
    const own = manifestOf(subject, probe, planOf(subject, probe, settings), settings);
    const wanted = task.identity as unknown as Identity;
    checkIdentity(
      `${model} over ${place}`,
      wanted,
      own,
      "sweeping",
      "expected the same here; check these two on this machine",
    );
  } catch (error) {
    await probe.close();
    throw error;
  }
  opened = { key, subject, probe };
  return opened;
}

function optionsOf({ layers, units, k, quantile, seed, batchSize, prefixTokens, ceiling }: Task) {
  return {
    ...{ layers, units, k, quantile, seed, batchSize },
    ...(prefixTokens !== undefined && { prefixTokens }),
    ...(ceiling && { ceiling }),
  };
}

function sweepPart({ subject, probe }: Opened, { task, part, folder, threads, device }: SweepRequest) {
  const shard = { number: part, of: task.parts };
  return dissectShard(subject, probe, shard, {
    ...optionsOf(task),
    ...{ out: folder, progress },
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device }),
  });
}

let told = 0;
const progress: Progress = {
  begin(_phase, total, _unit, done = 0) {
    tell({ kind: "progress", done, total });
    told = performance.now();
  },
  update(done) {
    if (performance.now() - told < TELL_EVERY_MS) return;
    tell({ kind: "progress", done });
    told = performance.now();
  },
  end() {},
  warn: (message) => tell({ kind: "warning", message }),
};
