/**
 * A picture that a visitor brought: bytes of a stranger. Its first bytes must be those of a known format and its header must promise a
 * picture of bounded size before anything is decoded; then it is decoded as the pictures of the run were.
 *
 * Decoding costs at most the memory of `UPLOAD_PIXELS` pixels, some 200 MB, for formats that cannot be read line by line; so one at a time.
 */
import { UserError } from "../../base/errors.js";
import { decode, sidesOf, type View } from "../../data/images/decode.js";
import { sniff } from "../../data/images/sniff.js";

export const UPLOAD_FORMATS = ["PNG", "JPEG", "WebP", "GIF", "AVIF"] as const;
/** Longer uploads are refused unread. */
export const UPLOAD_BYTES = 25 * 2 ** 20;
/** Of the whole picture: what telephones take, and no more. */
export const UPLOAD_PIXELS = 50_000_000;

/**
 * Pixels of an uploaded picture, uint8 [3, height, width], RGB.
 * Errors: `UserError` for too many bytes or pixels, another format, a damaged picture.
 */
export async function readUpload(bytes: Uint8Array, view: View): Promise<Uint8Array> {
  const refusal = (problem: string) => new UserError(`reading the picture: ${problem}`);
  if (bytes.length === 0) throw refusal("it is empty; expected a file with a picture");
  if (bytes.length > UPLOAD_BYTES) {
    throw refusal(`${bytes.length} bytes; expected at most ${UPLOAD_BYTES / 2 ** 20} MB, make it smaller`);
  }
  const format = sniff(bytes);
  if (!UPLOAD_FORMATS.some((known) => known === format)) {
    throw refusal(
      `it is ${format ? `a ${format} file` : "no picture that is known here"}; expected ${UPLOAD_FORMATS.join(", ")}, convert it`,
    );
  }
  const [width, height] = await sidesOf(bytes, "the picture");
  if (width * height > UPLOAD_PIXELS) {
    throw refusal(`${width} x ${height} pixels; expected at most ${UPLOAD_PIXELS / 1e6} million, make it smaller`);
  }
  return decode(bytes, view, "the picture");
}
