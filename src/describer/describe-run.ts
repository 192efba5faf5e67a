/** Describing a run's units and leaving the descriptions in it: what `milan describe` does. */
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import { withLock } from "../base/lock.js";
import { VERSION } from "../base/version.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { type ExemplarStore, openExemplars } from "../exemplars/store.js";
import { type Description, type DescriptionsHeader, writeDescriptions } from "../run/descriptions.js";
import { ClipReranker } from "./clip-rerank.js";
import { BATCH, type DescribeOptions, describe, settingsOf, unitsIn } from "./describe.js";
import { type Describer, loadDescriber } from "./describer.js";
import type { Interpreter } from "./hedge.js";
import {
  describerIdentity,
  exemplarsIdentity,
  featuresPath,
  Part,
  putTogether,
  removeParts,
  type Units,
} from "./parts.js";
import type { Witness } from "./witness.js";

export interface DescribeRunOptions
  extends Omit<DescribeOptions, "clip" | "witness" | "interpreter" | "range" | "only"> {
  /** A describer's directory, or a checkpoint of the reference implementation. */
  readonly describer: string;
  /** The probe set, when it has moved since the run was made. */
  readonly images?: string | undefined;
  /** Folder of an image-text model that reranks the beam. */
  readonly clip?: string | undefined;
  /** Opens who sees the exemplars, too. */
  readonly witness?: ((store: ExemplarStore) => Promise<Witness>) | undefined;
  /** Opens who understands descriptions, so that they can be hedged. */
  readonly interpreter?: (() => Promise<Interpreter>) | undefined;
  /** Default `RUN/descriptions.csv`; the evidence goes into a `.jsonl` beside it. */
  readonly out?: string | undefined;
  readonly device?: SessionOptions["device"];
  /** Only one of several parts of the units: a number from 1 to `of`. The last part to be finished puts all together. */
  readonly shard?: { readonly number: number; readonly of: number } | undefined;
}

/** What came of it. */
export interface Described {
  readonly out: string;
  readonly header: DescriptionsHeader;
  readonly descriptions: readonly Description[];
  /** Units that other parts have still to describe, by their places in the order of layers and rows; then `descriptions` are only this part's. */
  readonly missing: readonly Units[];
}

/**
 * Describes every unit of a run, or of a MILANNOTATIONS folder, and writes the descriptions with their evidence. Killed, the same call goes on behind the
 * last batch of units, unless several meanings are looked for, which takes units of all batches.
 * Errors: `UserError` when the run, its probe set or the describer cannot be opened, the file cannot be written, or another process is writing it, before any work.
 */
export async function describeRun(folder: string, options: DescribeRunOptions): Promise<Described> {
  const { describer: path, images, clip: clipFolder, out = join(folder, "descriptions.csv"), device, shard } = options;
  const isMany = (options.meanings ?? "one") !== "one" && options.meanings !== 1;
  if (shard && isMany) {
    throw new UserError(
      "describing a part: what is one meaning is told from all units; expected --meanings without --shard, leave one out",
    );
  }
  const session = device === undefined ? {} : { device };
  const store = await openExemplars(folder, images);
  try {
    await checkWritableFile(out);
    const describer = await loadDescriber(path, session);
    let clip: ClipReranker | undefined;
    try {
      if (clipFolder !== undefined) clip = await ClipReranker.open(clipFolder, session);
      const range = shard && rangeOf(shard, unitsIn(store, options.layers));
      const part = `describing-${basename(out)}`;
      const work = () => describeOpen(store, describer, clip, out, range, isMany, options);
      return await withLock(dirname(out), `describing ${folder}`, work, { part, range });
    } finally {
      await clip?.close();
      await describer.close();
    }
  } finally {
    await store.close();
  }
}

async function describeOpen(
  store: ExemplarStore,
  describer: Describer,
  clip: ClipReranker | undefined,
  out: string,
  range: Units | undefined,
  isMany: boolean,
  options: DescribeRunOptions,
): Promise<Described> {
  const { describer: path, clip: _, witness: openWitness, interpreter: openInterpreter, ...rest } = options;
  const witness = openWitness && (await openWitness(store));
  const interpreter = await openInterpreter?.();
  const all: DescribeOptions = {
    ...rest,
    ...(clip && { clip }),
    ...(witness && { witness }),
    ...(interpreter && { interpreter }),
  };
  const used = settingsOf(describer, all);
  const { meanings } = rest;
  const header: DescriptionsHeader = {
    ...{ milan: VERSION, describer: path, describerSha256: describer.sha256 },
    ...{ search: used.search, lambda: used.lambda, beam: used.beam, length: used.length },
    compat: used.compat ?? null,
    clip: clip ? { folder: clip.folder, sha256: await clip.identity() } : null,
    ...(witness && { checked: witness.title }),
    ...(rest.each && { weighed: "each" as const }),
    ...(interpreter ? { scattered: "hedge" as const } : rest.consensus && { scattered: "consensus" as const }),
    ...(meanings === undefined || !isMany ? {} : { meanings: meanings as "auto" | number }),
  };
  if (isMany) {
    const descriptions: Description[] = [];
    for await (const description of describe(store, describer, all)) descriptions.push(description);
    await writeDescriptions(out, header, descriptions);
    return { out, header, descriptions, missing: [] };
  }
  const of = unitsIn(store, options.layers);
  const { from, to } = range ?? { from: 0, to: of };
  const made = {
    made: header,
    exemplars: await exemplarsIdentity(store, options.layers),
    describer: await describerIdentity(path),
  };
  const part = await Part.open(out, { ...made, of, from, to }, range, BATCH);
  const descriptions = [...part.done];
  try {
    let pending: Description[] = [];
    const save = async () => {
      descriptions.push(...pending);
      await part.add(pending);
      pending = [];
    };
    const keep = { path: featuresPath(part.path), of: part.identity };
    for await (const description of describe(store, describer, {
      ...{ ...all, keep, range: { from, to }, done: part.done.length },
    })) {
      pending.push(description);
      if (pending.length === BATCH) await save();
    }
    if (pending.length > 0) await save();
    await rm(keep.path, { force: true });
  } finally {
    await part.close();
  }
  if (!range) {
    await writeDescriptions(out, header, descriptions);
    await removeParts(out);
    return { out, header, descriptions, missing: [] };
  }
  return withLock(
    dirname(out),
    `putting descriptions together in ${dirname(out)}`,
    async () => {
      const whole = await putTogether(out);
      // the last part but one may have been as fast
      if (!whole) return { out, header, descriptions, missing: [] };
      if ("missing" in whole) return { out, header, descriptions, missing: whole.missing };
      await writeDescriptions(out, whole.header, whole.descriptions);
      await removeParts(out);
      return { out, header: whole.header, descriptions: whole.descriptions, missing: [] };
    },
    { part: `putting-together-${basename(out)}`, waitMs: 600_000 },
  );
}

/** Units of a part: whole batches. */
function rangeOf({ number, of }: { readonly number: number; readonly of: number }, units: number): Units {
  const batches = Math.ceil(units / BATCH);
  if (of > batches) {
    throw new UserError(
      `describing in ${of} shards: there are ${units} units, ${batches} batches of ${BATCH}; expected at most as many shards, take fewer`,
    );
  }
  const first = (part: number) => Math.min(units, Math.floor((part * batches) / of) * BATCH);
  return { from: first(number - 1), to: first(number) };
}
