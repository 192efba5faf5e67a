/**
 * Parts of drawings, found in their pixels: the face of a person (where two skin tones of the same drawing differ, with the eyes and mouth that
 * the skin encloses), wheels (dark round spots at the foot of a vehicle), eyes.
 */
import { Sprite } from "./sprite.js";

export type Part = readonly [name: string, mask: Sprite];

/** Planes of a drawing, uint8 [y, x], not 0 inside. */
interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The face of a person, and the eyes in it.
 * @param tone @param other the same drawing in two skin tones, untrimmed; masks are for `tone` after trimming.
 * @param skin the colour of skin of this tone in this style. Hair differs between tones too, but is darker.
 * @param whole whether it is a figure, whose face is its highest piece of skin, or a head, whose face is the largest.
 */
export function faceOf(tone: Sprite, other: Sprite, skin: readonly number[], whole: boolean): Part[] {
  const { width, height } = tone;
  const plane = new Uint8Array(width * height);
  const data = tone.levels[0].data;
  const differs = difference(tone, other);
  for (let i = 0; i < plane.length; i++) {
    const off =
      Math.abs(data[4 * i] - skin[0]) + Math.abs(data[4 * i + 1] - skin[1]) + Math.abs(data[4 * i + 2] - skin[2]);
    if (differs[i] > 0 && off < 48) plane[i] = 1;
  }
  const pieces = piecesOf({ width, height, data: plane }).sort((p, q) => q.pixels.length - p.pixels.length);
  const large = pieces.filter(({ pixels, y }) => pixels.length > 0.2 * pieces[0].pixels.length && y < 0.8 * height);
  const face = whole ? large.sort((p, q) => p.y - q.y)[0] : large[0];
  if (face === undefined || face.pixels.length < 0.003 * width * height) return [];
  plane.fill(0);
  for (const at of face.pixels) plane[at] = 1;
  const mask = enclosed({ width, height, data: plane });
  const parts: Part[] = [["face", maskOf(mask).cropped(tone.bounds())]];
  const eyes = whole ? undefined : eyesIn(mask, tone, 0.62 * lightness(skin[0], skin[1], skin[2]));
  if (eyes) parts.push(["eyes", maskOf(eyes).cropped(tone.bounds())]);
  return parts;
}

/** The colour that most pixels have in which two tones of a hairless drawing differ: skin. */
export function skinOf(tone: Sprite, other: Sprite): readonly number[] {
  const counts = new Map<number, number>();
  const data = tone.levels[0].data;
  difference(tone, other).forEach((value, i) => {
    const colour = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
    if (value > 0) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  });
  const [colour] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

/** Where two drawings of the same frame are opaque and not of the same colour. */
function difference(one: Sprite, other: Sprite): Uint8Array {
  const [a, b] = [one.levels[0].data, other.levels[0].data];
  const differs = new Uint8Array(a.length / 4);
  for (let i = 0; i < a.length; i += 4) {
    if (a[i + 3] < 128 || b[i + 3] < 128) continue;
    if (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]) > 24) differs[i / 4] = 1;
  }
  return differs;
}

const lightness = (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b;

/** Eyes of an animal that looks at us. */
export function animalEyesOf(drawing: Sprite): Part[] {
  const { width, height } = drawing;
  const data = Uint8Array.from({ length: width * height }, (_, i) => (drawing.levels[0].data[4 * i + 3] > 127 ? 1 : 0));
  const eyes = eyesIn({ width, height, data }, drawing, 90);
  return eyes ? [["eyes", maskOf(eyes)]] : [];
}

/** The lowest pair of dark round spots that lie level and evenly on both sides of a face's middle. */
function eyesIn(face: Plane, drawing: Sprite, darker: number): Plane | undefined {
  const { width, height } = face;
  const pixels = drawing.levels[0].data;
  const dark = Uint8Array.from(face.data, (inside, i) =>
    inside > 0 && lightness(pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2]) < darker ? 1 : 0,
  );
  const [frame] = piecesOf(face).sort((p, q) => q.pixels.length - p.pixels.length);
  const [middle, high, wide] = [(frame.left + frame.right) / 2, frame.bottom - frame.top, frame.right - frame.left];
  const spots = piecesOf({ width, height, data: dark }).filter((spot) => {
    const [w, h] = [spot.right - spot.left, spot.bottom - spot.top];
    const share = spot.pixels.length / frame.pixels.length;
    return (
      share > 0.002 &&
      share < 0.05 &&
      w / h > 0.4 &&
      w / h < 2 &&
      spot.pixels.length > 0.55 * w * h &&
      spot.y < frame.top + 0.72 * high
    );
  });
  let best: Piece[] | undefined;
  for (const left of spots) {
    for (const right of spots) {
      const [x, y] = [(left.left + left.right) / 2, (right.left + right.right) / 2];
      const even = Math.abs((x + y) / 2 - middle) < 0.1 * wide && y - x > 0.15 * wide;
      const alike =
        Math.abs(left.y - right.y) < 0.06 * high &&
        left.pixels.length < 2 * right.pixels.length &&
        right.pixels.length < 2 * left.pixels.length;
      if (even && alike && (best === undefined || left.y > best[0].y)) best = [left, right];
    }
  }
  if (best === undefined) return undefined;
  const data = new Uint8Array(width * height);
  // With a rim of one pixel: whites and lids.
  for (const { left, top, right, bottom } of best) {
    for (let y = Math.max(top - 1, 0); y < Math.min(bottom + 1, height); y++)
      data.fill(1, y * width + left - 1, y * width + right + 1);
  }
  return { width, height, data };
}

/** Wheels of a vehicle seen from the side. */
export function wheelsOf(drawing: Sprite): Part[] {
  const { width, height } = drawing;
  const { data } = drawing.levels[0];
  const dark = new Uint8Array(width * height);
  for (let i = Math.floor(0.4 * height) * width; i < dark.length; i++) {
    if (data[4 * i + 3] > 127 && lightness(data[4 * i], data[4 * i + 1], data[4 * i + 2]) < 82) dark[i] = 1;
  }
  const mask = new Uint8Array(width * height);
  let found = 0;
  for (const { left, top, right, bottom, pixels } of piecesOf({ width, height, data: dark })) {
    const [w, h] = [right - left, bottom - top];
    const round = w / h > 0.75 && w / h < 1.35 && w > 0.1 * width && pixels.length < 0.95 * w * h;
    if (!round || bottom < 0.8 * height || w > 0.6 * width) continue;
    found++;
    const [cx, cy] = [(left + right - 1) / 2, (top + bottom - 1) / 2];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        if (((2 * (x - cx)) / w) ** 2 + ((2 * (y - cy)) / h) ** 2 <= 1) mask[y * width + x] = 1;
      }
    }
  }
  return found > 0 ? [["wheel", maskOf({ width, height, data: mask })]] : [];
}

interface Piece {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Mean row. */
  readonly y: number;
  readonly pixels: readonly number[];
}

/** Connected areas (four neighbours). */
export function piecesOf({ width, height, data }: Plane): Piece[] {
  const seen = new Uint8Array(data.length);
  const pieces: Piece[] = [];
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start] === 1) continue;
    const pixels = [start];
    seen[start] = 1;
    let [left, top, right, bottom, sum] = [width, height, 0, 0, 0];
    for (let next = 0; next < pixels.length; next++) {
      const at = pixels[next];
      const [x, y] = [at % width, Math.floor(at / width)];
      [left, top, right, bottom, sum] = [
        Math.min(left, x),
        Math.min(top, y),
        Math.max(right, x + 1),
        Math.max(bottom, y + 1),
        sum + y,
      ];
      const neighbours = [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width];
      for (const other of neighbours) {
        if (other < 0 || other >= data.length || data[other] === 0 || seen[other] === 1) continue;
        seen[other] = 1;
        pixels.push(other);
      }
    }
    pieces.push({ left, top, right, bottom, y: sum / pixels.length, pixels });
  }
  return pieces;
}

/** Adds what lies between the plane's pixels both in its row and in its column. */
function enclosed({ width, height, data }: Plane): Plane {
  const rows = Array.from({ length: height }, (_, y) => span(width, (x) => data[y * width + x] > 0));
  const columns = Array.from({ length: width }, (_, x) => span(height, (y) => data[y * width + x] > 0));
  const filled = data.map((value, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return value || (x >= rows[y][0] && x <= rows[y][1] && y >= columns[x][0] && y <= columns[x][1]) ? 1 : 0;
  });
  return { width, height, data: filled };
}

function span(length: number, is: (at: number) => boolean): [first: number, last: number] {
  let [first, last] = [length, -1];
  for (let i = 0; i < length; i++) {
    if (!is(i)) continue;
    first = Math.min(first, i);
    last = i;
  }
  return [first, last];
}

function maskOf({ width, height, data }: Plane): Sprite {
  const level = new Uint8Array(4 * width * height);
  for (let i = 0; i < data.length; i++) level[4 * i + 3] = data[i] > 0 ? 255 : 0;
  return new Sprite({ width, height, data: level });
}
