/** Arguments as people type them, checked where they are read: a wrong one is named together with what was expected. */
import { InvalidArgumentError, Option } from "commander";

/** A whole number from `least` to `most`. */
export const whole =
  (least = 1, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const end = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
    throw new InvalidArgumentError(`expected a whole number from ${least}${end}`);
  };

/** Whole numbers from 1, separated by commas. */
export const counts = (text: string): number[] => text.split(",").map((part) => whole()(part.trim()));

/** How many descriptions a unit may get: `one`, `auto`, or at most so many. */
export function meanings(text: string): "one" | "auto" | number {
  if (text === "one" || text === "auto") return text;
  if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError("expected one, auto or a whole number from 1");
}

/** A path to write to. The empty one, which an unset variable of the shell gives, would mean the current folder. */
export function place(text: string): string {
  if (text === "") throw new InvalidArgumentError("expected a path");
  return text;
}

/** A number within bounds, both excluded. */
export const between =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !(value > low && value < high)) {
      throw new InvalidArgumentError(`expected a number between ${low} and ${high}`);
    }
    return value;
  };

/** A share from 0 to 1; whether 0 and 1 themselves will do. */
export const share =
  ({ zero = true, one = true } = {}) =>
  (text: string): number => {
    const value = Number(text);
    const fits = text.trim() !== "" && value >= 0 && value <= 1 && (zero || value > 0) && (one || value < 1);
    if (fits) return value;
    throw new InvalidArgumentError(`expected a share ${zero ? "from" : "above"} 0, ${one ? "at most" : "below"} 1`);
  };

/** Any finite number. */
export function real(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}

/** Names separated by commas. */
export function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.includes("")) throw new InvalidArgumentError("expected names separated by commas");
  return list;
}

/** Numbers separated by commas: one for all channels, or one each. */
export function reals(text: string): number[] {
  return text.split(",").map(real);
}

/** `224` or `192x320` (height x width). */
export function size(text: string): readonly [number, number] {
  const match = /^(\d+)(?:x(\d+))?$/.exec(text);
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? match?.[1]);
  if (!match || height < 1 || width < 1)
    throw new InvalidArgumentError("expected pixels such as 224, or 192x320 for height x width");
  return [height, width];
}

/** `2/8`: the second of eight parts. */
export function shard(text: string): { readonly number: number; readonly of: number } {
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text);
  const [number, of] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || number < 1 || number > of) {
    throw new InvalidArgumentError("expected a part of so many, from 1/n to n/n, such as 2/8");
  }
  return { number, of };
}

/** `0-1`, `-1,1`, `0-255`: what black and white are to the network. */
export function range(text: string): readonly [number, number] {
  const match = /^(-?[\d.]+)\s*[-,:]\s*(-?[\d.]+)$/.exec(text);
  if (!match) throw new InvalidArgumentError("expected two numbers such as 0-1, 0-255 or -1,1");
  const [low, high] = [real(match[1]), real(match[2])];
  if (low === high) throw new InvalidArgumentError("expected two different numbers");
  return [low, high];
}

/** `layer:0-63,70` may be given several times; adds to what was there. */
export function units(text: string, before: Record<string, number[]> = {}): Record<string, number[]> {
  const at = text.lastIndexOf(":");
  const parts = text
    .slice(at + 1)
    .split(",")
    .map((part) => /^(\d+)(?:-(\d+))?$/.exec(part.trim()));
  if (at < 1 || parts.includes(null)) throw new InvalidArgumentError("expected layer:numbers, such as layer4:0-63,70");
  const list = parts.flatMap((part) => {
    const first = Number(part![1]);
    const last = Number(part![2] ?? part![1]);
    if (last < first || last - first > 1_000_000)
      throw new InvalidArgumentError(`expected a rising range, got ${part![0]}`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  const layer = text.slice(0, at);
  return { ...before, [layer]: [...(before[layer] ?? []), ...list] };
}

/** How often what has been done is saved. @param usual the default, in words. */
export const saveEveryOption = (usual: string): Option =>
  new Option(
    "--save-every <seconds>",
    `least time between saves of what has been done, which a killed command loses at most; default ${usual}`,
  ).argParser((text) => {
    const seconds = Number(text);
    if (text.trim() === "" || !(seconds >= 0 && seconds <= 1e6))
      throw new InvalidArgumentError("expected a number from 0");
    return seconds;
  });

/** Where BERTScore's model is. */
export const bertOption = (): Option =>
  new Option(
    "--bert <folder>",
    "for BERTScore: a BERT-type model as Hugging Face lays it out (model.onnx, tokenizer.json), such as roberta-large; without one, words are compared as they are",
  ).env("MILAN_BERT");

/** What to do with sets that are not complete. */
export const partialOption = (): Option =>
  new Option(
    "--partial",
    "leave out units without exemplars or without annotations, and annotations that say nothing; default: refuse them",
  );

/** Where word vectors are. */
export const vectorsOption = (): Option =>
  new Option("--vectors <file>", "word vectors in GloVe's text format, to compare texts by them as well");

/** Whether synonyms of `--words` are looked for as well. */
export const synonymsOption = (): Option =>
  new Option("--synonyms", "also synonyms of the words, by WordNet: automobile for car");

/** What is looked for by meaning. */
export const kindOption = (): Option =>
  new Option("--kind <nouns>", "whatever is a kind of these things, by WordNet: animal finds dogs and birds").argParser(
    names,
  );
