/**
 * The memory of the pickle machine: the bytes still to read, a stack and a memo. Every access is checked, so the opcodes
 * (`pickle.ts`) can be one line each. Nothing is allocated that the bytes do not hold.
 */

/** What is wrong with a pickle, as the middle of a sentence. */
export class PickleError extends Error {}

/** A value whose content nobody needs: never decoded, never built. */
export class Opaque {
  /** What it stands for; the global name, if `foreign`. */
  readonly what: string;
  /** It came from a name outside the closed list, so it is allowed in few places only. */
  readonly foreign: boolean;

  constructor(what: string, foreign = false) {
    this.what = what;
    this.foreign = foreign;
  }
}

/** Python values: None, bool, int, float, str, list or tuple, dict, and objects the world made. */
export type Value = null | boolean | number | bigint | string | Value[] | Map<Value, Value> | object;

/** Text beyond this (a spaCy model in a string) is skipped. */
const LONG_TEXT_BYTES = 1 << 16;
/** Longer than any name of a module or class. */
const MAX_NAME_BYTES = 1000;

const MARK = Symbol("mark");

export class Machine {
  readonly #bytes: Buffer;
  readonly #stack: (Value | typeof MARK)[] = [];
  readonly #memo = new Map<number, Value>();
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves past `count` bytes and returns where they start. */
  #take(count: number): number {
    if (count > this.#bytes.length - this.#at) throw new PickleError("its pickle ends too early");
    this.#at += count;
    return this.#at - count;
  }

  uint8 = (): number => this.#bytes[this.#take(1)];
  uint16 = (): number => this.#bytes.readUInt16LE(this.#take(2));
  uint32 = (): number => this.#bytes.readUInt32LE(this.#take(4));
  int32 = (): number => this.#bytes.readInt32LE(this.#take(4));
  float64 = (): number => this.#bytes.readDoubleBE(this.#take(8));

  /** A two's complement integer of `count` bytes. */
  integer(count: number): number | bigint {
    const start = this.#take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]);
    value = BigInt.asIntN(count * 8, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** UTF-8 text of `count` bytes. */
  text(count: number): string | Opaque {
    const start = this.#take(count);
    return count > LONG_TEXT_BYTES ? new Opaque("a long text") : this.#bytes.toString("utf8", start, start + count);
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 || end - this.#at > MAX_NAME_BYTES) throw new PickleError("its pickle holds an endless name");
    const start = this.#take(end + 1 - this.#at);
    return this.#bytes.toString("utf8", start, end);
  }

  push(value: Value): void {
    this.#stack.push(value);
  }

  mark(): void {
    this.#stack.push(MARK);
  }

  top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw new PickleError("its pickle takes from an empty stack");
    return value;
  }

  pop(): Value {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  /** The last `count` values, oldest first. */
  popMany(count: number): Value[] {
    const values: Value[] = new Array(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.pop();
    return values;
  }

  /** The values above the last mark, oldest first. */
  popToMark(): Value[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new PickleError("its pickle lacks a mark");
    const values = this.#stack.splice(mark).slice(1);
    return values as Value[];
  }

  /** Stores the top value under a number. */
  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  /** Pushes the value stored under a number. */
  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError("its pickle refers to a value it does not have");
    this.#stack.push(value);
  }
}
