/** Spoils bytes: flips, cuts, splices, and the numbers that lengths, counts and offsets are attacked with. */
import type { Random } from "../../src/base/random.js";

export const pick = <T>(random: Random, list: readonly T[]): T => list[random.integer(list.length)];
export const chance = (random: Random, probability: number): boolean => random.uniform() < probability;

/** Where counters overflow, and what signed numbers look like unsigned. */
export const NUMBERS: readonly bigint[] = [
  ...[0n, 1n, -1n, 2n, 7n, 127n, 128n, 255n, 256n, 32767n, 32768n, 65535n, 65536n, 1_000_000n],
  ...[2n ** 24n, 2n ** 30n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 33n, 2n ** 40n],
  ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 31n)],
];

/** What names, paths and words are attacked with. @param home a folder that may be looked at, for absolute paths into it. */
export const texts = (home = "/tmp"): readonly string[] => [
  ...["", " ", ".", "..", "../escaped", "../../escaped", "..\\escaped", "a/../../../escaped", `${home}/../escaped`],
  ...[
    "/etc/passwd",
    "C:\\escaped",
    "\0",
    "a\0b",
    "x\r\ny",
    "\x1b[2J",
    "con",
    "nul.png",
    "a".repeat(300),
    "b".repeat(70_000),
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "prototype",
    "length",
    "\u{1f600}",
    "\ud800",
    "%00",
    "%2e%2e%2f",
  ],
  ...[
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    "0x10",
    "1e3",
    "9".repeat(400),
    "null",
    "true",
    "{}",
    "[]",
    "-1",
    "0.5",
  ],
  ...["=1+1", '"', '""', "'", ",", "\n", "\r", "\t", ";", "\ufeff", "<script>", "%s%n", "é".normalize("NFD")],
];

/** A number in place of what is at `at`, of 1 to 8 bytes, in either order. */
function putNumber(random: Random, bytes: Buffer, at: number): void {
  const width = Math.min(pick(random, [1, 2, 4, 8]), bytes.length - at);
  let value = BigInt.asUintN(64, pick(random, NUMBERS));
  const isBig = chance(random, 0.3);
  for (let i = 0; i < width; i++, value >>= 8n) bytes[isBig ? at + width - 1 - i : at + i] = Number(value & 255n);
}

/** Another number in place of one that is written in digits. */
function putDigits(random: Random, bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  const runs = [...text.slice(0, 1 << 16).matchAll(/-?\d+(\.\d+)?/g)];
  if (runs.length === 0) return bytes;
  const run = pick(random, runs);
  const number = chance(random, 0.8)
    ? String(pick(random, NUMBERS))
    : pick(random, ["NaN", "inf", "1e999", "0.5", "-", ""]);
  return Buffer.from(text.slice(0, run.index) + number + text.slice(run.index + run[0].length), "latin1");
}

function once(random: Random, bytes: Buffer, others: readonly Uint8Array[]): Buffer {
  const size = bytes.length;
  const at = random.integer(size + 1);
  const near = () => 1 + random.integer(Math.max(1, Math.min(size - at, pick(random, [1, 4, 16, 64, 4096]))));
  const around = (middle: Uint8Array, skip = 0) =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + skip)]);
  switch (random.integer(12)) {
    case 0: // a bit
      if (at < size) bytes[at] ^= 1 << random.integer(8);
      return bytes;
    case 1: // a byte
      if (at < size) bytes[at] = pick(random, [0, 1, 0x7f, 0x80, 0xff, random.integer(256)]);
      return bytes;
    case 2:
    case 3:
      if (at < size) putNumber(random, bytes, at);
      return bytes;
    case 4: // near the start, where headers are
      if (size > 0) putNumber(random, bytes, random.integer(Math.min(size, 64)));
      return bytes;
    case 5:
    case 6:
      return putDigits(random, bytes);
    case 7: // truncated
      return bytes.subarray(0, at);
    case 8: // a hole
      return around(Buffer.alloc(0), near());
    case 9: // repeated
      return around(Buffer.from(bytes.subarray(at, at + near())));
    case 10: {
      // part of another
      const other = pick(random, others);
      const from = random.integer(other.length + 1);
      return around(
        other.subarray(from, from + pick(random, [1, 8, 64, 1024, 1 << 16])),
        chance(random, 0.5) ? near() : 0,
      );
    }
    default: // something strange
      return around(Buffer.from(pick(random, texts())), chance(random, 0.5) ? near() : 0);
  }
}

/** A copy of `sample`, spoilt in one to eight places, mostly in few. @param others to splice from. */
export function spoil(random: Random, sample: Uint8Array, others: readonly Uint8Array[] = [sample]): Buffer {
  let bytes: Buffer = Buffer.from(sample);
  for (let left = 1 + random.integer(pick(random, [1, 2, 8])); left > 0; left--) bytes = once(random, bytes, others);
  return bytes;
}
