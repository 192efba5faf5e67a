/**
 * The data sets of the paper by their names (section 4, Table 1): `<model>/<images>` below one root, and the groups that its
 * generalisation tests train on, such as `cls` or `not-alexnet-imagenet`.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { nearest, UserError } from "../../base/errors.js";

const MODELS = ["alexnet", "resnet152", "biggan"] as const;
const IMAGES = ["imagenet", "places365"] as const;
const BASE = MODELS.flatMap((model) => IMAGES.map((images) => `${model}/${images}`));

/** Names of groups, and the data sets in each. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  base: BASE,
  cls: BASE.filter((set) => !set.startsWith("biggan/")),
  gen: BASE.filter((set) => set.startsWith("biggan/")),
  ...Object.fromEntries(MODELS.map((model) => [model, BASE.filter((set) => set.startsWith(`${model}/`))])),
  ...Object.fromEntries(IMAGES.map((images) => [images, BASE.filter((set) => set.endsWith(`/${images}`))])),
  ...Object.fromEntries(BASE.map((left) => [`not-${left.replace("/", "-")}`, BASE.filter((set) => set !== left)])),
};

/** A data set that was found; one given by path is called after its folder and the one around it. */
export interface NamedSet {
  readonly name: string;
  readonly folder: string;
}

/**
 * The folders a name stands for: a group or `<model>/<images>` below `root`, or, without a root, a path.
 * Errors: `UserError` when a folder is not there, listing the names there are.
 */
export function resolveSets(name: string, root?: string): NamedSet[] {
  if (root === undefined || existsSync(name)) {
    if (existsSync(name)) return [{ name: resolve(name).split(sep).slice(-2).join("/"), folder: name }];
    const isGroup = Object.hasOwn(GROUPS, name);
    throw new UserError(
      `opening ${name}: no such folder; expected a MILANNOTATIONS folder or a run${isGroup ? `; for the paper's ${name}, say where its sets lie with --root` : ", check the path"}`,
    );
  }
  const members = Object.hasOwn(GROUPS, name) ? GROUPS[name] : [name];
  const missing = members.filter((set) => !existsSync(join(root, set)));
  if (missing.length === 0) return members.map((set) => ({ name: set, folder: join(root, set) }));
  const there = setsIn(root);
  if (!Object.hasOwn(GROUPS, name)) {
    const names = nearest(name, [...there, ...Object.keys(GROUPS)]).join(", ");
    throw new UserError(`opening ${name}: no such set in ${root}; nearest: ${names}`);
  }
  throw new UserError(
    `opening ${name}: ${missing.join(", ")} not in ${root}; expected ${members.length} sets, found ${there.join(", ") || "none"}; fetch the others, or name those you have`,
  );
}

/** Folders two levels below a root. */
function setsIn(root: string): string[] {
  if (!existsSync(root)) throw new UserError(`opening ${root}: no such folder; check --root`);
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name);
  return folders(root).flatMap((model) => folders(join(root, model)).map((images) => `${model}/${images}`));
}
