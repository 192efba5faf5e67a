/**
 * The command line as a program: a thin shell over the library. Every command loads what it needs only when it runs, so that
 * `--help` answers at once.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { messageOf, UserError } from "../base/errors.js";
import { registerAnalyze } from "./analyze.js";
import { registerAnnotate } from "./annotate.js";
import { registerAnnotations } from "./annotations.js";
import { registerAttack } from "./attack.js";
import { registerAudit } from "./audit.js";
import { registerBaseline } from "./baseline.js";
import { registerBlur } from "./blur.js";
import { registerConvert } from "./convert.js";
import { registerDemo } from "./demo.js";
import { registerDescribe } from "./describe.js";
import { registerDiff } from "./diff.js";
import { registerDissect } from "./dissect.js";
import { registerEdit } from "./edit.js";
import { registerEvaluate } from "./evaluate.js";
import { registerExport } from "./export.js";
import { registerGeneralize } from "./generalize.js";
import { registerGrade } from "./grade.js";
import { registerInspect } from "./inspect.js";
import { lineOf } from "./interrupted.js";
import { registerMerge } from "./merge.js";
import { registerPlan } from "./plan.js";
import { registerPull } from "./pull.js";
import { registerReproduce } from "./reproduce.js";
import { registerServe } from "./serve.js";
import { registerShow } from "./show.js";
import { registerSpurious } from "./spurious.js";
import { registerTrain } from "./train.js";
import { registerTrainClassifier } from "./train-classifier.js";
import { registerVerify } from "./verify.js";
import { registerWorker } from "./worker.js";
import { registerWorld } from "./world.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

function buildProgram(): Command {
  const program = new Command("milan")
    .description(
      "Describes, in plain language, what each neuron of a vision network responds to.\n" +
        "You bring an ONNX file and a folder of images:\n\n" +
        "  milan inspect  net.onnx\n" +
        "  milan dissect  net.onnx --images photos/ --out runs/net\n" +
        "  milan describe runs/net --describer milan-base.pth\n" +
        "  milan show     runs/net --grep dog\n" +
        "  milan export   runs/net --format html --out net.html",
    )
    .version(version)
    .addOption(new Option("--debug", "show the stack of an error"))
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`milan: ${argumentProblem(text)}\n`) });
  for (const register of [
    registerDemo,
    registerInspect,
    registerDissect,
    registerPlan,
    registerMerge,
    registerWorker,
    registerDescribe,
    registerVerify,
    registerGrade,
    registerBaseline,
    registerShow,
    registerServe,
    registerExport,
    registerConvert,
    registerAnnotate,
    registerAnnotations,
    registerTrain,
    registerEvaluate,
    registerGeneralize,
    registerAnalyze,
    registerAudit,
    registerDiff,
    registerEdit,
    registerAttack,
    registerSpurious,
    registerBlur,
    registerPull,
    registerReproduce,
    registerTrainClassifier,
    registerWorld,
  ]) {
    register(program);
  }
  program.hook("preAction", (_, command) => {
    running = command;
  });
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  return program;
}

let running: Command | undefined;

/** What to do next when the command that runs is interrupted; undefined where there is nothing to say. */
export const howToGoOn = (): string | undefined => running && lineOf({ name: running.name(), options: running.opts() });

/** What commander says over several lines, on one. */
const argumentProblem = (text: string) =>
  `${messageOf(text)
    .replace(/^error: /, "")
    .replace(/\.$/, "")}; add --help to the command for all it takes`;

/**
 * Runs one command.
 * @param args what stands behind `milan`.
 * @returns the exit code: 0 done; 2 the person at the keyboard can mend it (one line says how); 3 an audit's rule is broken;
 * 1 a bug of ours.
 */
export async function runMilan(args: readonly string[]): Promise<number> {
  const program = buildProgram();
  process.exitCode = undefined;
  try {
    await program.parseAsync([...args], { from: "user" });
    return Number(process.exitCode ?? 0); // a command may end well and say no: an audit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const debug = program.opts().debug === true;
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K"); // a line of progress may be there
    if (error instanceof UserError) {
      process.stderr.write(`milan: ${messageOf(error)}\n`);
      if (debug) process.stderr.write(`${error.stack}\n`);
      return 2;
    }
    const stack = error instanceof Error ? error.stack : undefined;
    process.stderr.write(
      `milan: bug: ${messageOf(error)}${debug ? `\n${stack}` : " (run again with --debug for the stack)"}\n`,
    );
    return 1;
  }
}
