/**
 * The two kinds of failure. A `UserError` is something the person at the keyboard can mend: the command line prints it as
 * one line and exits 2. Everything else is a bug of ours: exit 1, and `--debug` shows the stack.
 *
 * Grammar of every message: *operation: problem; expected E, got G*, then the remedy.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  constructor(message: string, options?: { cause?: unknown }) {
    super(oneLine(message), options);
  }
}

/** Letters of a message; names that strangers chose may have more. */
const LONGEST_MESSAGE = 2000;

/** The message of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  return oneLine(thrown instanceof Error ? thrown.message : String(thrown));
}

/**
 * A text as one line of bounded length, its beginning and its end kept. Messages quote what strangers wrote: control characters, which could move the
 * cursor of a terminal or forge lines of a log, become question marks.
 */
function oneLine(text: string): string {
  const line = text
    .replace(/\s*\n\s*/g, " ")
    .trim()
    .replace(/[\p{Cc}\u2028\u2029]/gu, "?");
  if (line.length <= LONGEST_MESSAGE) return line;
  return `${line.slice(0, 0.7 * LONGEST_MESSAGE)} [...] ${line.slice(-0.2 * LONGEST_MESSAGE)}`;
}

/** Node's error code (`ENOENT`, `ENOSPC`, ...) of anything that was thrown, or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

const FILE_PROBLEMS: Record<string, string> = {
  ENOENT: "no such file or folder; check the path",
  EACCES: "permission denied; check who may read or write it",
  EPERM: "operation not permitted; check who may read or write it",
  EISDIR: "it is a folder; expected a file",
  ENOTDIR: "a part of the path is a file; expected a folder",
  EEXIST: "a file is in the way; expected a folder",
  ENAMETOOLONG: "the name is too long; choose a shorter one",
  ENOSPC: "no space left on the device; free some and run the same command again",
  EDQUOT: "the disk quota is used up; free some space and run the same command again",
  EFBIG: "the file would be larger than the system allows; raise the limit (ulimit -f) or choose another disk",
  EROFS: "the file system is read-only; choose another folder",
  EIO: "the device reports an error; check it, or choose another",
  EMFILE: "too many open files; raise the limit (ulimit -n)",
};

/** Turns an operating-system error about `path` into a `UserError`; gives anything else back unchanged. */
export function fileProblem(operation: string, path: string, thrown: unknown): unknown {
  const problem = FILE_PROBLEMS[codeOf(thrown) ?? ""];
  return problem ? new UserError(`${operation} ${path}: ${problem}`, { cause: thrown }) : thrown;
}

/** The names nearest to `wanted`, best first: those that contain it, then by edit distance. */
export function nearest(wanted: string, names: Iterable<string>, count = 5): string[] {
  const low = wanted.toLowerCase();
  const rank = (name: string) => {
    const other = name.toLowerCase();
    return (other.includes(low) || low.includes(other) ? 0 : 1000) + editDistance(low, other);
  };
  return [...names]
    .map((name) => ({ name, rank: rank(name) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map((entry) => entry.name);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(substitution, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}
