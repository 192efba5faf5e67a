/**
 * The explorer as files, for any web server: the built page, and the API's answers where the page finds them.
 *
 * The contract with the page. `index.html` is the built `explorer.html` with `<meta name="milan-site" content="site.json">` in its head; a page
 * without that line is served by `milan serve`. With it, nothing is ever asked of a server but these files (types in `api/site.ts`):
 *
 * | file | holds | in place of |
 * |---|---|---|
 * | `site.json` | `Site` | |
 * | `api/runs.json` | `Run[]`; in `cannot` why something needs a server | `api/runs` |
 * | `api/runs/RUN/units.json` | `SiteUnits`: all units; the page searches, filters and sorts them itself | `api/runs/RUN/units?...` |
 * | `api/runs/RUN/units/LAYER/UNIT.json` | `SiteUnit` | `.../units/LAYER/UNIT` and `.../neighbours` |
 * | `api/runs/RUN/units/LAYER/UNIT.strip.webp` | the first `Site.strip` exemplars under their masks | `.../strip` |
 * | `api/runs/RUN/units/LAYER/UNIT.masks.png` | masks of all exemplars at the run's level | `.../masks` |
 * | `api/runs/RUN/images/IMAGE.webp` | a picture | `.../images/IMAGE` |
 * | `api/runs/RUN/clusters.json`, `api/runs/RUN/dashboard.json` | as the API | the same without `.json` |
 * | `api/runs/RUN/figures/ID.svg` or `.png` | by its type in the dashboard | `.../figures/ID` |
 * | `api/compare/A/B.json` | `Comparison`, for each pair of two different runs | `api/compare?a=A&b=B` |
 *
 * Nothing else is there: no other levels, no heat maps, no effects, no search by meaning, no writing. RUN, A and B are ids of runs, as in
 * `api/runs.json`, encoded as in addresses.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { OpenAPIHono, z } from "@hono/zod-openapi";
import { UserError } from "../base/errors.js";
import { type Progress, silent } from "../base/progress.js";
import { VERSION } from "../base/version.js";
import { writeWholeFolder } from "../base/whole-folder.js";
import { BUILT_PAGES } from "../serving/pages.js";
import type { Explorer } from "./api/explorer.js";
import type { Cluster, Comparison, Dashboard, Neighbours, Run, UnitLine, UnitList, UnitPage } from "./api/schemas.js";
import type { Site, SiteUnit, SiteUnitLine, SiteUnits } from "./api/site.js";
import { SPEECH } from "./served/parts-of-speech.js";
import type { ServedRun } from "./served/served-run.js";
import { explorerApp, openExplorer } from "./server.js";
import { FROM_DISK, pageOfSite } from "./site-page.js";

export interface SiteOptions {
  /** Where probe sets are that are not where they were. */
  readonly images?: readonly string[];
  /** Pixels of the longer side of pictures at most; default: those the network saw. Masks keep their size: the page lays them over. */
  readonly imageSize?: number;
  readonly progress?: Progress;
  /** The folder of the built pages; default: those that are shipped. */
  readonly pages?: string;
}

const WITHOUT = "This is a copy without its server. Open the run with milan serve for this.";
/** Exemplars on a strip, and pixels of each. */
const STRIP = 6;
const STRIP_SIZE = 144;
/** Answers under way at once. */
const AT_ONCE = 4;

type Of<S extends z.ZodType> = z.infer<S>;

/**
 * Writes a site of one or more runs, or MILANNOTATIONS folders: whole, or not at all. Some 40 KB a unit and 10 KB a picture (of 224 pixels), and a tenth of a second of computing a unit.
 * Errors: `UserError` when the folder is there and not empty, a run cannot be opened, its pictures are gone, the disk is full.
 */
export async function exportSite(folders: readonly string[], out: string, options: SiteOptions = {}): Promise<void> {
  const { progress = silent, pages = BUILT_PAGES } = options;
  if (!existsSync(join(pages, "explorer.html"))) {
    throw new UserError(
      `exporting to ${out}: the pages are not built; expected ${pages}/explorer.html, run npm run build`,
    );
  }
  const explorer = await openExplorer(folders, options);
  try {
    await writeWholeFolder(out, async (folder) => {
      await new SiteWriter(explorer, await explorerApp(explorer, { host: "127.0.0.1" }), folder, options).write(pages);
    });
  } finally {
    progress.end();
    await explorer.close();
  }
}

class SiteWriter {
  readonly #explorer: Explorer;
  readonly #app: OpenAPIHono;
  readonly #folder: string;
  readonly #progress: Progress;
  readonly #picture: string;

  constructor(explorer: Explorer, app: OpenAPIHono, folder: string, { progress = silent, imageSize }: SiteOptions) {
    this.#explorer = explorer;
    this.#app = app;
    this.#folder = folder;
    this.#progress = progress;
    this.#picture = imageSize === undefined ? "" : `?size=${imageSize}`;
  }

  async write(pages: string): Promise<void> {
    const date = new Date().toISOString();
    const site: Of<typeof Site> = { static: true, milan: VERSION, date, without: WITHOUT, strip: STRIP };
    const isOurs = (path: string) => !/^studio\b/.test(basename(path));
    await cp(join(pages, "assets"), join(this.#folder, "assets"), { recursive: true, filter: isOurs });
    await this.#put("index.html", pageOfSite(await readFile(join(pages, "explorer.html"), "utf8")));
    await this.#put(FROM_DISK.name, FROM_DISK.program);
    await this.#json("site.json", site);
    const runs = await this.#ask<Of<typeof Run>[]>("runs");
    await this.#json("api/runs.json", runs.map(published));
    for (const served of this.#explorer.runs.values()) await this.#run(served);
    for (const a of runs) for (const b of runs) if (a !== b) await this.#comparison(a, b);
  }

  async #run(served: ServedRun): Promise<void> {
    const lines = await this.#lines(served);
    const clusters = await this.#ask<Of<typeof Cluster>[]>(`runs/${served.id}/clusters`);
    await this.#json(`api/runs/${served.id}/units.json`, { units: await this.#known(served, lines) } satisfies Of<
      typeof SiteUnits
    >);
    await this.#json(`api/runs/${served.id}/clusters.json`, clusters);
    await this.#dashboard(served.id);
    const images = [
      ...new Set(
        served.units.flatMap(({ layer, row, ranks }) => ranks.map((rank) => layer.images[row * served.store.k + rank])),
      ),
    ];
    await this.#each(`pictures of ${served.name}`, "picture", served.cannot.pictures === null ? images : [], (image) =>
      this.#copy(`runs/${served.id}/images/${image}${this.#picture}`, `runs/${served.id}/images/${image}.webp`),
    );
    await this.#each(`units of ${served.name}`, "unit", lines, (line) => this.#unit(served.id, line));
  }

  /** All units of a run, in its order. */
  async #lines({ id, units }: ServedRun): Promise<Of<typeof UnitLine>[]> {
    const lines: Of<typeof UnitLine>[] = [];
    while (lines.length < units.length) {
      const part = await this.#ask<Of<typeof UnitList>>(`runs/${id}/units?limit=500&offset=${lines.length}`);
      lines.push(...part.units);
    }
    return lines;
  }

  /** With what the server's filters know. */
  async #known(served: ServedRun, lines: readonly Of<typeof UnitLine>[]): Promise<Of<typeof SiteUnitLine>[]> {
    const { knowledge } = this.#explorer.listing(served);
    const [speech, { of }] = [await knowledge.speech(), await knowledge.clusters()];
    return lines.map((line, at) => ({
      ...line,
      speech: SPEECH.filter((part) => speech.has(at, part)),
      cluster: of[at],
    }));
  }

  async #unit(run: string, { layer, unit, exemplars }: Of<typeof UnitLine>): Promise<void> {
    const place = `runs/${run}/units/${layer}/${unit}`;
    const page = await this.#ask<Of<typeof UnitPage>>(place);
    const neighbours = await this.#ask<Of<typeof Neighbours>>(`${place}/neighbours`);
    const whole: Of<typeof SiteUnit> = { unit: { ...page, previous: null, next: null }, neighbours };
    await this.#json(`api/${place}.json`, whole);
    if (exemplars === 0) return;
    await this.#copy(`${place}/strip?count=${STRIP}&size=${STRIP_SIZE}`, `${place}.strip.webp`);
    await this.#copy(`${place}/masks`, `${place}.masks.png`);
  }

  async #dashboard(run: string): Promise<void> {
    const dashboard = await this.#ask<Of<typeof Dashboard>>(`runs/${run}/dashboard`);
    const figures: typeof dashboard.figures = [];
    for (const figure of dashboard.figures) {
      const bytes = await this.#bytes(`runs/${run}/figures/${figure.id}`);
      const isDrawing = figure.type === "image/svg+xml";
      if (isDrawing && ACTIVE.test(Buffer.from(bytes).toString("utf8"))) {
        this.#progress.warn(`${figure.title}: the drawing holds a program or refers to other files; it is left out`);
        continue;
      }
      await this.#put(`api/runs/${run}/figures/${figure.id}.${isDrawing ? "svg" : "png"}`, bytes);
      figures.push(figure);
    }
    await this.#json(`api/runs/${run}/dashboard.json`, { ...dashboard, figures });
  }

  async #comparison(a: Of<typeof Run>, b: Of<typeof Run>): Promise<void> {
    if (a.described === 0 || b.described === 0) return;
    const compared = await this.#ask<Of<typeof Comparison>>(`compare?${new URLSearchParams({ a: a.id, b: b.id })}`);
    await this.#json(`api/compare/${a.id}/${b.id}.json`, compared);
  }

  /** Does something with every item, a few at a time. */
  async #each<T>(phase: string, unit: string, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    if (items.length === 0) return;
    this.#progress.begin(phase, items.length, unit);
    let [next, done] = [0, 0];
    const lane = async () => {
      while (next < items.length) {
        await work(items[next++]);
        this.#progress.update(++done);
      }
    };
    const lanes = Array.from({ length: AT_ONCE }, lane);
    const outcomes = await Promise.allSettled(lanes);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    this.#progress.end();
  }

  /** What the API answers. Errors: `UserError` with its own words where it refuses. */
  async #bytes(address: string): Promise<Uint8Array> {
    const response = await this.#app.request(`http://127.0.0.1/api/${address}`, { headers: { host: "127.0.0.1" } });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    const { error } = (await response.json()) as { error: string };
    throw new UserError(`exporting ${address}: ${error}`);
  }

  async #ask<T>(address: string): Promise<T> {
    return JSON.parse(Buffer.from(await this.#bytes(address)).toString("utf8")) as T;
  }

  async #copy(address: string, file: string): Promise<void> {
    await this.#put(`api/${file}`, await this.#bytes(address));
  }

  #json(file: string, value: unknown): Promise<void> {
    return this.#put(file, JSON.stringify(value));
  }

  async #put(file: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.#folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** Drawings that are more than drawings: on a site they would be pages of it. */
const ACTIVE =
  /<\s*(script|foreignObject|iframe)\b|\son\w+\s*=|javascript:|<!ENTITY|href\s*=\s*["']?(?!["']?(data:image\/|#))/i;

/** A run without the places of this machine, and with what needs a server switched off. */
function published(run: Of<typeof Run>): Of<typeof Run> {
  const name = (path: string | null) => (path === null ? null : basename(path));
  return {
    ...run,
    folder: basename(run.folder),
    model: name(run.model),
    describer: name(run.describer),
    cannot: { ...run.cannot, relevel: WITHOUT, probe: WITHOUT, ablate: WITHOUT },
  };
}
