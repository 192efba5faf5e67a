/**
 * Selection of the largest values in place, in linear time: the one step of the level computation that is not a comparison
 * with a floor. Radix selection on the bits of the floats: no data makes it slow, and unlike quickselect it does not ask the
 * processor to guess the outcome of random comparisons (five times faster, measured).
 */

/** Widths of the digits, from the most significant. */
const DIGITS = [11, 11, 10] as const;
const histogram = new Uint32Array(1 << 11);

/** What a selection left. */
export interface Selection {
  /** How many values are at the front now: at least `count`, at most a quarter more. */
  readonly kept: number;
  /** All others are at most this; a value that is at most this cannot be among the `count` largest. */
  readonly floor: number;
}

/** Moves the `count` largest values to the front, and perhaps some more. NaN counts as larger than everything. */
export function selectLargest(values: Float32Array, count: number): Selection {
  if (count >= values.length) return { kept: values.length, floor: Number.NEGATIVE_INFINITY };
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  let prefix = 0; // the digits found so far
  let bits = 0; // how many bits they are
  let wanted = count; // values still to be found among those with this prefix
  for (const width of DIGITS) {
    countDigits(words, prefix, bits, width);
    let digit = (1 << width) - 1;
    while (histogram[digit] < wanted) wanted -= histogram[digit--];
    prefix = (prefix << width) | digit;
    bits += width;
    if (histogram[digit] - wanted <= count >> 2) break;
  }
  // below the last digit found all values are kept; with all digits found, as many of the equal ones as are wanted
  const exact = bits === 32;
  const edge = prefix << (32 - bits);
  let ties = exact ? wanted : words.length;
  let kept = 0;
  for (let i = 0; i < words.length; i++) {
    const bitsOfValue = words[i];
    const key = keyOf(bitsOfValue) ^ SIGN;
    if (key === (edge ^ SIGN) && ties-- <= 0) continue;
    words[kept] = bitsOfValue;
    kept += key >= (edge ^ SIGN) ? 1 : 0; // without a branch: there is no guessing which
  }
  return { kept, floor: floatOf(exact ? edge : edge - 1) };
}

function countDigits(words: Int32Array, prefix: number, bits: number, width: number): void {
  histogram.fill(0);
  const shift = 32 - bits - width;
  const mask = (1 << width) - 1;
  if (bits === 0) {
    for (let i = 0; i < words.length; i++) histogram[keyOf(words[i]) >>> shift]++;
    return;
  }
  const above = 32 - bits;
  for (let i = 0; i < words.length; i++) {
    const key = keyOf(words[i]);
    if (key >>> above === prefix) histogram[(key >>> shift) & mask]++;
  }
}

const SIGN = 1 << 31;
const MAGNITUDE = ~SIGN;
/** What negative infinity's bits become when the order of the negative floats is turned round. */
const LOWEST = 0xff800000 ^ MAGNITUDE;

/**
 * Bits of a float32 as 32 bits that, read as unsigned, sort like the float. Counted from negative infinity, so that NaN of
 * either sign comes out on top. All in signed integers, which the engine keeps in registers.
 */
function keyOf(word: number): number {
  return ((word ^ ((word >> 31) & MAGNITUDE)) - LOWEST) | 0;
}

const word = new Int32Array(1);
const float = new Float32Array(word.buffer);

function floatOf(key: number): number {
  const turned = (key + LOWEST) | 0;
  word[0] = turned ^ ((turned >> 31) & MAGNITUDE);
  return float[0];
}
