/** Where pulled things lie. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UserError } from "../base/errors.js";
import { CATALOGUE, type Item } from "./catalogue.js";

/** Where pulled things are kept: `MILAN_HOME`, or `milan` in the user's cache. */
export function homeFolder(): string {
  const { MILAN_HOME, XDG_CACHE_HOME } = process.env;
  return resolve(MILAN_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "milan"));
}

/** Where an item is, or would be. */
export function pathOf(item: Item, folder: string): string {
  const own = join(folder, item.kind, item.name);
  return item.kind === "describer" ? `${own}.pth` : item.kind === "network" ? `${own}.onnx` : own;
}

/**
 * The file of a describer of the catalogue by its name, as `base`; undefined for what is called so by nobody.
 * Errors: `UserError` for one that has not been pulled.
 */
export function pulledDescriber(name: string): string | undefined {
  const item = CATALOGUE.find((each) => each.kind === "describer" && each.name === name);
  if (!item) return undefined;
  const path = pathOf(item, homeFolder());
  if (existsSync(path)) return path;
  throw new UserError(
    `opening the describer ${name}: it is not at ${path}; expected it there, run \`milan pull ${name}\``,
  );
}
