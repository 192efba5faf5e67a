/** Where what ships with Milan lies: the describer that is used when none is named, and networks to try things on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../base/errors.js";
import { pulledDescriber } from "../pull/home.js";

const FOLDER = fileURLToPath(new URL("./assets", import.meta.url));

/** What the shipped describer is called on the command line. */
export const BUILT_IN = "built-in";

/** Folder of the shipped describer. Errors: `UserError` when this copy of Milan was built without it. */
export const builtInDescriber = (): string => shipped("describer", "describer");

/** File of a shipped network, such as "resnet-objects"; what it is stands in `NAME.json` beside it. */
export const builtInNetwork = (name: string): string => shipped(`network ${name}`, `${name}.onnx`);

/** Whether a network ships. */
export const isBuiltIn = (name: string): boolean => existsSync(join(FOLDER, `${name}.onnx`));

function shipped(what: string, file: string): string {
  const path = join(FOLDER, file);
  if (existsSync(path)) return path;
  throw new UserError(`opening the built-in ${what}: no ${path}; expected it beside the code, install Milan again`);
}

/** The path of a describer as users name it: undefined or "built-in" is the shipped one, "base" and the like what was pulled. Errors: `UserError` when there is none there. */
export function describerAt(path: string | undefined): string {
  if (path === undefined || (path === BUILT_IN && !existsSync(path))) return builtInDescriber();
  if (existsSync(path)) return path;
  const pulled = pulledDescriber(path);
  if (pulled !== undefined) return pulled;
  throw new UserError(
    `opening ${path}: no such file or folder; expected a describer (a directory, a .pth, ${BUILT_IN}, or one of \`milan pull --list\`), check the path`,
  );
}
