/**
 * The larger network that teaches, and what it makes of a picture: averages of its maps over sixteen fields, and its answers, as
 * bytes.
 */
import { batches } from "../../data/images/batches.js";
import { IMAGENET, normalise, type Preprocessing } from "../../data/images/preprocess.js";
import { tap } from "../../engine/onnx/tap.js";
import { openSession } from "../../engine/runtime/open.js";
import type { Session } from "../../engine/runtime/session.js";
import type { NdArray } from "../../engine/tensor/ndarray.js";
import { imageInput, preprocessingOf, type Subject } from "../../exemplars/subject.js";
import type { Labelled } from "../../studies/train-classifier-data.js";
import { STUDENT_SIZE } from "./student.js";

/** Cells along each side of the maps that are taught: those of the student's last layer. */
export const CELLS = 4;

/** What one step of an answer's byte is worth. */
export const LOG_STEP = -0.05;

/** The larger network, and what of it teaches. */
export interface Teacher {
  readonly subject: Subject;
  readonly preprocessing: Partial<Preprocessing>;
  /** A tensor [n, channel, y, x] to be imitated, with values from 0 to `ceiling`, and its channels. */
  readonly maps: string;
  readonly channels: number;
  readonly ceiling: number;
  /** Logits [n, answer], and how many. */
  readonly logits: string;
  readonly answers: number;
}

/** Pictures as the student sees them. */
export interface Pictures {
  readonly count: number;
  /** uint8 [picture, 3, 64, 64]. */
  readonly pixels: Uint8Array;
  /** [picture]: its class. */
  readonly labels: Int32Array;
}

export interface Lessons extends Pictures {
  /** uint8 [picture, plain or mirrored, channel, 4, 4]; 255 is the teacher's ceiling. */
  readonly maps: Uint8Array;
  /** uint8 [picture, plain or mirrored, answer]: log-probabilities in steps of -0.05, down to -12.75. */
  readonly answers: Uint8Array;
}

const BATCH = 32;

export const openTeacher = ({ subject, maps }: Teacher): Promise<Session> =>
  openSession(tap(subject.model, [{ name: maps, dtype: "float32", shape: [] }]));

/** Reads pictures. Damaged ones are left out. */
export async function readPictures({ set, ids, labels }: Labelled): Promise<Pictures> {
  const size = 3 * STUDENT_SIZE ** 2;
  const pixels = new Uint8Array(ids.length * size);
  const found = new Int32Array(ids.length);
  const labelOf = new Map(Array.from(ids, (id, i) => [id, labels[i]]));
  const preprocessing = { ...IMAGENET, width: STUDENT_SIZE, height: STUDENT_SIZE };
  let count = 0;
  for await (const batch of batches(set, ids, { batchSize: BATCH, preprocessing })) {
    pixels.set(batch.pixels.data, count * size);
    for (const id of batch.ids) found[count++] = labelOf.get(id)!;
  }
  return { count, pixels: pixels.subarray(0, count * size), labels: found.subarray(0, count) };
}

/** Has the teacher look at pictures and at their mirror images. */
export async function teach(session: Session, teacher: Teacher, data: Labelled): Promise<Lessons> {
  const { subject, channels, answers } = teacher;
  const pictures = await readPictures(data);
  const { count } = pictures;
  const lessons = {
    ...pictures,
    maps: new Uint8Array(count * 2 * channels * CELLS ** 2),
    answers: new Uint8Array(count * 2 * answers),
  };
  const preprocessing = preprocessingOf(subject, teacher.preprocessing);
  const input = imageInput(subject).name;
  let taught = 0;
  for await (const batch of batches(data.set, data.ids, { batchSize: BATCH, preprocessing })) {
    for (const [view, bytes] of [batch.pixels.data, mirrored(batch.pixels.data, preprocessing.width)].entries()) {
      const found = await session.run({ [input]: normalise(bytes, preprocessing) }, [teacher.maps, teacher.logits]);
      for (let i = 0; i < batch.count; i++) {
        const at = 2 * (taught + i) + view;
        keepMaps(found[teacher.maps], i, 255 / teacher.ceiling, lessons.maps, at);
        keepAnswers(found[teacher.logits], i, lessons.answers, at);
      }
    }
    taught += batch.count;
  }
  return lessons;
}

/** Exchanges left and right. @param planes uint8, rows of `width`. */
export function mirrored(planes: Uint8Array, width: number): Uint8Array {
  const into = new Uint8Array(planes.length);
  for (let row = 0; row < planes.length; row += width) {
    for (let x = 0; x < width; x++) into[row + x] = planes[row + width - 1 - x];
  }
  return into;
}

/** Averages the maps of image `i` over 4 x 4 areas, each cell counting by its part of the area. */
function keepMaps({ data, shape }: NdArray, i: number, scale: number, into: Uint8Array, at: number): void {
  const [, channels, height, width] = shape;
  const [down, across] = [areas(height), areas(width)];
  for (let channel = 0; channel < channels; channel++) {
    const from = (i * channels + channel) * height * width;
    const to = (at * channels + channel) * CELLS ** 2;
    for (const [row, ys] of down.entries()) {
      for (const [column, xs] of across.entries()) {
        let sum = 0;
        for (const [y, a] of ys) for (const [x, b] of xs) sum += a * b * (data as Float32Array)[from + y * width + x];
        into[to + row * CELLS + column] = Math.round(Math.min(255, sum * scale));
      }
    }
  }
}

/** For each of four equal parts of `size` cells: which cells it holds, and how much each counts. */
function areas(size: number): [cell: number, share: number][][] {
  return Array.from({ length: CELLS }, (_, part) => {
    const [start, end] = [(part * size) / CELLS, ((part + 1) * size) / CELLS];
    const cells = Array.from({ length: size }, (_, cell): [number, number] => [
      cell,
      Math.max(0, Math.min(end, cell + 1) - Math.max(start, cell)) / (end - start),
    ]);
    return cells.filter(([, share]) => share > 0);
  });
}

function keepAnswers({ data, shape }: NdArray, i: number, into: Uint8Array, at: number): void {
  const count = shape[shape.length - 1];
  const logits = (data as Float32Array).subarray(i * count, (i + 1) * count);
  const top = logits.reduce((a, b) => Math.max(a, b));
  const total = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  for (let answer = 0; answer < count; answer++) {
    into[at * count + answer] = Math.min(255, Math.round((logits[answer] - total) / LOG_STEP));
  }
}
