/**
 * What a file is, judged by its first bytes: names lie (ImageNet itself holds a PNG called `.JPEG`). Only formats on this
 * list ever reach a decoder, so that text, drawings (SVG) or anything else never does.
 */

/** Formats `decode` reads. */
export const DECODABLE = ["JPEG", "PNG", "WebP", "GIF", "TIFF", "AVIF"] as const;
type Picture = (typeof DECODABLE)[number];

/** Bytes of a file that `sniff` looks at. */
export const SNIFF_BYTES = 512;

/** Extensions, lower case, by which a file in a folder or archive counts as a picture, readable or not. */
const EXTENSIONS = "jpg jpeg jpe jfif png webp gif tif tiff avif bmp ppm pgm pnm heic heif".split(" ");

const isPictureName = new RegExp(`\\.(?:${EXTENSIONS.join("|")})$`, "i");

/** For messages: what `isPicture` looks for. */
export const PICTURE_NAMES = EXTENSIONS.slice(0, 10)
  .map((extension) => `.${extension}`)
  .join(" ");

/** Whether a path is that of a picture: by extension, not hidden, not a resource fork that macOS adds to archives. */
export function isPicture(path: string): boolean {
  return isPictureName.test(path) && !/(?:^|\/)(?:\.|__MACOSX\/)/.test(path);
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** Stands for any byte. */
const ANY = -1;

/** [name, bytes, position] */
const SIGNATURES: readonly (readonly [string, readonly number[], number])[] = [
  ["JPEG", [0xff, 0xd8, 0xff], 0],
  ["PNG", [0x89, ...ascii("PNG\r\n"), 0x1a, 0x0a], 0],
  ["GIF", ascii("GIF8"), 0],
  ["WebP", [...ascii("RIFF"), ANY, ANY, ANY, ANY, ...ascii("WEBP")], 0], // not `<svg    WEBP`
  ["TIFF", [...ascii("II*"), 0], 0],
  ["TIFF", [...ascii("MM"), 0, 0x2a], 0],
  ["AVIF", ascii("ftypavif"), 4],
  ["AVIF", ascii("ftypavis"), 4],
  ["HEIF", ascii("ftyp"), 4],
  ["BMP", ascii("BM"), 0],
  ["npy", [0x93, ...ascii("NUMPY")], 0],
  ["zip", [...ascii("PK"), 3, 4], 0],
  ["zip", [...ascii("PK"), 5, 6], 0], // an empty archive
  ["tar", ascii("ustar"), 257],
  ["gzip", [0x1f, 0x8b], 0],
  ["bzip2", ascii("BZh"), 0],
  ["xz", [0xfd, ...ascii("7zXZ")], 0],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd], 0],
  ["7z", [...ascii("7z"), 0xbc, 0xaf], 0],
  ["rar", ascii("Rar!"), 0],
];

/** The format of a file from its first `SNIFF_BYTES` bytes, or undefined. */
export function sniff(start: Uint8Array): string | undefined {
  return SIGNATURES.find(([, bytes, at]) => bytes.every((byte, i) => byte === ANY || start[at + i] === byte))?.[0];
}

export const isDecodable = (format: string | undefined): format is Picture =>
  (DECODABLE as readonly (string | undefined)[]).includes(format);
