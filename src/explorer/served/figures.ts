/** Figures that studies left in a run's folder. They are named by ids made of their places: no request names a file. */
import { type Dirent, readdirSync } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { UserError } from "../../base/errors.js";
import { sha256 } from "../../base/hash.js";

export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly type: "image/svg+xml" | "image/png";
  readonly path: string;
}

/** Folders that hold the run itself. */
const OTHERS = new Set(["layers", "pictures"]);
const DEEPEST = 3;
const MOST = 200;
const MOST_BYTES = 1 << 25;

/** All figures of a run's folder, by their titles. Of one that is there as SVG and as PNG, the SVG. Links are not followed. */
export function figuresIn(folder: string): Figure[] {
  const found = new Map<string, Figure>();
  for (const parts of filesBelow(folder, [])) {
    const type = ({ ".svg": "image/svg+xml", ".png": "image/png" } as const)[extname(parts.at(-1)!).toLowerCase()];
    if (!type) continue;
    const stem = parts.join("/").slice(0, -4);
    if (found.get(stem)?.type === "image/svg+xml") continue;
    const title = stem.replaceAll("/", ": ").replaceAll(/[-_]+/g, " ");
    found.set(stem, { id: sha256(parts.join("/")).slice(0, 16), title, type, path: join(folder, ...parts) });
  }
  return [...found.values()].sort((a, b) => (a.title < b.title ? -1 : 1)).slice(0, MOST);
}

function* filesBelow(folder: string, parts: readonly string[]): Generator<readonly string[]> {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(folder, ...parts), { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = [...parts, entry.name];
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && path.length < DEEPEST && !OTHERS.has(path.join("/")))
      yield* filesBelow(folder, path);
  }
}

/** A figure's bytes. Errors: `UserError` when it has become something else meanwhile, or is absurdly large. */
export async function readFigure(folder: string, { path }: Figure): Promise<Buffer> {
  const [root, real] = await Promise.all([realpath(folder), realpath(path)]);
  if (!real.startsWith(root + sep)) throw new UserError("this figure is not in the run");
  const file = await open(real, "r");
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new UserError(`this figure has ${size} bytes; at most ${MOST_BYTES} are shown`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
