/**
 * Features that a description under way has computed, kept on disk batch by batch: the encoder's passes are most of the work, and a killed `milan describe`
 * does not repeat them. As the batches are those of one go, what is described from kept features has the same bytes.
 *
 * The file is 16 kB a mask for a ResNet-101 pyramid, half a gigabyte at most (one group of units), and is removed at the end. A batch is 24 bytes (rows, places and
 * features as uint32, then 12 of the SHA-256 of what follows) and float32 [row, place, feature]; what does not agree with its sum was not finished.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { writeFileAtomically } from "../base/files.js";
import { type NdArray, ndarray } from "../engine/tensor/ndarray.js";

const HEAD_BYTES = 24;
const SUM_BYTES = 12;

interface Place {
  readonly offset: number;
  readonly shape: readonly [rows: number, places: number, features: number];
}

/** An open file of kept features. Close it when done. */
export class KeptFeatures {
  readonly #path: string;
  readonly #batches: Place[];
  #file: FileHandle | undefined;
  #end: number;

  private constructor(path: string, file: FileHandle, batches: Place[], end: number) {
    this.#path = path;
    this.#file = file;
    this.#batches = batches;
    this.#end = end;
  }

  /** Opens what was kept of the same units, exemplars and encoder, or begins anew. @param of 64 digits that tell it from others. */
  static async open(path: string, of: string): Promise<KeptFeatures> {
    const there = await open(path, "r+").catch(() => undefined);
    if (there) {
      const head = Buffer.alloc(of.length);
      await there.read(head, 0, of.length, 0);
      if (head.toString("latin1") === of) {
        const { batches, end } = await wholeBatches(there, of.length);
        await there.truncate(end);
        return new KeptFeatures(path, there, batches, end);
      }
      await there.close();
    }
    await writeFileAtomically(path, of);
    return new KeptFeatures(path, await open(path, "r+"), [], of.length);
  }

  /** How many batches there are, from the first on, with as many rows as they should have. What comes behind them is forgotten. */
  agreeing(rows: readonly number[]): number {
    const wrong = this.#batches.findIndex(({ shape }, i) => shape[0] !== rows[i]);
    if (wrong >= 0) this.#end = this.#batches.splice(wrong)[0].offset - HEAD_BYTES;
    return this.#batches.length;
  }

  /** Batch `index`, float32 [row, place, feature]. */
  async read(index: number): Promise<NdArray<"float32">> {
    const { offset, shape } = this.#batches[index];
    const data = new Float32Array(shape[0] * shape[1] * shape[2]);
    await this.#file!.read(new Uint8Array(data.buffer), 0, data.byteLength, offset);
    return ndarray("float32", shape, data);
  }

  /** Adds the next batch. Where there is no room, nothing is kept from here on: the work goes on without. */
  async add({ shape, data }: NdArray<"float32">): Promise<void> {
    if (!this.#file) return;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const head = Buffer.alloc(HEAD_BYTES);
    for (const [i, n] of shape.entries()) head.writeUInt32LE(n, 4 * i);
    sumOf(bytes).copy(head, HEAD_BYTES - SUM_BYTES);
    try {
      await this.#file.write(head, 0, HEAD_BYTES, this.#end);
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at;
        at += (await this.#file.write(bytes, at, left, this.#end + HEAD_BYTES + at)).bytesWritten;
      }
      this.#end += HEAD_BYTES + bytes.length;
    } catch {
      await this.remove();
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.#path, { force: true });
  }
}

async function wholeBatches(file: FileHandle, from: number): Promise<{ batches: Place[]; end: number }> {
  const { size } = await file.stat();
  const batches: Place[] = [];
  const head = Buffer.alloc(HEAD_BYTES);
  let end = from;
  for (;;) {
    const offset = end + HEAD_BYTES;
    if (offset > size) break;
    await file.read(head, 0, HEAD_BYTES, end);
    const shape = [0, 4, 8].map((at) => head.readUInt32LE(at)) as [number, number, number];
    const length = 4 * shape[0] * shape[1] * shape[2];
    if (!(length > 0) || offset + length > size) break;
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, offset);
    if (!sumOf(bytes).equals(head.subarray(HEAD_BYTES - SUM_BYTES))) break;
    batches.push({ offset, shape });
    end = offset + length;
  }
  return { batches, end };
}

const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest().subarray(0, SUM_BYTES);
