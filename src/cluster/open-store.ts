/** A root by how it is typed. */
import { folderStore } from "./folder-store.js";
import type { Store } from "./store.js";

/**
 * Opens a root: a folder, or `s3://bucket/prefix`.
 * @param cache folder of this machine for what is fetched from an object store.
 */
export async function openStore(root: string, cache: string): Promise<Store> {
  if (!root.startsWith("s3:")) return folderStore(root);
  const { s3Store } = await import("./s3-store.js");
  return s3Store(root, cache);
}
