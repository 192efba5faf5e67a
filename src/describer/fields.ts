/**
 * Typed access to values that came out of a file, be it the dictionaries of a checkpoint or the JSON of a describer
 * directory. A value of the wrong kind is reported with the path to it, what it should be and what it is.
 */

/** One value of a file, and where it is. */
export class Field {
  readonly #value: unknown;
  readonly #path: string;
  readonly #fail: (problem: string) => never;

  /** @param fail throws the error of the file for a problem given as the middle of a sentence. */
  constructor(value: unknown, path: string, fail: (problem: string) => never) {
    this.#value = value;
    this.#path = path;
    this.#fail = fail;
  }

  /** The entry `name` of a dictionary; undefined ones are allowed until something is asked of them. */
  get(name: string): Field {
    const path = this.#path ? `${this.#path}.${name}` : name;
    return new Field(this.#entry(name), path, this.#fail);
  }

  #entry(name: string): unknown {
    if (this.#value instanceof Map) return this.#value.get(name);
    if (!this.isDictionary) return this.#expected("a dictionary");
    return Object.hasOwn(this.#value as object, name) ? (this.#value as Record<string, unknown>)[name] : undefined;
  }

  get isDictionary(): boolean {
    return typeof this.#value === "object" && this.#value !== null && !Array.isArray(this.#value);
  }

  /** Null or absent. */
  get isNone(): boolean {
    return this.#value === null || this.#value === undefined;
  }

  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    return this.#expected(`a whole number from ${least} to ${most}`);
  }

  /** A number from `least` to `most`. */
  number(least: number, most: number): number {
    const value = this.#value;
    if (typeof value === "number" && value >= least && value <= most) return value;
    return this.#expected(`a number from ${least} to ${most}`);
  }

  boolean(): boolean {
    return typeof this.#value === "boolean" ? this.#value : this.#expected("true or false");
  }

  text(): string {
    return typeof this.#value === "string" ? this.#value : this.#expected("a text");
  }

  /** One of a few words. */
  choice<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    return found ?? this.#expected(`one of ${choices.join(", ")}`);
  }

  /** A list of texts. */
  texts(): string[] {
    const isList = Array.isArray(this.#value) && this.#value.every((item) => typeof item === "string");
    return isList ? (this.#value as string[]) : this.#expected("a list of texts");
  }

  /** A list, each item read by `read`. */
  list<T>(read: (item: Field) => T): T[] {
    if (!Array.isArray(this.#value)) return this.#expected("a list");
    return this.#value.map((item, i) => read(new Field(item, `${this.#path}.${i}`, this.#fail)));
  }

  /** A list of exactly `count` finite numbers. */
  numbers(count: number): number[] {
    const list = this.#value;
    const isList = Array.isArray(list) && list.length === count && list.every(Number.isFinite);
    return isList ? (list as number[]) : this.#expected(`a list of ${count} numbers`);
  }

  #expected(what: string): never {
    return this.#fail(`its \`${this.#path}\` is ${show(this.#value)}; expected ${what}`);
  }
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "none";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a dictionary or object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
