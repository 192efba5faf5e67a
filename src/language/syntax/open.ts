/**
 * The trained tagger and parser, as one file that is shipped beside this one: `model.bin`, two tables of small integers, compressed. It
 * was made by `scripts/train-syntax.js` from the English Web Treebank of Universal Dependencies (CC BY-SA 4.0); `docs/syntax.md` says how
 * good it is.
 */
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { MOVES, parse } from "./parser.js";
import type { LinearModel } from "./perceptron.js";
import { tag, UNIVERSAL_TAGS, type UniversalTag } from "./tagger.js";

const MAGIC = "MILANSX1";
/** Of the tables: 2^18 rows of tags, 2^20 of moves. */
const MOST_BYTES = 1 << 24;
const SHIPPED = fileURLToPath(new URL("model.bin", import.meta.url));

export interface SyntaxModels {
  readonly tagger: LinearModel;
  readonly parser: LinearModel;
}

/** Tags and parses texts that have been split into words. */
export interface Syntax {
  tag(tokens: readonly string[]): UniversalTag[];
  /** Heads of the words of one sentence, -1 for the root's. */
  parse(tokens: readonly string[], tags: readonly UniversalTag[]): Int32Array;
}

/** Opens the models. Errors: `UserError` when the file is damaged. */
export async function openSyntax(path = SHIPPED): Promise<Syntax> {
  const { tagger, parser } = await readSyntax(path);
  return {
    tag: (tokens) => tag(tagger, tokens),
    parse: (tokens, tags) =>
      parse(
        parser,
        tokens,
        tags.map((name) => UNIVERSAL_TAGS.indexOf(name)),
      ),
  };
}

async function readSyntax(path: string): Promise<SyntaxModels> {
  const damaged = () =>
    new UserError(`reading ${path}: it is damaged; expected the tables of tagger and parser, install Milan anew`);
  const bytes = await promisify(brotliDecompress)(await readWhole("reading", path), {
    maxOutputLength: MOST_BYTES,
  }).catch(() => {
    throw damaged();
  });
  if (bytes.length < 16 || bytes.toString("latin1", 0, 8) !== MAGIC) throw damaged();
  const rows = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
  const sizes = [rows[0] * UNIVERSAL_TAGS.length, rows[1] * MOVES.length];
  const arePowers = rows.every((n) => n > 0 && (n & (n - 1)) === 0);
  if (!arePowers || bytes.length !== 16 + sizes[0] + sizes[1]) throw damaged();
  const table = (start: number, length: number) => new Int8Array(bytes.buffer, bytes.byteOffset + start, length);
  return {
    tagger: { classes: UNIVERSAL_TAGS.length, weights: table(16, sizes[0]) },
    parser: { classes: MOVES.length, weights: table(16 + sizes[0], sizes[1]) },
  };
}

/** Writes the models. */
export async function writeSyntax(path: string, { tagger, parser }: SyntaxModels): Promise<void> {
  const header = Buffer.alloc(16);
  header.write(MAGIC, "latin1");
  header.writeUInt32LE(tagger.weights.length / tagger.classes, 8);
  header.writeUInt32LE(parser.weights.length / parser.classes, 12);
  const bytes = Buffer.concat([header, Buffer.from(tagger.weights.buffer), Buffer.from(parser.weights.buffer)]);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  await writeFileAtomically(path, await promisify(brotliCompress)(bytes, { params }));
}
