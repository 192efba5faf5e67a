/**
 * A layer's folder in a run. Tensor names may contain anything; on disk they are escaped so that every name is one plain
 * file name on every file system, and can be read back.
 */
import { join } from "node:path";

/** The name of a layer's folder: bytes other than letters, digits, `.`, `_` and `-` become `%XX`. */
export function layerFolder(run: string, layer: string): string {
  const escaped = Buffer.from(layer, "utf8").reduce((text, byte) => {
    const character = String.fromCharCode(byte);
    return (
      text + (/[A-Za-z0-9._-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    );
  }, "");
  return join(
    run,
    "layers",
    escaped.replace(/^\.+$/, (dots) => "%2E".repeat(dots.length)),
  );
}
