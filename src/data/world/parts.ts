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
 * The face of a person.
 * @param tone @param other the same drawing in two skin tones, untrimmed; the mask is for `tone` after trimming.
 */
export function faceOf(tone: Sprite, other: Sprite): Part[] {
  const { width, height } = tone;
  const skin = new Uint8Array(width * height);
  const [a, b] = [tone.levels[0].data, other.levels[0].data];
  for (let i = 0; i < skin.length; i++) {
    if (a[4 * i + 3] < 128 || b[4 * i + 3] < 128) continue;
    const difference =
      Math.abs(a[4 * i] - b[4 * i]) + Math.abs(a[4 * i + 1] - b[4 * i + 1]) + Math.abs(a[4 * i + 2] - b[4 * i + 2]);
    if (difference > 40) skin[i] = 1;
  }
  // The face is the largest piece of skin in the upper two thirds; ears, hands and neck may be pieces of their own.
  const pieces = piecesOf({ width, height, data: skin }).filter((piece) => piece.y < 0.66 * height);
  const face = pieces.sort((p, q) => q.pixels.length - p.pixels.length)[0];
  if (face === undefined || face.pixels.length < 0.004 * width * height) return [];
  const data = new Uint8Array(width * height);
  for (const at of face.pixels) data[at] = 1;
  return [["face", maskOf(enclosed({ width, height, data })).cropped(tone.bounds())]];
}

/** Wheels of a vehicle seen from the side. */
export function wheelsOf(drawing: Sprite): Part[] {
  const { width, height } = drawing;
  const { data } = drawing.levels[0];
  const dark = new Uint8Array(width * height);
  for (let i = Math.floor(0.4 * height) * width; i < dark.length; i++) {
    const light = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    if (data[4 * i + 3] > 127 && light < 82) dark[i] = 1;
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
