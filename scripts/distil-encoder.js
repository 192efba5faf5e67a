/**
 * Teaches the student that the built-in describer sees with: a small network that imitates a larger one on photographs and
 * rendered pictures. Run `npm run build` first, then
 *
 *     node scripts/distil-encoder.js OUT TEACHER.onnx EPOCHS PICTURES [PICTURES...]
 *
 * TEACHER is MobileNet (v1, 0.75, 192 pixels) with its own normalisation; PICTURES are class folders or archives of them, with `train/` and
 * `val/` or without. Writes OUT/student.safetensors and OUT/metrics.jsonl; killed, the same command goes on from OUT/lessons/ and
 * OUT/checkpoint.safetensors.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { distil } from "../dist/builtin/encoder/distil.js";
import { giveLessons, picturesOf } from "../dist/builtin/encoder/lessons.js";
import { isTeaching } from "../dist/builtin/encoder/student.js";
import { terminalProgress } from "../dist/cli/progress.js";
import { writeSafetensors } from "../dist/engine/tensor/safetensors.js";
import { openModel } from "../dist/exemplars/subject.js";
import { openClassifierData } from "../dist/studies/train-classifier-data.js";

const [out, teacherPath, epochs, ...paths] = process.argv.slice(2);
const limitPerClass = process.env.LIMIT ? Number(process.env.LIMIT) : undefined; // for a first try
mkdirSync(out, { recursive: true });
const progress = terminalProgress();
const data = [];
for (const path of paths) data.push(await openClassifierData(path, { seed: 0, limitPerClass }));

// classes of one set after those of another
let before = 0;
const [training, tests] = [[], []];
for (const { classes, training: some, validation } of data) {
  const shifted = ({ set, ids, labels }) => ({ set, ids, labels: labels.map((label) => label + before) });
  training.push(shifted(some));
  tests.push(shifted(validation));
  before += classes.length;
}
const subject = await openModel(teacherPath);
const maps = subject.layers.find(({ shortNames }) => shortNames.includes("features.13"));
const teacher = {
  ...{ subject, preprocessing: { mean: [0.5], std: [0.5] }, maps: maps.name, channels: maps.units, ceiling: 6 },
  ...{ logits: subject.model.proto.graph.output[0].name, answers: 1001 },
};
const lessons = await giveLessons(training, teacher, { folder: join(out, "lessons"), progress });
const examination = await picturesOf(tests);
const { values, result } = await distil(lessons, examination, {
  ...{ channels: teacher.channels, answers: teacher.answers, classes: before },
  ...{ batch: 64, epochs: Number(epochs), learningRate: 2e-3, seed: 1, progress, now: () => performance.now() },
  checkpoint: {
    path: join(out, "checkpoint.safetensors"),
    everyMs: 120_000,
    identity: {
      ...{ teacher: subject.sha256, sets: data.map(({ fingerprint }) => fingerprint), epochs },
      ...(limitPerClass !== undefined && { limitPerClass }),
    },
    resume: existsSync(join(out, "checkpoint.safetensors")),
  },
  log: join(out, "metrics.jsonl"),
});
const kept = [...values].filter(([name]) => !isTeaching(name));
await writeSafetensors(join(out, "student.safetensors"), new Map(kept));
writeFileSync(join(out, "result.json"), `${JSON.stringify({ ...result, pictures: lessons.count }, null, 2)}\n`);
for (const each of data) await each.close();
