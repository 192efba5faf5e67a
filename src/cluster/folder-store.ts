/** A root that is a folder which all machines share, such as NFS, mounted wherever each has it. */
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, fileProblem } from "../base/errors.js";
import { writeFileAtomically } from "../base/files.js";
import { temporaryName } from "../base/temporary.js";
import { below, within } from "./paths.js";
import type { Results, Store } from "./store.js";
import { TASK_FILE } from "./task.js";

export function folderStore(root: string): Store {
  return {
    location: root,
    pathOf: (place, doing) => below(root, place, doing),
    resultsOf: async (out) => `${await below(root, out, "dissecting into")}/parts`,
    open: (path, doing) => within(root, path, doing),
    results: (path) => new FolderResults(root, path),
  };
}

class FolderResults implements Results {
  readonly location: string;
  readonly #root: string;
  readonly #path: string;

  constructor(root: string, path: string) {
    this.location = join(root, ...path.split("/"));
    this.#root = root;
    this.#path = path;
  }

  async begin(task: string): Promise<void> {
    try {
      await mkdir(this.location, { recursive: true });
    } catch (error) {
      throw fileProblem("making", this.location, error);
    }
    await writeFileAtomically(join(await this.#folder("writing"), TASK_FILE), task);
  }

  async task(): Promise<string | undefined> {
    try {
      return await readFile(join(this.location, TASK_FILE), "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw fileProblem("reading", join(this.location, TASK_FILE), error);
    }
  }

  async names(): Promise<ReadonlySet<string>> {
    try {
      return new Set(await readdir(this.location));
    } catch (error) {
      throw fileProblem("reading", this.location, error);
    }
  }

  async put(file: string, name: string): Promise<boolean> {
    if ((await this.task()) === undefined) return false;
    const path = join(await this.#folder("writing"), name);
    const temporary = temporaryName(path);
    try {
      await copyFile(file, temporary);
      const copy = await open(temporary, "r+");
      try {
        await copy.sync();
      } finally {
        await copy.close();
      }
      await rename(temporary, path);
      return true;
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      if ((await this.task()) === undefined) return false;
      throw fileProblem("writing", path, error);
    }
  }

  async gather(): Promise<string> {
    return this.location;
  }

  async remove(): Promise<void> {
    // the task goes first: without it nobody begins to write here
    await rm(join(this.location, TASK_FILE), { force: true });
    await rm(this.location, { recursive: true, force: true, maxRetries: 5 });
  }

  #folder(doing: string): Promise<string> {
    return within(this.#root, this.#path, doing);
  }
}
