/** `milan annotate` itself: begins a run's study, or goes on with it, and serves it to annotators' browsers. */
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { checkWritableFile } from "../base/files.js";
import { untilInterrupted } from "../base/interruption.js";
import { plain } from "./print.js";

/** What a study is begun with; later it may be said again, but not otherwise. */
interface Beginning {
  title?: string;
  layers?: string[];
  units?: Record<string, number[]>;
  sample?: number;
  seed?: number;
  annotators?: number;
  lease?: number;
  leastSeconds?: number;
  outside?: number;
  qualification?: string;
}

export interface ServeOptions extends Beginning {
  study?: string;
  images?: string;
  host: string;
  port: number;
  name?: string[];
}

/** Where a run's study is kept. */
export const fileOf = (run: string, study: string | undefined) => study ?? join(run, "study.sqlite");

/** Serves until interrupted. */
export async function serveStudy(run: string, options: ServeOptions): Promise<void> {
  const { openExemplars } = await import("../exemplars/store.js");
  const { serveStudio } = await import("../studio/server.js");
  const { isLoopback } = await import("../serving/hosts.js");
  const store = await openExemplars(run, options.images);
  try {
    const study = await openOrBegin(run, store, options);
    try {
      const tokens = isLoopback(options.host) ? null : study.tokens();
      const { host, port, name: others = [] } = options;
      const onFault = (error: unknown) =>
        process.stderr.write(`milan: ${error instanceof Error ? error.stack : error}\n`);
      const stopped = untilInterrupted();
      const server = await serveStudio(study, store, { host, port, names: others, tokens, now: Date.now, onFault });
      process.stdout.write(greeting(study, server.url, tokens));
      await stopped;
      await server.close();
    } finally {
      study.close();
    }
  } finally {
    await store.close();
  }
}

export type Study = import("../studio/study.js").Study;
type Store = import("../exemplars/store.js").ExemplarStore;

/** Goes on with a run's study, or begins one. */
async function openOrBegin(run: string, store: Store, options: ServeOptions): Promise<Study> {
  const { readQualification } = await import("../studio/qualification.js");
  const { Study } = await import("../studio/study.js");
  const path = fileOf(run, options.study);
  const qualification = options.qualification === undefined ? null : await readQualification(options.qualification);
  const { layers, units, sample } = options;
  if (!Study.isBegun(path, "opening the study")) {
    await checkWritableFile(path);
    const settings = {
      title: options.title ?? `What do these pictures have in common?`,
      annotators: options.annotators ?? 3,
      seed: options.seed ?? 0,
      leaseMinutes: options.lease ?? 30,
      leastSeconds: options.leastSeconds ?? 5,
      outside: options.outside ?? 0.25,
      qualification,
    };
    return Study.begin(path, "beginning a study", store, settings, { layers, units, sample });
  }
  const study = Study.open(path, "opening the study", store);
  try {
    checkUnchanged(study, { ...options, ...(qualification && { test: qualification }) });
    return study;
  } catch (error) {
    study.close();
    throw error;
  }
}

/** Refuses to go on with a study otherwise than it was begun. */
function checkUnchanged({ settings, choice, database }: Study, said: Beginning & { test?: object }): void {
  const begun: Record<string, [said: unknown, begun: unknown]> = {
    "--layers": [said.layers, choice.layers],
    "--units": [said.units, choice.units],
    "--sample": [said.sample, choice.sample],
    "--seed": [said.seed, settings.seed],
    "--annotators": [said.annotators, settings.annotators],
    "--qualification": [said.test, settings.qualification],
    "--title": [said.title, settings.title],
    "--lease": [said.lease, settings.leaseMinutes],
    "--least-seconds": [said.leastSeconds, settings.leastSeconds],
    "--outside": [said.outside, settings.outside],
  };
  const changed = Object.entries(begun).find(
    ([, [now, before]]) => now !== undefined && JSON.stringify(now) !== JSON.stringify(before),
  );
  if (!changed) return;
  throw new UserError(
    `opening ${database.path}: the study was begun with another ${changed[0]}; leave it out to go on, or begin another study with --study FILE`,
  );
}

function greeting(study: Study, url: string, tokens: { annotator: string; reviewer: string } | null): string {
  const { settings } = study;
  const count = study.units().length;
  const lines = [
    `${count} unit${count === 1 ? "" : "s"}, ${settings.annotators} annotator${settings.annotators === 1 ? "" : "s"} each; kept in ${plain(study.database.path)}`,
    settings.qualification === null
      ? "no qualification test (--qualification)"
      : settings.qualification.proposed
        ? 'the qualification is as a program proposed it: look through it, and take out "proposed"'
        : `qualification: ${settings.qualification.questions.length} questions`,
    tokens
      ? `annotators: ${url}?token=${tokens.annotator}\nreviewers:  ${url}?token=${tokens.reviewer}#/progress`
      : `annotators: ${url}\nreviewers:  ${url}#/progress`,
    ...(tokens && url.includes("//127.0.0.1:")
      ? ["from elsewhere: with this machine's address, or a --name, in place of 127.0.0.1"]
      : []),
    "Ctrl+C stops; the same command goes on",
  ];
  return `${lines.join("\n")}\n`;
}
