/**
 * Random access into an archive file: what reading zip and tar in place has in common.
 */
import { type FileHandle, open } from "node:fs/promises";
import { fileProblem } from "../../base/errors.js";

export class ArchiveFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #file: FileHandle;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  private constructor(path: string, sizeBytes: number, file: FileHandle) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.#file = file;
  }

  static async open(path: string): Promise<ArchiveFile> {
    try {
      const file = await open(path, "r");
      return new ArchiveFile(path, (await file.stat()).size, file);
    } catch (error) {
      throw fileProblem("opening the images", path, error);
    }
  }

  /** `length` bytes from `position`, or fewer where the file ends. Never allocates more than the file holds. */
  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.sizeBytes - position)));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  }

  /**
   * The same for many small reads that move forward: at least `aheadBytes` are read at once and kept for the next call. Not
   * for use by two callers at a time. The result is only valid until the next call.
   */
  async scan(position: number, length: number, aheadBytes: number): Promise<Buffer> {
    const at = position - this.#windowAt;
    if (at < 0 || at + length > this.#window.length) {
      this.#window = await this.read(position, Math.max(length, aheadBytes));
      this.#windowAt = position;
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(at, at + length);
  }

  close(): Promise<void> {
    this.#window = Buffer.alloc(0);
    return this.#file.close();
  }
}
