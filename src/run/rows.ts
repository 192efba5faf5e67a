/**
 * A `.npy` file whose rows arrive in any order, for arrays that never are in memory as a whole (the activation maps of all
 * exemplars). It grows under a temporary name and appears under its own only when complete.
 */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileProblem } from "../base/errors.js";
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
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-0.tmp`);
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(temporary, "w");
      const header = npyHeader(dtype, shape);
      await file.write(header);
      const bytes = header.length + sizeOf(shape) * bytesOf(dtype);
      await file.truncate(bytes);
      return new RowWriter(path, temporary, file, header.length);
    } catch (error) {
      throw fileProblem("writing", path, error);
    }
  }

  /** Writes one row. @param row its index along the flattened leading axes; all rows have the size of `values`. */
  async write(row: number, values: NdArray): Promise<void> {
    const bytes = toBytes(values);
    try {
      await this.#file.write(bytes, 0, bytes.length, this.#offsetBytes + row * bytes.length);
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
