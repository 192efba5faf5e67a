/**
 * Pulls what is known by name, so that it need not be looked for: found in the catalogue, downloaded with its sum checked, and made into what other commands take. What is
 * there already is left as it is.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../base/errors.js";
import { checkWritable } from "../base/files.js";
import { parseJson } from "../base/json.js";
import { tidyUp, withLock } from "../base/lock.js";
import { type Progress, silent } from "../base/progress.js";
import { temporaryName } from "../base/temporary.js";
import { readWeights } from "../describer/checkpoint/checkpoint.js";
import { writeModel } from "../engine/onnx/write.js";
import { find, fullName, type Item } from "./catalogue.js";
import { type Download, type Downloaded, type DownloadOptions, download } from "./download.js";
import { homeFolder, pathOf } from "./home.js";
import { filesOnHub } from "./hub.js";
import { networkOf } from "./networks.js";
import { Sums } from "./sums.js";
import { unpack } from "./unpack.js";

export interface PullOptions extends Omit<DownloadOptions, "progress"> {
  /** Where things are kept; default `homeFolder()`. */
  readonly folder?: string | undefined;
  /** Another place that has the same files under `MIRROR/HOST/PATH`; default `MILAN_MIRROR` of the environment. */
  readonly mirror?: string | undefined;
  /** Take nothing from elsewhere; default: whether `MILAN_OFFLINE` is set. */
  readonly offline?: boolean;
  readonly progress?: Progress;
  /** Default: now. */
  readonly date?: Date;
}

/** What was pulled. */
export interface Pulled {
  readonly item: Item;
  /** What other commands take: a file or a folder. */
  readonly path: string;
  /** Whether it was there already. */
  readonly wasThere: boolean;
}

/**
 * Pulls an item by its name.
 * Errors: `UserError` for an unknown name, offline, and whatever `download`, `unpack` and the readers of what came refuse.
 */
export async function pull(name: string, options: PullOptions = {}): Promise<Pulled> {
  const { folder = homeFolder(), offline = isSet(process.env.MILAN_OFFLINE) } = options;
  const item = find(name);
  const path = pathOf(item, folder);
  if (existsSync(path)) {
    const remains = [...madeOf(item, path), `${path}.part.json`];
    const remove = async () => {
      for (const each of remains) await rm(each, { force: true });
    };
    await tidyUp(join(folder, item.kind), remove, { part: item.name });
    return { item, path, wasThere: true };
  }
  if (offline) {
    const shown = item.kind === "hub" ? `the files of ${item.from}` : item.from;
    throw new UserError(
      `pulling ${fullName(item)}: offline, and it is not at ${path}; expected a network or the file, fetch ${shown} elsewhere and put ${item.kind === "network" ? "the ONNX file" : item.kind === "annotations" ? "what it unpacks to" : "it"} there`,
    );
  }
  await checkWritable(folder);
  await withLock(join(folder, item.kind), `pulling ${fullName(item)}`, () => fetchItem(item, path, folder, options), {
    part: item.name,
  });
  return { item, path, wasThere: false };
}

/** What an item is made of, and is no more needed when it is there: first the download. */
function madeOf({ kind }: Item, path: string): string[] {
  if (kind === "network") return [path.replace(/\.onnx$/, ".pth")];
  return kind === "annotations" ? [`${path}.zip`] : [];
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "" && value !== "0";

async function fetchItem(item: Item, path: string, folder: string, options: PullOptions): Promise<void> {
  const what = fullName(item);
  const sums = await Sums.open(folder);
  const { from, limit, sha256, kind } = item;
  const get = async (wanted: Omit<Download, "what" | "limit">) => {
    const seen = sums.of(wanted.url);
    const known = wanted.sha256 ?? seen?.sha256;
    // written down before the file is in its place: who finds it there looks no further
    const accept = (came: Downloaded) => sums.expect(what, wanted.url, came, options.date ?? new Date());
    await download({ what, limit, ...wanted, url: mirrored(wanted.url, options), sha256: known, accept }, options);
  };
  if (kind === "describer") return get({ url: from, path, sha256 });
  if (kind === "network") {
    const [weights] = madeOf(item, path);
    if (!existsSync(weights)) await get({ url: from, path: weights, sha256 });
    await writeModel(networkOf(item.name, await readWeights(weights)), path);
    return rm(weights);
  }
  if (kind === "annotations") {
    const [archive] = madeOf(item, path);
    if (!existsSync(archive)) await get({ url: from, path: archive, sha256 });
    await unpack(archive, path, { limit: 4 * limit, progress: options.progress ?? silent });
    return rm(archive);
  }
  return fetchRepository(item, path, get, options);
}

/** All files of a repository, into a folder that appears when all are there. */
async function fetchRepository(
  item: Item,
  path: string,
  get: (wanted: Omit<Download, "what" | "limit">) => Promise<void>,
  options: PullOptions,
): Promise<void> {
  const what = fullName(item);
  const asking = temporaryName(path); // beside what comes, where the next process clears up after a kill
  await mkdir(asking, { recursive: true });
  let files: Awaited<ReturnType<typeof filesOnHub>>;
  try {
    files = await filesOnHub(item.from, async (url) => {
      const answer = join(asking, "answer.json");
      await download(
        { what, url: mirrored(url, options), path: answer, limit: MOST_LISTING },
        { ...options, progress: silent },
      );
      return jsonIn(await readFile(answer, "utf8"));
    });
  } finally {
    await rm(asking, { recursive: true, force: true });
  }
  const total = files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  if (total > item.limit) {
    throw new UserError(
      `pulling ${what}: its files are ${total} bytes; expected at most ${item.limit}, choose another`,
    );
  }
  const gathering = `${path}.part`;
  for (const { file, ...wanted } of files) {
    const place = join(gathering, file);
    if (!existsSync(place)) await get({ ...wanted, path: place });
    await rm(`${place}.part.json`, { force: true }); // of a process that was killed when all had come
  }
  await rename(gathering, path);
}

/** A listing is a page of JSON. */
const MOST_LISTING = 16 * 2 ** 20;

function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The address of the same file at a mirror: `https://host/path` is `MIRROR/host/path`. Errors: `UserError` for a mirror that is no address. */
function mirrored(url: string, { mirror = process.env.MILAN_MIRROR }: PullOptions): string {
  if (mirror === undefined || mirror === "") return url;
  const base = URL.canParse(mirror) ? new URL(mirror) : undefined;
  if (!base || !/^https?:$/.test(base.protocol)) {
    throw new UserError(
      `pulling from the mirror ${mirror}: it is no address; expected one such as https://mirror.example/models, set MILAN_MIRROR`,
    );
  }
  const { host, pathname, search } = new URL(url);
  return `${mirror.replace(/\/+$/, "")}/${host}${pathname}${search}`;
}
