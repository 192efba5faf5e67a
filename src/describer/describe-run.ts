/** Describing a run's units and leaving the descriptions in it: what `milan describe` does. */
import { join } from "node:path";
import { checkWritableFile } from "../base/files.js";
import { VERSION } from "../base/version.js";
import type { SessionOptions } from "../engine/runtime/session.js";
import { type ExemplarStore, openExemplars } from "../exemplars/store.js";
import { type Description, type DescriptionsHeader, writeDescriptions } from "../run/descriptions.js";
import { ClipReranker } from "./clip-rerank.js";
import { type DescribeOptions, describe, settingsOf } from "./describe.js";
import { loadDescriber } from "./describer.js";
import type { Witness } from "./witness.js";

export interface DescribeRunOptions extends Omit<DescribeOptions, "clip" | "witness"> {
  /** A describer's directory, or a checkpoint of the reference implementation. */
  readonly describer: string;
  /** The probe set, when it has moved since the run was made. */
  readonly images?: string | undefined;
  /** Folder of an image-text model that reranks the beam. */
  readonly clip?: string | undefined;
  /** Opens who sees the exemplars, too. */
  readonly witness?: ((store: ExemplarStore) => Promise<Witness>) | undefined;
  /** Default `RUN/descriptions.csv`; the evidence goes into a `.jsonl` beside it. */
  readonly out?: string | undefined;
  readonly device?: SessionOptions["device"];
}

/**
 * Describes every unit of a run, or of a MILANNOTATIONS folder, and writes the descriptions with their evidence.
 * Errors: `UserError` when the run, its probe set or the describer cannot be opened, or the file cannot be written, before any work.
 */
export async function describeRun(
  folder: string,
  options: DescribeRunOptions,
): Promise<{
  readonly out: string;
  readonly header: DescriptionsHeader;
  readonly descriptions: readonly Description[];
}> {
  const {
    describer: path,
    images,
    clip: clipFolder,
    witness: openWitness,
    out = join(folder, "descriptions.csv"),
    device,
    ...rest
  } = options;
  const session = device === undefined ? {} : { device };
  const store = await openExemplars(folder, images);
  try {
    await checkWritableFile(out);
    const describer = await loadDescriber(path, session);
    let clip: ClipReranker | undefined;
    try {
      if (clipFolder !== undefined) clip = await ClipReranker.open(clipFolder, session);
      const witness = openWitness && (await openWitness(store));
      const all = { ...rest, ...(clip && { clip }), ...(witness && { witness }) };
      const used = settingsOf(describer, all);
      const descriptions: Description[] = [];
      for await (const description of describe(store, describer, all)) descriptions.push(description);
      const { meanings } = rest;
      const header: DescriptionsHeader = {
        ...{ milan: VERSION, describer: path, describerSha256: describer.sha256 },
        ...{ search: used.search, lambda: used.lambda, beam: used.beam, length: used.length },
        compat: used.compat ?? null,
        clip: clip ? { folder: clip.folder, sha256: await clip.identity() } : null,
        ...(witness && { checked: witness.title }),
        ...(rest.consensus && { scattered: "consensus" as const }),
        ...(meanings === undefined || meanings === "one" || meanings === 1 ? {} : { meanings }),
      };
      await writeDescriptions(out, header, descriptions);
      return { out, header, descriptions };
    } finally {
      await clip?.close();
      await describer.close();
    }
  } finally {
    await store.close();
  }
}
