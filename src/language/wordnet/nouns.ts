/**
 * What nouns mean, and what that is a kind of: the common nouns of WordNet 3.1 (Princeton University; its licence is in `LICENSE` and in the file
 * itself) with their frequent meanings, as one file of 0.4 MB that is shipped beside this one and was made by `scripts/wordnet-nouns.js`, which says
 * how.
 */
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { UserError } from "../../base/errors.js";
import { readWhole } from "../../base/files.js";

const SHIPPED = fileURLToPath(new URL("nouns.bin", import.meta.url));
const MOST_BYTES = 1 << 22;

/** Meanings are numbers; words that share one are synonyms. */
export interface Nouns {
  /** The frequent meanings of a noun, or of a noun of several words separated by spaces: singular, in lower case. None for what is no noun. */
  meaningsOf(noun: string): readonly number[];
  /** A meaning and all that it is a kind of, nearest first. */
  kindsOf(meaning: number): ReadonlySet<number>;
}

/** Opens them. Errors: `UserError` when the file is damaged. */
export async function openNouns(path = SHIPPED): Promise<Nouns> {
  const damaged = () =>
    new UserError(`reading ${path}: it is damaged; expected the nouns of WordNet, install Milan anew`);
  const bytes = await promisify(brotliDecompress)(await readWhole("reading", path), {
    maxOutputLength: MOST_BYTES,
  }).catch(() => {
    throw damaged();
  });
  const text = bytes.toString("latin1");
  const first = text.indexOf("\n\n0") + 2; // behind the licence
  if (first < 2 || !text.endsWith("\n")) throw damaged();
  const meanings = new Map<string, number[]>();
  const above: number[][] = [];
  const fromBase36 = (text: string) => Number.parseInt(text, 36);
  const open: number[] = []; // the last line of each depth
  for (const [line, row] of text.slice(first, -1).split("\n").entries()) {
    const [own, ...others] = row.split("\t");
    const depth = fromBase36(own[0]);
    above.push([...(depth > 0 ? [open[depth - 1]] : []), ...others.map(fromBase36)]);
    open[depth] = line;
    for (const word of own.slice(1).split(";")) {
      const known = meanings.get(word);
      if (known) known.push(line);
      else meanings.set(word, [line]);
    }
  }
  return {
    meaningsOf: (noun) => meanings.get(noun) ?? [],
    kindsOf(meaning) {
      const found = new Set([meaning]);
      for (const one of found) for (const kind of above[one]) found.add(kind); // grows while we walk it
      return found;
    },
  };
}
