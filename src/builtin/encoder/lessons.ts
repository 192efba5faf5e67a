/**
 * Lessons: pictures, and what the teacher makes of each and of its mirror image, computed once and kept. The teacher costs twenty
 * milliseconds a picture, so a killed training must not ask it again: lessons are on disk in parts of 1,000 pictures, each a whole
 * file or absent, and `lessons.json` says of what they are. Bytes all the way: a picture costs 12 kB, its two lessons 27 kB.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../base/errors.js";
import { readWhole, writeFileAtomically } from "../../base/files.js";
import { sha256 } from "../../base/hash.js";
import type { Progress } from "../../base/progress.js";
import type { Session } from "../../engine/runtime/session.js";
import { type NdArray, ndarray } from "../../engine/tensor/ndarray.js";
import { readSafetensors, writeSafetensors } from "../../engine/tensor/safetensors.js";
import type { Labelled } from "../../studies/train-classifier-data.js";
import { STUDENT_SIZE } from "./student.js";
import { CELLS, type Lessons, openTeacher, type Pictures, readPictures, type Teacher, teach } from "./teacher.js";

/** Pictures in a file. */
const PART = 1000;

export interface LessonOptions {
  readonly folder: string;
  readonly progress: Progress;
  /** Pictures in a file; default 1,000. */
  readonly part?: number;
}

/**
 * Lessons on some sets of pictures; what is in the folder is not computed again. Damaged pictures are left out.
 * Errors: `UserError` when the folder holds lessons on other pictures or by another teacher.
 */
export async function giveLessons(
  data: readonly Labelled[],
  teacher: Teacher,
  { folder, progress, part = PART }: LessonOptions,
): Promise<Lessons> {
  await claim(folder, identityOf(data, teacher, part));
  const parts = data.flatMap((set) => partsOf(set, part));
  const total = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const path = (i: number) => join(folder, `${String(i).padStart(5, "0")}.safetensors`);
  const isThere = parts.map((_, i) => existsSync(path(i)));
  const known = parts.reduce((sum, { ids }, i) => sum + (isThere[i] ? ids.length : 0), 0);
  let session: Session | undefined;
  progress.begin("lessons", total, "image", known);
  try {
    let done = known;
    for (const [i, some] of parts.entries()) {
      if (isThere[i]) continue;
      session ??= await openTeacher(teacher);
      await writePart(path(i), await teach(session, teacher, some), teacher);
      progress.update((done += some.ids.length));
    }
  } finally {
    await session?.close();
  }
  progress.end();
  return joined(
    parts.map((_, i) => path(i)),
    total,
    teacher,
  );
}

/** The same pictures without lessons: for examinations. */
export async function picturesOf(data: readonly Labelled[]): Promise<Pictures> {
  const all: Pictures[] = [];
  for (const set of data) all.push(await readPictures(set));
  const [pixels, labels] = [all.map((some) => Buffer.from(some.pixels)), all.flatMap((some) => [...some.labels])];
  return { count: labels.length, pixels: Buffer.concat(pixels), labels: Int32Array.from(labels) };
}

function partsOf({ set, ids, labels }: Labelled, size: number): Labelled[] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => {
    const [from, to] = [i * size, (i + 1) * size];
    return { set, ids: ids.subarray(from, to), labels: labels.subarray(from, to) };
  });
}

function identityOf(
  data: readonly Labelled[],
  { subject, preprocessing, maps, logits, ceiling }: Teacher,
  part: number,
) {
  const sets = data.map(({ set, ids, labels }) => ({
    pictures: set.fingerprint,
    which: sha256(JSON.stringify([Array.from(ids), Array.from(labels)])),
  }));
  return { format: 1, teacher: subject.sha256, how: { preprocessing, maps, logits, ceiling }, sets, part };
}

/** Makes a folder the one of these lessons, or refuses it. */
async function claim(folder: string, identity: ReturnType<typeof identityOf>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "lessons.json");
  const text = `${JSON.stringify(identity)}\n`;
  if (!existsSync(path)) return writeFileAtomically(path, text);
  if ((await readWhole("reading", path)).toString("utf8") === text) return;
  throw new UserError(
    `reading ${folder}: its lessons are on other pictures or by another teacher; expected those of this training, delete the folder or choose another`,
  );
}

async function writePart(path: string, { count, ...lessons }: Lessons, { channels, answers }: Teacher): Promise<void> {
  const tensors: [string, NdArray][] = [
    ["pixels", ndarray("uint8", [count, 3, STUDENT_SIZE, STUDENT_SIZE], lessons.pixels)],
    ["labels", ndarray("int32", [count], lessons.labels)],
    ["maps", ndarray("uint8", [count, 2, channels, CELLS, CELLS], lessons.maps)],
    ["answers", ndarray("uint8", [count, 2, answers], lessons.answers)],
  ];
  await writeSafetensors(path, new Map(tensors));
}

/** All parts behind one another, in arrays made once: together they are about a gigabyte. */
async function joined(paths: readonly string[], total: number, { channels, answers }: Teacher): Promise<Lessons> {
  const sizes = { pixels: 3 * STUDENT_SIZE ** 2, labels: 1, maps: 2 * channels * CELLS ** 2, answers: 2 * answers };
  const into = {
    pixels: new Uint8Array(total * sizes.pixels),
    labels: new Int32Array(total),
    maps: new Uint8Array(total * sizes.maps),
    answers: new Uint8Array(total * sizes.answers),
  };
  let count = 0;
  for (const path of paths) {
    const tensors = await readSafetensors(path);
    for (const name of ["pixels", "labels", "maps", "answers"] as const) {
      into[name].set(tensors.get(name)!.data as Uint8Array, count * sizes[name]);
    }
    count += tensors.get("labels")!.shape[0];
  }
  return { ...into, count };
}
