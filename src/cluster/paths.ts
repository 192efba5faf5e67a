/**
 * Paths below a root that all machines share, wherever each of them has it. A path that came from elsewhere never leads out of the root, also not
 * through a link.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { codeOf, fileProblem, UserError } from "../base/errors.js";

/** `photos/a`, never `../a`, `/a`, `C:\a` or anything with control characters. */
export const relativePath = z
  .string()
  .min(1)
  .max(1024)
  .refine((path) => isPlain(path), "expected a path below the root");

const isPlain = (path: string) =>
  !/[\p{Cc}\\]/u.test(path) &&
  !/^[A-Za-z]:/.test(path) &&
  path.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** Where a path below `root` really is. @param doing for the message. Errors: it is not there, or a link leads out of the root. */
export async function within(root: string, path: string, doing: string): Promise<string> {
  const shown = join(root, ...path.split("/"));
  try {
    const [base, found] = await Promise.all([realpath(root), realpath(shown)]);
    if (isBelow(base, found)) return found;
  } catch (error) {
    throw fileProblem(doing, shown, error);
  }
  throw new UserError(`${doing} ${shown}: a link leads out of ${root}; expected something below it, copy it there`);
}

/** A path as others can find it, from the root on; it need not be there yet. Errors: it lies elsewhere. */
export async function below(root: string, path: string, doing: string): Promise<string> {
  let base: string;
  let found: string;
  try {
    base = await realpath(root);
    found = await realPlace(resolve(path));
  } catch (error) {
    throw fileProblem(doing, path, error);
  }
  const way = relative(base, found).split(sep).join("/");
  if (isBelow(base, found) && relativePath.safeParse(way).success) return way;
  throw new UserError(
    `${doing} ${path}: it is not below ${resolve(root)}; expected it in the folder that all workers share, say which with --root`,
  );
}

/** Links resolved as far as the path exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    return join(await realPlace(dirname(path)), basename(path));
  }
}

function isBelow(base: string, found: string): boolean {
  const way = relative(base, found);
  return way !== "" && !isAbsolute(way) && way.split(sep)[0] !== "..";
}
