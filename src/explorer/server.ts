/** The explorer: runs in the browser, and over HTTP for other programs. */
import { basename, resolve } from "node:path";
import { UserError } from "../base/errors.js";
import { VERSION } from "../base/version.js";
import { readWordVectors } from "../language/word-vectors.js";
import { type GuardOptions, guarded } from "../serving/guarded.js";
import { type Listening, listen } from "../serving/listen.js";
import { pages } from "../serving/pages.js";
import { type WordVectors, wordsOf } from "../studies/analysis/criteria.js";
import { compareRoutes } from "./api/compare.js";
import { dashboardRoutes } from "./api/dashboard.js";
import { evidenceRoutes } from "./api/evidence.js";
import type { Explorer, Routes } from "./api/explorer.js";
import { neighbourRoutes } from "./api/neighbours.js";
import { reviewRoutes } from "./api/reviews.js";
import { runRoutes } from "./api/runs.js";
import { unitRoutes } from "./api/units.js";
import { Gallery } from "./evidence/gallery.js";
import { Knowledge } from "./served/knowledge.js";
import { Listing } from "./served/listing.js";
import { descriptionOf, openServedRun, type ServedRun } from "./served/served-run.js";

/** What is read, in the order of the API's document. */
const READING: readonly Routes[] = [
  runRoutes,
  unitRoutes,
  evidenceRoutes,
  neighbourRoutes,
  reviewRoutes,
  dashboardRoutes,
  compareRoutes,
];

export interface ExplorerOptions {
  /** Where probe sets may be that are not where they were. */
  readonly images?: readonly string[];
  /** A file of word vectors in GloVe's text format, for searches by meaning. */
  readonly vectors?: string | undefined;
  /** Under whose name verdicts are kept that come without one. */
  readonly reviewer?: string;
  /** Whether to prepare for first questions while there are none. */
  readonly warm?: boolean;
  /** More routes: those that run the model. */
  readonly more?: readonly Routes[];
}

/** Opens runs and MILANNOTATIONS folders for the explorer. Close it when done. Errors: `UserError` for a folder that is neither, or is damaged. */
export async function openExplorer(
  folders: readonly string[],
  options: ExplorerOptions = {},
): Promise<Explorer & { close(): Promise<void> }> {
  const runs = new Map<string, ServedRun>();
  const close = async () => {
    for (const run of runs.values()) await run.close();
  };
  try {
    for (const folder of folders) {
      const run = await openServedRun(folder, idFor(folder, runs), options.images);
      if ([...runs.values()].some((other) => other.folder === run.folder)) {
        await run.close();
        throw new UserError(`serving ${folder}: it is given twice; expected each run once`);
      }
      runs.set(run.id, run);
    }
    const served = [...runs.values()];
    const vectors = options.vectors === undefined ? undefined : await vectorsFor(served, options.vectors);
    const listings = new Map(served.map((run) => [run, new Listing(run, new Knowledge(run, vectors))]));
    const listing = (run: ServedRun) => listings.get(run)!;
    return { runs, gallery: new Gallery(), listing, reviewer: options.reviewer ?? "", close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Words that somebody may ask for, whether a description has them or not: 60 MB with 300 numbers each. */
const FREQUENT_WORDS = 50_000;

function vectorsFor(runs: readonly ServedRun[], path: string): Promise<WordVectors> {
  const said = new Set(runs.flatMap(({ units }) => units.flatMap((unit) => wordsOf(descriptionOf(unit)))));
  return readWordVectors(path, said, FREQUENT_WORDS);
}

/** A name for addresses: the folder's, made plain, and a number where there is one like it. */
function idFor(folder: string, taken: ReadonlyMap<string, unknown>): string {
  const plain =
    basename(resolve(folder))
      .replace(/[^\w.-]+/g, "-")
      .replace(/^[.-]+|[.-]+$/g, "") || "run";
  for (let n = 1; ; n++) {
    const id = n === 1 ? plain : `${plain}-${n}`;
    if (!taken.has(id)) return id;
  }
}

/** The application: the API below `/api`, its document at `/api/openapi.json`, the page at `/`. */
export async function explorerApp(explorer: Explorer, guards: GuardOptions, more: readonly Routes[] = []) {
  const app = guarded(guards);
  for (const routes of [...READING, ...more]) await routes(app, explorer);
  app.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Milan explorer",
      version: VERSION,
      description: "Runs of Milan: units, their descriptions and the evidence for them. Logarithms are natural.",
    },
  });
  pages(app, "explorer");
  return app;
}

/** Prepares what first questions would wait for: the index, parts of speech, meanings. */
async function warm(explorer: Explorer): Promise<void> {
  for (const run of explorer.runs.values()) {
    const { knowledge } = explorer.listing(run);
    knowledge.search();
    await knowledge.tagged();
    await knowledge.clusters();
    await knowledge.nearness();
  }
}

/** Serves runs. Errors: as `openExplorer` and `listen`. */
export async function serveExplorer(
  folders: readonly string[],
  options: ExplorerOptions & GuardOptions & { readonly port: number },
): Promise<Listening> {
  const explorer = await openExplorer(folders, options);
  try {
    const app = await explorerApp(explorer, options, options.more);
    const listening = await listen(app, { host: options.host, port: options.port });
    if (options.warm) setImmediate(() => void warm(explorer).catch(() => {})); // whoever asks is told
    return {
      ...listening,
      async close() {
        await listening.close();
        await explorer.close();
      },
    };
  } catch (error) {
    await explorer.close();
    throw error;
  }
}
