/**
 * A layer's folder in a run. Tensor names may contain anything; on disk they are escaped so that every name is one plain
 * file name on every file system.
 */
import { join } from "node:path";
import { sha256 } from "../base/hash.js";

/** File systems allow 255 bytes; temporary files and what people add need some of them. */
const LONGEST = 200;

/**
 * The name of a layer's folder: bytes other than letters, digits, `.`, `_` and `-` become `%XX`. A name too long for a file
 * is cut and closed by a hash of the whole.
 */
export function layerFolder(run: string, layer: string): string {
  const escaped = Buffer.from(layer, "utf8").reduce((text, byte) => {
    const character = String.fromCharCode(byte);
    return (
      text + (/[A-Za-z0-9._-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    );
  }, "");
  const plain = escaped.replace(/^\.+$/, (dots) => "%2E".repeat(dots.length));
  const short = plain.length > LONGEST ? `${plain.slice(0, LONGEST - 17)}-${sha256(layer).slice(0, 16)}` : plain;
  return join(run, "layers", short);
}
