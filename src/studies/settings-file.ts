/** The settings of a study that is kept in a folder: it is gone on with under the same ones only. */
import { existsSync } from "node:fs";
import { UserError } from "../base/errors.js";
import { readWhole, writeFileAtomically } from "../base/files.js";

/** Writes the settings, or compares them with those that are there. Errors: `UserError` when they differ. @param doing, remedy for the message. */
export async function sameOrNew(
  path: string,
  settings: unknown,
  doing: string,
  remedy = "repeat them or name another folder with --out",
): Promise<void> {
  const text = `${JSON.stringify(settings, null, 1)}\n`;
  if (!existsSync(path)) return writeFileAtomically(path, text);
  if ((await readWhole("reading", path)).toString("utf8") === text) return;
  throw new UserError(`${doing}: ${path} is of other settings; expected those it was begun with, ${remedy}`);
}
