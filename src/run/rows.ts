/**
 * A `.npy` file whose rows arrive in any order, for arrays that never are in memory as a whole (the activation maps of all
 * exemplars). It grows under a temporary name and appears under its own only when complete.
 */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileProblem } from "../base/errors.js";
import { temporaryName } from "../base/temporary.js";
import { bytesOf, type DType, type NdArray, sizeOf, toBytes } from "../engine/tensor/ndarray.js";
import { npyHeader } from "../engine/tensor/npy.js";

export class RowWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #offsetBytes: number;

  private constructor(path: string, temporary: string, file: FileHandle, offsetBytes: number) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
    this.#offsetBytes = offsetBytes;
  }

  /** Starts an array of zeros. */
  static async create(path: string, dtype: DType, shape: readonly number[]): Promise<RowWriter> {
    const temporary = temporaryName(path);
    let file: FileHandle | undefined;
    try {
      await mkdir(dirname(path), { recursive: true });
      file = await open(temporary, "w");
      const header = npyHeader(dtype, shape);
      await file.writeFile(header);
      await file.truncate(header.length + sizeOf(shape) * bytesOf(dtype));
      return new RowWriter(path, temporary, file, header.length);
    } catch (error) {
      await file?.close();
      await rm(temporary, { force: true }).catch(() => {});
      throw fileProblem("writing", path, error);
    }
  }

  /** Writes one row. @param row its index along the flattened leading axes; all rows have the size of `values`. */
  async write(row: number, values: NdArray): Promise<void> {
    const bytes = toBytes(values);
    const position = this.#offsetBytes + row * bytes.length;
    try {
      // a disk that becomes full takes a part first, and says so at the next attempt only
      for (let at = 0; at < bytes.length; ) {
        at += (await this.#file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
      }
    } catch (error) {
      throw fileProblem("writing", this.#path, error);
    }
  }

  /** Makes the file appear. */
  async commit(): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.#temporary, this.#path);
    } catch (error) {
      throw fileProblem("writing", this.#path, error);
    }
  }

  /** Gives up: nothing appears. */
  async abort(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}
