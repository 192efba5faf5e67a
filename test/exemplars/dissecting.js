// A dissection in a process of its own, to be killed: node dissecting.js <compiled library> <model> <images> <out> [line].
// Saves its state after every batch and says, a line each, what its progress is told. Having said `line`, it waits for its end.
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, modelPath, images, out, last] = process.argv.slice(2);
const { dissect, imageFolder, openModel } = await import(pathToFileURL(`${library}/index.js`).href);
const say = (...words) => {
  const line = words.join(" ");
  writeSync(1, `${line}\n`);
  if (line === last) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
let phase = "";
const progress = {
  begin(name, total, _unit, done = 0) {
    phase = name;
    say("begin", name, done, total);
  },
  update: (done) => say("update", phase, done),
  end: () => say("end", phase),
  warn: (message) => say("warn", message),
};
const probe = imageFolder(images, { mean: [0.5], std: [0.5] });
const options = { k: 5, layers: ["colours", "summary"], batchSize: 4, saveEveryMs: 0, progress, out };
await (await dissect(await openModel(modelPath), probe, options)).close();
say("finished");
