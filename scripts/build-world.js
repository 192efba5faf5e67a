/**
 * Makes all that Milan ships of its world: networks, their exemplars, simulated annotations, and the built-in describer. Run with
 *
 *     npm run build-world -- WORK PHOTOGRAPHS.tar BOXES.csv NETWORKS [STEP...]
 *
 * WORK is a folder for everything on the way (3 GB). PHOTOGRAPHS are class folders of 64 x 64 pixels with the boxes of their objects in BOXES (Tiny-ImageNet's,
 * `train/` and `val/`); NETWORKS holds `mobilenet_v1_0.75_192-imagenet.onnx` and `resnet20-cifar10.onnx`. Each step is commands that anyone can
 * run alone; they are printed. MINI=1 goes the same way in minutes, with a fiftieth of everything, to see that it can be gone. What is finished is not made again, and a killed command goes on where it stopped. With two cores it takes
 * hours: `docs/world.md` says how many.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [work, photographs, boxes, networks, ...wanted] = process.argv.slice(2);
if (!networks) throw new Error("expected WORK PHOTOGRAPHS BOXES NETWORKS; the top of this file says what they are");
const mini = process.env.MINI === "1";
if (mini) process.env.LIMIT = "3";
const at = (...parts) => join(work, ...parts);
const pictures = (place, part) => at("pictures", part === "" ? place : `${place}${part}`);

/** Runs a command of Milan, or a script. */
function run(...command) {
  console.log(`\n$ ${command.join(" ")}`);
  const [program, ...rest] = command;
  const file = program === "milan" ? "dist/cli/main.js" : `scripts/${program}`;
  execFileSync(process.execPath, [file, ...rest.map(String)], { stdio: "inherit" });
}

/** Runs it unless what it makes, a file that is written last, is there. */
function make(result, ...command) {
  if (!existsSync(result)) run(...command);
}

/** The same for folders of pictures, which are there before they are whole. */
function makeFolder(folder, ...command) {
  if (existsSync(`${folder}.done`)) return;
  run(...command);
  writeFileSync(`${folder}.done`, "");
}

/** Renders pictures of the made world. */
function render(set, out, count, seed) {
  const size = ["--count", mini ? Math.ceil(count / 50) : count, "--seed", seed, "--size", 64];
  makeFolder(out, "milan", "world", set, "--out", out, ...size);
}

const PLACES = ["objects", "scenes"];
/** The seven, the classifiers first: a generator's pictures are recognised by the ResNet of its data set. */
const SUBJECTS = [
  ...["resnet-objects", "alexnet-objects", "resnet-scenes", "alexnet-scenes"],
  ...["dino-objects", "gan-objects", "gan-scenes"],
];
/** As little of their training as shows that it goes. */
const miniSettings = (name) =>
  name.startsWith("gan") ? { eyesEpochs: 1, decoderSteps: 20, steps: 20 } : { epochs: 1 };
/** A network that ships. The describer learns nothing of it: what it says of its units is what it says of a stranger's. */
const STRANGER = "alexnet-objects";
/** Generators are left out besides: where the things are in their pictures is guessed. */
const learned = ({ name, generates }) => name !== STRANGER && !generates;
const subjectFile = (name, ending) => at("subjects", `${name}.${ending}`);
const SIGHT = "colour,texture,place,things3,things4,context";
const sight = at("encoder", "sight.onnx");
const student = at("encoder", "student.safetensors");
const sample = at("photographs");
const unseen = at("photographs-unseen");
const lettered = at("photographs-lettered");
const small = at("describer");

const MOBILENET = join(networks, "mobilenet_v1_0.75_192-imagenet.onnx");
const RESNET20 = join(networks, "resnet20-cifar10.onnx");
const MOBILENET_FEED = ["--mean", "0.5", "--std", "0.5"];
/** Other units of it over either set of photographs. */
const MOBILENET_UNITS = {
  photographs: ["features.2:0-95", "features.5:0-127", "features.11:0-191", "features.13:0-383"],
  unseen: ["features.5:128-191", "features.8:0-191", "features.11:192-383", "features.13:384-767"],
};
const PROBES = {
  ...{ objects: pictures("objects", "-probe"), scenes: pictures("scenes", "-probe"), photographs: sample },
  // what the eyes were taught with they know better than any picture a user has: only of others the describer learns how far to trust them
  unseen,
};

/** A subject over the probe set of its data; a generator makes its own. */
function subjectRun(name) {
  const [kind, place] = name.split("-");
  const generates = kind === "gan" && `world-${place}`;
  const probe = generates ? subjectFile(name, "latents") : PROBES[place];
  return { name, subject: name, model: subjectFile(name, "onnx"), probe, generates };
}

/**
 * Where units are planted. Many over photographs, of which fewer networks are learned from than of the world; some for faces seen closely and for lettering,
 * of which the subjects know little.
 */
const PLANTED = [
  ...PLACES.map((place) => ({ place, probe: PROBES[place], networks: 4, units: 400 })),
  { place: "unseen", probe: unseen, networks: 6, units: 400 },
  { place: "people", probe: pictures("people", "-probe"), networks: 2, units: 400 },
  { place: "lettering", probe: lettered, networks: 1, units: 150 },
];
const FIRST_SEED = 7;
/** What knows the pictures of a probe set. */
const known = (probe) =>
  probe === sample || probe === unseen ? ["boxes", boxes, 64] : probe === lettered ? ["marks"] : ["world"];

/** What is dissected for the describer to learn from: name, network, layers, probe set, how it is fed. */
const RUNS = [
  ...SUBJECTS.map(subjectRun),
  ...PLANTED.flatMap(({ place, probe, networks: count, units }) =>
    Array.from({ length: count }, (_, i) => {
      const name = `planted-${place}${i === 0 ? "" : `-${i + 1}`}`;
      const model = at("planted", `${name}.onnx`);
      return { name, model, layers: "units", probe, planted: mini ? 20 : units, seed: FIRST_SEED + i };
    }),
  ),
  // any network over any pictures shows new exemplars
  ...Object.entries(PROBES).flatMap(([place, probe]) => [
    { name: `sight-${place}`, model: sight, layers: "colour,texture,things3,things4", probe },
    { name: `resnet20-${place}`, model: RESNET20, layers: "layer1,layer2,layer3", probe },
  ]),
  ...Object.entries(MOBILENET_UNITS).map(([place, units]) => ({
    ...{ name: `mobilenet-${place}`, model: MOBILENET, probe: PROBES[place] },
    layers: units.map((some) => some.split(":")[0]).join(","),
    feed: [...MOBILENET_FEED, ...units.flatMap((some) => ["--units", some])],
  })),
];
const runOf = ({ name }) => at("runs", name);

const STEPS = {
  pictures() {
    for (const place of PLACES) {
      const [training, set] = [place === "objects" ? 18000 : 15000, `world-${place}`];
      const parts = { "/train": [training, 5], "/val": [960, 6], "-probe": [2400, 3], "-grade": [6000, 4] };
      if (place === "objects") Object.assign(parts, { "-taught/train": [6000, 1], "-taught/val": [960, 2] });
      for (const [part, [count, seed]] of Object.entries(parts)) render(set, pictures(place, part), count, seed);
    }
    render("world-people", pictures("people", "-probe"), 2400, 3);
    makeFolder(sample, "take-pictures.js", sample, photographs, mini ? 1 : 40);
    makeFolder(unseen, "take-pictures.js", unseen, photographs, mini ? 1 : 50, "val");
    // names in pictures are not of what these show, lest one be learned for the other
    const plain = at("photographs-plain");
    makeFolder(plain, "take-pictures.js", plain, photographs, mini ? 1 : 12, "plain");
    makeFolder(lettered, "milan", "spurious", plain, "--out", lettered, "--of", "other", "--seed", 5);
  },
  subjects() {
    const [objects, scenes] = PLACES.map((place) => pictures(place, ""));
    for (const name of SUBJECTS) {
      if (mini) process.env.SETTINGS = JSON.stringify(miniSettings(name));
      make(at("subjects", `${name}.json`), "build-subjects.js", at("subjects"), objects, scenes, name);
    }
  },
  encoder() {
    make(
      student,
      "distil-encoder.js",
      at("encoder"),
      MOBILENET,
      mini ? 1 : 10,
      photographs,
      pictures("objects", "-taught"),
    );
    make(sight, "make-sight.js", sight, student, sample, ...PLACES.map((place) => pictures(place, "-probe")));
  },
  exemplars() {
    for (const each of RUNS) {
      const { model, subject, probe, generates, planted, seed, feed = [] } = each;
      if (planted) make(model, "plant-units.js", model, probe, planted, seed, ...known(probe));
      const layers = each.layers ?? JSON.parse(readFileSync(subjectFile(subject, "json"), "utf8")).layers.join(",");
      const options = [generates ? "--latents" : "--images", probe, "--out", runOf(each), "--layers", layers, ...feed];
      make(join(runOf(each), "probe.csv"), "milan", "dissect", model, ...options);
    }
  },
  annotations() {
    for (const each of RUNS.filter(({ name }) => name !== STRANGER)) {
      const [kind, ...rest] = each.generates ? ["generated", each.generates] : known(each.probe);
      make(join(runOf(each), "annotations.csv"), "annotate.js", kind, runOf(each), runOf(each), each.probe, ...rest);
    }
  },
  describer() {
    const sets = RUNS.filter(learned).map(runOf);
    const options = ["--encoder", sight, "--layers", SIGHT, "--partial", "--embedding", 128, "--hidden", 256];
    options.push("--epochs", mini ? 1 : 40, "--patience", 8, "--average", 0.999, "--redraw");
    const resume = existsSync(at("trained.training", "language-model.checkpoint.safetensors")) ? ["--resume"] : [];
    make(at("trained", "card.md"), "milan", "train", ...sets, "--out", at("trained"), ...options, ...resume);
    make(join(small, "config.json"), "milan", "convert", at("trained"), small, "--half");
  },
  grades() {
    // a generator cannot be given pictures that its exemplars were not chosen from
    for (const { name, subject, generates } of RUNS) {
      const out = at("grades", `${name}.json`);
      if (!subject || generates) continue;
      make(out, "grade-describer.js", out, small, runOf({ name }), pictures(subject.split("-")[1], "-grade"));
    }
  },
};

/** What ships: the describer with weights as half floats, as it was graded, and the subjects, so that figures and tables need not train them. */
STEPS.ship = () => {
  if (mini) return;
  const assets = "src/builtin/assets";
  cpSync(small, join(assets, "describer"), { recursive: true });
  appendFileSync(join(assets, "describer", "card.md"), gradesSection());
  for (const name of SUBJECTS)
    for (const ending of ["onnx", "json"]) cpSync(subjectFile(name, ending), join(assets, `${name}.${ending}`));
};

/** What was graded, for the card. */
function gradesSection() {
  const shown = ({ value, low, high }) => `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const rows = RUNS.flatMap(({ name }) => {
    const file = at("grades", `${name}.json`);
    if (!existsSync(file)) return [];
    const whose = name === STRANGER ? "all, it has learned nothing of them" : "held out";
    return Object.entries(JSON.parse(readFileSync(file, "utf8"))).map(([search, found]) => {
      const { units, grade, shuffled, constant, reachable } = found;
      return `| ${name} | ${units}, ${whose} | ${search} | ${[grade, shuffled, constant, reachable].map(shown).join(" | ")} |`;
    });
  });
  const header = ["network", "units", "search", "grade [95 %]", "shuffled", "one label for a layer", "reachable"];
  return [
    "\n## Grades\n",
    "By what 6,000 other pictures of the made world are known to show: the IoU of what a description claims with where its unit is active, over that of the best single concept.",
    "`reachable` is what the concept gets that fits best on one half of these pictures, on the other half. `rerank` is by mutual information, `beam` by p(d | E) alone. On photographs it is much worse: docs/results/photographs.md.\n",
    ...[header, header.map(() => "---")].map((cells) => `| ${cells.join(" | ")} |`),
    `${rows.join("\n")}\n`,
  ].join("\n");
}

for (const [name, step] of Object.entries(STEPS)) if (wanted.length === 0 || wanted.includes(name)) step();
