/**
 * Descriptions for whoever looks at one unit at a time: what a list shows of all of them is in memory, their evidence (beam and attention, some
 * 10 KB a unit) stays on disk until a unit is looked at. The file is held open, so that another one put in its place meanwhile does no harm.
 */
import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { fileProblem, UserError } from "../base/errors.js";
import {
  type Description,
  type DescriptionsHeader,
  damaged,
  descriptionIn,
  headerIn,
  readDescriptions,
} from "./descriptions.js";
import { readUnfaithful } from "./verdicts.js";

/** A description without its beam and attention, which `DescriptionLines.whole` reads. */
export interface DescriptionLine extends Description {
  /** Where it stands in the file, in bytes; null where the table has nothing more. */
  readonly place: readonly [begin: number, end: number] | null;
}

export interface DescriptionLines {
  /** How they were made; undefined where that is not known. */
  readonly header: DescriptionsHeader | undefined;
  readonly lines: readonly DescriptionLine[];
  /** With all its evidence. */
  whole(line: DescriptionLine): Promise<Description>;
  close(): Promise<void>;
}

/** Opens the descriptions of a folder, none where it has none. Errors: as `readDescriptions`. */
export async function openDescriptionLines(folder: string): Promise<DescriptionLines> {
  const path = join(folder, "descriptions.jsonl");
  if (!existsSync(path)) {
    const lines = (await readDescriptions(folder)).map((item) => ({ ...item, place: null }));
    return { header: undefined, lines, whole: async (line) => line, close: async () => {} };
  }
  const isUnfaithful = await readUnfaithful(folder);
  const file = await open(path, "r").catch((error) => {
    throw fileProblem("reading", path, error);
  });
  try {
    const lines: DescriptionLine[] = [];
    let header: DescriptionsHeader | undefined;
    for await (const [bytes, begin] of linesOf(file)) {
      if (begin === 0) header = headerIn(path, bytes.toString("utf8"));
      if (begin === 0 || bytes.length === 0) continue;
      const line = lightly(path, bytes, [begin, begin + bytes.length]);
      const doubts = isUnfaithful(line) ? [...new Set([...line.doubts, "cannot-tell" as const])] : line.doubts;
      lines.push({ ...line, doubts });
    }
    return {
      header,
      lines,
      async whole({ place, doubts }) {
        const [begin, end] = place!;
        const bytes = Buffer.alloc(end - begin);
        await file.read(bytes, 0, bytes.length, begin);
        return { ...parsed(path, bytes.toString("utf8")), doubts };
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * A line without its evidence. Milan writes the evidence behind the rest, so that the rest alone need be parsed, a twentieth of the line; the
 * marks cannot stand inside of a JSON string, where quotes are escaped. What others wrote in another order is parsed as a whole.
 */
function lightly(path: string, line: Buffer, place: readonly [number, number]): DescriptionLine {
  const [beam, meanings] = [line.indexOf(',"beam":['), line.lastIndexOf(',"meanings":[')];
  const rest = () => line.toString("utf8", 0, beam) + (meanings > beam ? line.toString("utf8", meanings) : "}");
  const item = (beam < 0 ? undefined : descriptionIn(rest(), false)) ?? parsed(path, line.toString("utf8"));
  return { ...item, beam: [], attention: [], place };
}

function parsed(path: string, text: string): Description {
  const item = descriptionIn(text);
  if (item) return item;
  throw damaged(path);
}

const CHUNK_BYTES = 1 << 20;
const LONGEST_LINE_BYTES = 1 << 26;

/** The lines of a file with the places where they begin, in bytes. */
async function* linesOf(file: FileHandle): AsyncGenerator<[line: Buffer, begin: number]> {
  let rest = Buffer.alloc(0);
  let begin = 0;
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    rest = rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      yield [rest.subarray(from, end), begin + from];
      from = end + 1;
    }
    rest = rest.subarray(from);
    begin += from;
    if (rest.length > LONGEST_LINE_BYTES) throw new UserError("reading descriptions: a line has more than 64 MB");
  }
  if (rest.length > 0) yield [rest, begin];
}
