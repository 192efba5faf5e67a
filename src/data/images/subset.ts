/** Some pictures of a set, where others lie beside them that are not meant. */
import { UserError } from "../../base/errors.js";
import { sha256 } from "../../base/hash.js";
import type { ImageSet } from "./imageset.js";

/**
 * The pictures of a set whose files are among these, numbered anew. Closing it closes the set.
 * @param whose names the list in messages.
 * Errors: `UserError` when there are none.
 */
export function subsetOf(set: ImageSet, files: ReadonlySet<string>, whose: string): ImageSet {
  const kept = set.entries.flatMap(({ file }, index) => (files.has(file) ? [index] : []));
  if (kept.length === 0) {
    throw new UserError(
      `opening the images ${set.location}: none of ${set.entries.length} is known to ${whose}; expected its pictures, check the path`,
    );
  }
  if (kept.length === set.entries.length) return set;
  const entries = kept.map((index) => set.entries[index]);
  return {
    ...{ location: set.location, entries, ignored: set.ignored + set.entries.length - kept.length },
    fingerprint: sha256([set.fingerprint, ...entries.map(({ file }) => file)].join("\n")),
    read: (index) => set.read(kept[index]),
    close: () => set.close(),
  };
}
