/** `milan describe`: a description with its evidence for every unit of a run. */
import { type Command, Option } from "commander";
import { DEVICE_NAMES } from "../base/devices.js";
import { BUILT_IN } from "../builtin/assets.js";
import type { Description } from "../run/descriptions.js";
import { meanings, names, place, real, shard, whole } from "./arguments.js";
import { printJson } from "./print.js";
import { terminalProgress } from "./progress.js";

interface Options {
  describer?: string;
  layers?: string[];
  images?: string;
  search?: "rerank" | "beam" | "greedy" | "mi";
  lambda?: number;
  beam?: number;
  length?: number;
  compat?: "reference";
  clip?: string;
  meanings?: "one" | "auto" | number;
  check?: "pixels" | "none";
  weigh?: "each" | "together";
  scattered?: "hedge" | "consensus" | "keep";
  out?: string;
  device: (typeof DEVICE_NAMES)[number];
  shard?: { readonly number: number; readonly of: number };
  json?: boolean;
}

const isBuiltIn = (describer: string | undefined) => describer === undefined || describer === BUILT_IN;

/** Said with every use of the built-in describer: its doubts catch only a part of what it gets wrong on photographs. */
const CAUTION =
  "the built-in describer learned from simulated annotations: on photographs a third of what it says is wrong and a fifth says next to nothing; of what it doubts one in five is right, of the rest seven in ten (docs/results/photographs.md);\n" +
  "check it with milan grade or verify, or describe with --describer\n";

export function registerDescribe(program: Command): void {
  program
    .command("describe")
    .description("describe every unit of a run in words")
    .argument("<run>", "a run, or a MILANNOTATIONS folder")
    .option(
      "--describer <path>",
      "a describer directory, or a checkpoint of the reference implementation (.pth); default: the built-in one",
    )
    .option("--layers <names>", "only these layers", names)
    .option("--images <path>", "the probe set, when it has moved since the run was made")
    .addOption(
      new Option(
        "--search <how>",
        "rerank: beam by p(d|E), reordered by PMI (the paper's); beam; greedy; mi: PMI at every step",
      )
        .choices(["rerank", "beam", "greedy", "mi"])
        .default(undefined, "the describer's own, usually rerank"),
    )
    .option("--lambda <number>", "weight of log p(d) (default: the describer's own, usually 0.2)", real)
    .option("--beam <number>", "hypotheses kept (default: the describer's own, usually 50)", whole())
    .option(
      "--clip <folder>",
      "rerank the beam by CLIP or its like, exported to ONNX by Hugging Face's tools (the reference does so with --beam 1000)",
    )
    .option("--length <number>", "most words (default: the describer's own, usually 15)", whole())
    .addOption(
      new Option("--compat <whose>", "repeat the reference's scores, its off-by-one included").choices(["reference"]),
    )
    .option(
      "--meanings <how many>",
      "one; auto: a description for each group of exemplars, where they fall apart; a number: at most so many (default: one)",
      meanings,
    )
    .addOption(
      new Option(
        "--check <how>",
        "pixels: candidates whose colours, lines or places are not under the masks come last; none",
      )
        .choices(["pixels", "none"])
        .default(undefined, "pixels for the built-in describer, none for others"),
    )
    .addOption(
      new Option(
        "--weigh <how>",
        "each: by what the median exemplar, by itself, makes of a candidate; together: by p(d|E), the paper's way",
      )
        .choices(["each", "together"])
        .default(undefined, "each for the built-in describer, together for others, with --clip or --compat"),
    )
    .addOption(
      new Option(
        "--scattered <how>",
        "where the winner shares less than half of its words with the rest of its beam, consensus: say what most of it agrees with, and nothing twice; hedge: the same, and what the beam does not back more generally; keep the winner",
      )
        .choices(["hedge", "consensus", "keep"])
        .default(undefined, "hedge for the built-in describer, keep for others, with --clip or --compat"),
    )
    .option(
      "--shard <i/n>",
      "only the i-th of n parts of the units; the part that is finished last puts all together",
      shard,
    )
    .option(
      "--out <file>",
      "where to write; default RUN/descriptions.csv (and .jsonl beside it, with all evidence)",
      place,
    )
    .addOption(new Option("--device <name>", "where to run").choices(DEVICE_NAMES).default("cpu"))
    .option("--json", "machine-readable summary on standard output")
    .addHelpText(
      "after",
      `
descriptions.csv has the columns layer,unit,description,pmi,logp,logp_lm,confidence,doubts, and support with --weigh each. A unit that cannot be described
has an empty description, and doubts says why; other doubts say why a description should not be trusted. With --meanings, a unit
whose exemplars form groups of which different things are said has the doubt many-meanings and what is said of each, with its
share of the unit's activation; its description remains that of all exemplars.
With --check pixels what a candidate says of colours, light and dark, lines and places is measured under the masks; one that is not so loses to
any that is, or that says nothing of the kind. Where all lose, the doubt is "contradicted"; where what is said of colours
and places is so of less than half of what is masked, "minority". What things are is not checked so: see milan verify and grade.
confidence, 0 to 1, is how far the description shares its words with the rest of its beam. Below 0.3 it is one of many things that might have been
said: the doubt "scattered".
With --weigh each, support (the column after doubts) is the share of the exemplars that by themselves make the description likelier than it is without any;
at a third or less the doubt is "outvoted". What says nothing is said where that is the more likely half of what exemplars would say: the doubt "vague".
Killed, the same command goes on behind the last batch of 64 units (not with --meanings).
With --clip the candidates are found by p(d|E), and the one wins that is most like the exemplars, cropped to the boxes of their masks: by the mean
cosine of its text's and the crops' vectors. Each new candidate costs a run of the text model.`,
    )
    .action(async (folder: string, options: Options) => {
      const { describeRun } = await import("../describer/describe-run.js");
      const { describerAt } = await import("../builtin/assets.js");
      const { search, lambda, beam, length, compat, layers, meanings } = options;
      const isOurs = isBuiltIn(options.describer) && compat === undefined;
      const check = options.check ?? (isOurs ? "pixels" : "none");
      const isFree = isOurs && options.clip === undefined;
      const scattered = options.scattered ?? (isFree ? "hedge" : "keep");
      const weigh = options.weigh ?? (isFree ? "each" : "together");
      const { openInterpreter } = await import("../builtin/interpreter/interpreter.js");
      const { openPixelWitness } = await import("../builtin/witness/pixel-witness.js");
      const settings = { search, lambda, beam, length, compat, layers, meanings };
      const { out, header, descriptions, missing } = await describeRun(folder, {
        ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
        describer: describerAt(options.describer),
        ...(check === "pixels" && { witness: openPixelWitness }),
        each: weigh === "each",
        consensus: scattered !== "keep",
        ...(scattered === "hedge" && { interpreter: openInterpreter }),
        ...{
          images: options.images,
          clip: options.clip,
          out: options.out,
          device: options.device,
          shard: options.shard,
        },
        progress: terminalProgress(),
      });
      const silent = descriptions.filter(({ description }) => description === "").length;
      const doubtful = descriptions.filter(({ doubts }) => doubts.length > 0).length - silent;
      const many = descriptions.filter((each) => each.meanings).length;
      const counts = { units: descriptions.length, undescribed: silent, doubtful };
      if (missing.length > 0) {
        const ranges = missing.map(({ from, to }) => `${from + 1} to ${to}`).join(", ");
        if (options.json) printJson({ out, ...counts, missing });
        else
          process.stdout.write(
            `${out}: ${descriptions.length} units described; units ${ranges} are still to be, by other parts\n`,
          );
      } else if (options.json) printJson({ out, ...counts, ...(header.meanings ? { severalMeanings: many } : {}) });
      else {
        process.stdout.write(
          `${out}: ${descriptions.length - silent} of ${descriptions.length} units described` +
            `${silent ? `, ${silent} cannot be (${reasonsOf(descriptions)})` : ""}${doubtful ? `, ${doubtful} with doubts` : ""}` +
            `${many ? `, ${many} with several meanings` : ""}\n${isBuiltIn(options.describer) ? CAUTION : ""}next: milan show ${folder}\n`,
        );
      }
    });
}

/** Why some cannot be described: "3 constant, 1 nan". */
function reasonsOf(descriptions: readonly Description[]): string {
  const counts = new Map<string, number>();
  for (const { description, doubts } of descriptions) {
    if (description === "") for (const doubt of doubts) counts.set(doubt, (counts.get(doubt) ?? 0) + 1);
  }
  return [...counts].map(([doubt, count]) => `${count} ${doubt}`).join(", ");
}
