/** Spoils what is written as JSON: values of other kinds, absurd numbers, names that objects inherit, depth, and what JSON has no word for. */
import type { Random } from "../../src/base/random.js";
import { chance, NUMBERS, pick, spoil, texts } from "./mutate.js";

/** Text that goes into the JSON as it is. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An object whose keys may repeat, or be `__proto__`. */
class Pairs {
  readonly list: [string, unknown][];
  constructor(list: [string, unknown][]) {
    this.list = list;
  }
}

const toTree = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(toTree)
    : typeof value === "object" && value !== null
      ? new Pairs(Object.entries(value).map(([key, item]) => [key, toTree(item)]))
      : value;

function toText(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (value instanceof Pairs)
    return `{${value.list.map(([key, item]) => `${JSON.stringify(key)}:${toText(item)}`).join(",")}}`;
  if (Array.isArray(value)) return `[${value.map(toText).join(",")}]`;
  return JSON.stringify(value) ?? "null";
}

/** A value that nobody expects. */
export function strange(random: Random, home?: string): unknown {
  switch (random.integer(9)) {
    case 0:
      return pick(random, [null, true, false]);
    case 1:
    case 2:
      return new Raw(String(pick(random, NUMBERS)));
    case 3:
      return new Raw(pick(random, ["1e999", "-1e999", "1e308", "0.5", "-0.0", "NaN", "Infinity", "1e-320"]));
    case 4:
    case 5:
      return pick(random, texts(home));
    case 6:
      return pick(random, [[], [null], [[]], [[[]]], [0, 0, 0, 0], ["", ""], Array(1000).fill(0)]);
    case 7: {
      const depth = pick(random, [3, 100, 10_000]);
      return new Raw(
        chance(random, 0.5) ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
      );
    }
    default:
      return new Pairs([[pick(random, texts(home)), pick(random, [null, 1, "x"])]]);
  }
}

/** Every place of a tree: what holds it, and under which number. */
function places(value: unknown, into: [unknown[] | Pairs, number][] = []): [unknown[] | Pairs, number][] {
  const children = Array.isArray(value) ? value : value instanceof Pairs ? value.list.map(([, item]) => item) : [];
  for (const [i, child] of children.entries()) {
    into.push([value as unknown[] | Pairs, i]);
    places(child, into);
  }
  return into;
}

function change(random: Random, holder: unknown[] | Pairs, at: number, home?: string): void {
  const list = holder instanceof Pairs ? holder.list : holder;
  const kind = random.integer(8);
  if (at >= list.length) return;
  if (kind === 0) list.splice(at, 1);
  else if (kind === 1) {
    const times = pick(random, [1, 1, 2, 100]);
    const isSmall = times < 100 || toText(list[at]).length < 1e4; // hundreds of hundreds of hundreds are more than a text can hold
    (list as unknown[]).splice(at, 0, ...Array(isSmall ? times : 1).fill(list[at]));
  } else if (kind === 2 && holder instanceof Pairs) holder.list[at] = [pick(random, texts(home)), holder.list[at][1]];
  else if (holder instanceof Pairs) holder.list[at] = [holder.list[at][0], strange(random, home)];
  else holder[at] = strange(random, home);
}

/** A value as JSON text, spoilt in one to six places of its tree; now and then its bytes besides. */
export function spoilJson(random: Random, value: unknown, home?: string): Buffer {
  let tree = toTree(value);
  for (let left = 1 + random.integer(pick(random, [1, 2, 6])); left > 0; left--) {
    const all = places(tree);
    if (all.length === 0 || chance(random, 0.02)) tree = strange(random, home);
    else change(random, ...pick(random, all), home);
  }
  const text = Buffer.from(toText(tree));
  return chance(random, 0.1) ? spoil(random, text) : text;
}
