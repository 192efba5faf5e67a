/** A forecast as JSON: `node bench/large/forecast.js model.onnx images wall|cpu workers [images of the whole set]`; also what it took until the model was open. */

import { forecast } from "../../dist/exemplars/forecast.js";
import { imageFolder } from "../../dist/exemplars/probe.js";
import { openModel } from "../../dist/exemplars/subject.js";

const [model, images, clock, workers, count] = process.argv.slice(2);
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const now = clock === "cpu" ? cpu : () => performance.now();
const subject = await openModel(model);
const startMs = now(); // both clocks begin with the process
const found = await forecast(subject, imageFolder(images), {
  workers: workers.split(",").map(Number),
  now,
  ...(count && { images: Number(count) }),
});
console.log(JSON.stringify({ startMs, ...found }));
