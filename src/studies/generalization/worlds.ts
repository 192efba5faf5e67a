/** Labelled pictures of the made world for the runs of a study. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { openWorldFolder, WORLD_FILE } from "../../data/world/folder.js";
import { readManifest } from "../../run/manifest.js";
import type { Labelled } from "./generalize.js";

/**
 * For a run over pictures of the world: those with their labels, and the first of `folders` that is of the same data set.
 * Errors: `UserError` when a folder is no world, or there is none for a run.
 */
export function worldsFor(folders: readonly string[]): (run: string) => Promise<Labelled | undefined> {
  return async (run) => {
    const { probePath: probe, probeKind } = await readManifest(run);
    if (probeKind !== "images" || !existsSync(join(probe, WORLD_FILE))) return undefined;
    const set = await setOf(probe);
    for (const folder of folders) {
      if ((await setOf(folder)) !== set) continue;
      return {
        probe: { images: probe, source: await openWorldFolder(probe) },
        heldOut: { images: folder, source: await openWorldFolder(folder) },
      };
    }
    throw new UserError(
      `grading ${run}: it is over ${set}, and none of ${folders.join(", ")} is; expected one with pictures it was not made with, make it with milan world`,
    );
  };
}

async function setOf(folder: string): Promise<unknown> {
  const path = join(folder, WORLD_FILE);
  if (!existsSync(path)) {
    throw new UserError(`opening the world in ${folder}: no ${WORLD_FILE}; expected a folder made by milan world`);
  }
  return JSON.parse(await readFile(path, "utf8")).set;
}
