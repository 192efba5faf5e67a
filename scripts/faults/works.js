/**
 * The commands of the campaign. Of each: what is run, step after step, in a folder of its own; how it is gone on with; what of its files is not the same
 * from one undisturbed run to the next; and where it stands when it is killed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { annotators } from "./annotators.js";
import { serveFiles } from "./file-server.js";

/** The JSON at the head of a safetensors file. */
function headOf(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  return { head: JSON.parse(bytes.subarray(8, 8 + length).toString("utf8")), rest: bytes.subarray(8 + length) };
}

/** A checkpoint without the time that it took. */
function timeless(path) {
  const { head, rest } = headOf(path);
  const { __metadata__: metadata, ...tensors } = head;
  const training = JSON.parse(metadata.training);
  delete training.place.elapsedMs;
  return Buffer.concat([Buffer.from(JSON.stringify({ training, tensors })), rest]);
}

/** Epochs of a log, without times; the lines between them are means since the line before, or since the training was gone on with. */
function epochs(path) {
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const kept = lines.filter(({ kind }) => kind === "epoch").map(({ rate: _, seconds: __, ...line }) => line);
  return Buffer.from(JSON.stringify(kept));
}

const dateless = (path) => Buffer.from(readFileSync(path, "utf8").replace(/"date": ?"[^"]*"/g, ""));

/** How files are compared that hold times. */
export const TIMED = [
  [/\.checkpoint\.safetensors$/, timeless],
  [/\.metrics\.jsonl$/, epochs],
  [/^(sums|site)\.json$/, dateless],
  [/^annotations\.csv$/, (path) => Buffer.from(readFileSync(path, "utf8").replace(/ #\d+/g, ""))], // answers that were tried again
  [/study\.sqlite$/, () => Buffer.alloc(0)], // its answers are compared as the table that is exported
];

const stepOf = (path) =>
  existsSync(path) ? JSON.parse(headOf(path).head.__metadata__.training).place.step : undefined;
const imageOf = (path) => (existsSync(path) ? Number(headOf(path).head.__metadata__.done) : undefined);
const linesOf = (path) => (existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 2 : undefined);
/** The first number of the first line of progress of a phase. */
const begunAt = (phase) => (stderr) => {
  const found = new RegExp(`^${phase}: (\\d+)/`, "m").exec(stderr);
  return found ? Number(found[1]) : undefined;
};

export function worksFor(inputs) {
  const { model, pictures, held, run, other, classes, concepts } = inputs;
  const dissection = [
    "dissect",
    model,
    "--images",
    pictures,
    "--layers",
    "layer4",
    "--k",
    3,
    "--batch",
    inputs.batch,
    "--save-every",
    0,
  ];
  const training = (at) => [
    ...[
      "train",
      run,
      "--encoder",
      model,
      "--out",
      at("describer"),
      "--epochs",
      2,
      "--hidden",
      24,
      "--embedding",
      12,
      "--batch",
      16,
    ],
    ...["--partial", "--rare", 0, "--save-every", 0, "--threads", 1],
  ];
  const resuming = (checkpoint) => (args) => (existsSync(checkpoint) ? [...args, "--resume"] : args);
  const pulling = (name) => ({
    name: `pull ${name}`,
    inputs: "few",
    steps: (at) => [["pull", name, "--to", at("home")]],
    async open() {
      const server = await serveFiles(inputs.mirror);
      return { env: { MILAN_MIRROR: server.url, MILAN_OFFLINE: "" }, close: () => server.close() };
    },
    saved: { unit: "bytes", of: (at) => bytesUnderWay(at("home")), begun: begunAt("pulling [^:]*") },
  });
  return [
    {
      name: "dissect",
      inputs: "few",
      steps: (at) => [[...dissection, "--out", at("run")]],
      saved: {
        unit: "images",
        of: (at) => imageOf(at("run/sweep.safetensors")),
        begun: begunAt("sweep"),
        files: (at) => [at("run/sweep.safetensors")],
      },
    },
    {
      name: "dissect --shard, merge",
      inputs: "few",
      goesOn: "shards",
      steps: (at) => [
        ...[1, 2, 3].map((i) => [...dissection, "--out", at("run"), "--shard", `${i}/3`]),
        ["merge", at("run")],
      ],
    },
    {
      name: "describe",
      inputs: "few",
      steps: (at) => [["describe", run, "--beam", 3, "--out", at("descriptions.csv")]],
      saved: {
        ...{
          unit: "units",
          of: (at) => linesOf(at("descriptions.part.jsonl")),
          files: (at) => [at("descriptions.part.jsonl"), at("descriptions.part.features")],
        },
        begun: begunAt("describing"),
      },
    },
    {
      name: "train",
      steps: (at) => [training(at)],
      goOn: (at) => resuming(at("describer.training/language-model.checkpoint.safetensors")),
      saved: {
        ...{ unit: "steps", of: (at) => stepOf(at("describer.training/captioner.checkpoint.safetensors")) },
        files: (at) =>
          ["language-model", "captioner"].map((name) => at(`describer.training/${name}.checkpoint.safetensors`)),
      },
    },
    {
      name: "train-classifier",
      steps: (at) => [
        [
          "train-classifier",
          pictures,
          "--out",
          at("net.onnx"),
          "--network",
          "resnet20",
          "--size",
          16,
          "--epochs",
          2,
          "--batch",
          16,
          "--save-every",
          0,
        ],
      ],
      goOn: (at) => resuming(at("net.checkpoint.safetensors")),
      saved: {
        unit: "steps",
        of: (at) => stepOf(at("net.checkpoint.safetensors")),
        files: (at) => [at("net.checkpoint.safetensors")],
      },
    },
    {
      name: "generalize",
      goesOn: "trainings, outcomes",
      steps: (at) => [
        [
          "generalize",
          run,
          other,
          "--out",
          at("study"),
          "--encoder",
          model,
          "--protocols",
          "left-out",
          "--epochs",
          1,
          "--hidden",
          16,
          "--embedding",
          8,
        ],
      ],
    },
    {
      name: "export --format html",
      inputs: "few",
      steps: (at) => [["export", run, "--format", "html", "--out", at("page.html")]],
    },
    {
      name: "export --format site",
      inputs: "few",
      steps: (at) => [["export", run, "--format", "site", "--out", at("site")]],
    },
    {
      name: "export --format milannotations",
      inputs: "few",
      steps: (at) => [["export", run, "--format", "milannotations", "--out", at("published")]],
      isThere: /the folder is not empty/, // killed when all was in its place
    },
    { name: "annotate", inputs: "few", goesOn: "answers", ...annotators(run) },
    {
      name: "edit",
      steps: (at) => [
        [
          "edit",
          run,
          "--words",
          "water,sand,skies",
          "--validation",
          held,
          "--classes",
          classes,
          "--trials",
          1,
          "--out",
          at("edited.onnx"),
          "--threads",
          1,
        ],
      ],
    },
    {
      name: "verify",
      steps: (at) => [["verify", run, "--images", held, "--concepts", concepts, "--out", at("faithfulness.csv")]],
    },
    {
      name: "world",
      inputs: "few",
      steps: (at) => [["world", "world-objects", "--out", at("world"), "--count", 24, "--size", 64]],
      saved: {
        ...{ unit: "pictures", of: (at) => picturesIn(at("world")), begun: begunAt("rendering") },
      },
    },
    pulling("base"),
    pulling("hub/owner/model"),
    pulling("annotations/alexnet-places365"),
  ];
}

const picturesIn = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((name) => /(^|[\\/])\d+\.(jpg|png)$/.test(name)).length
    : undefined;

/** Of a download that was cut off; a hub's listing is asked for anew, in a folder that is under way. */
function bytesUnderWay(folder) {
  if (!existsSync(folder)) return undefined;
  const [name] = readdirSync(folder, { recursive: true }).filter(
    (each) => each.endsWith(".part") && !/\.tmp[\\/]/.test(each) && existsSync(`${folder}/${each}.json`),
  );
  return name === undefined ? undefined : statSync(`${folder}/${name}`).size;
}
