/**
 * The rooms of the house and the doors between them (docs/architecture.md): imports run downwards only, and some packages
 * have one room. A violation is a design decision, so it is made here or not at all.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../src", import.meta.url));

/** What each room may import, besides itself. */
const DOORS: Record<string, readonly string[]> = {
  base: [],
  "engine/tensor": ["base"],
  "engine/onnx": ["base", "engine/tensor"],
  "engine/runtime": ["base", "engine/tensor", "engine/onnx"],
  "engine/grad": ["base", "engine/tensor", "engine/onnx"],
  "engine/train": ["base", "engine/tensor", "engine/runtime", "engine/grad"],
  zoo: ["base", "engine/tensor", "engine/onnx", "engine/grad", "engine/train"],
  "data/images": ["base", "engine/tensor"],
  "data/annotations": ["base", "language"],
  "data/labels": ["base", "engine/tensor", "data/images"],
  "data/world": ["base", "engine/tensor", "data/images", "data/labels"],
  run: ["base", "engine/tensor", "data/images"],
  exemplars: ["base", "engine/tensor", "engine/onnx", "engine/runtime", "data/images", "data/annotations", "run"],
  cluster: ["base", "exemplars", "run"],
  language: ["base", "engine/tensor", "engine/onnx", "engine/runtime"],
  "image-text": ["base", "engine/tensor", "engine/onnx", "engine/runtime", "data/images"],
  describer: [
    "base",
    "engine/tensor",
    "engine/onnx",
    "engine/runtime",
    "engine/grad",
    "engine/train",
    "zoo",
    "data/images",
    "data/annotations",
    "image-text",
    "language",
    "run",
    "exemplars",
  ],
  serving: ["base"],
  explorer: [
    "base",
    "engine/tensor",
    "engine/onnx",
    "engine/runtime",
    "data/images",
    "data/labels",
    "language",
    "run",
    "exemplars",
    "describer",
    "studies",
    "serving",
  ],
  studio: ["base", "data/images", "data/annotations", "language", "run", "exemplars", "serving"],
  pull: ["base", "engine/tensor", "engine/onnx", "engine/grad", "zoo", "describer"],
  studies: [
    "base",
    "engine/tensor",
    "engine/onnx",
    "engine/runtime",
    "engine/grad",
    "engine/train",
    "zoo",
    "data/images",
    "data/annotations",
    "data/labels",
    "data/world",
    "image-text",
    "language",
    "run",
    "exemplars",
    "describer",
  ],
  builtin: [
    "base",
    "engine/tensor",
    "engine/onnx",
    "engine/runtime",
    "engine/grad",
    "engine/train",
    "zoo",
    "data/images",
    "data/annotations",
    "data/labels",
    "data/world",
    "language",
    "run",
    "exemplars",
    "describer",
    "studies",
    "pull",
  ],
};

/** Packages that only one room may import. */
const KEPT: Record<string, string> = {
  "onnxruntime-node": "engine/runtime",
  "@bufbuild/protobuf": "engine",
  commander: "cli",
  "node-sqlite3-wasm": "studio",
  bullmq: "cluster",
  ioredis: "cluster",
  "@aws-sdk/client-s3": "cluster",
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const all = (readdirSync(SOURCE, { recursive: true }) as string[]).filter((file) => /\.tsx?$/.test(file));
/** The pages run elsewhere: they are bundled by themselves, and know of the rest only what is said to them. */
const pages = all.filter((file) => file.startsWith("web/"));
const files = all.filter((file) => !file.startsWith("web/"));
const importsOf = (from: string): Import[] => {
  const text = readFileSync(join(SOURCE, from), "utf8");
  const pattern = /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^"';]*?from\s+"([^"]+)"|(?:await )?import\("([^"]+)"\)/g;
  return [...text.matchAll(pattern)].map(([, type, fixed, dynamic]) => {
    const to = fixed ?? dynamic;
    const resolved = to.startsWith(".")
      ? relative(SOURCE, join(SOURCE, dirname(from), to)).replace(/\.js$/, ".ts")
      : to;
    return { from, to: resolved, typeOnly: type !== undefined };
  });
};
const imports = files.flatMap(importsOf);
const roomOf = (file: string) =>
  Object.keys(DOORS).find((room) => file.startsWith(`${room}/`)) ?? dirname(file).split("/")[0];

test("every file is in a known room", () => {
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((room) => !(room in DOORS || room === "cli" || room === "."))).toEqual([]);
  expect(imports.length).toBeGreaterThan(200);
});

test("imports run downwards only", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!to.endsWith(".ts")) return false;
    const [room, target] = [roomOf(from), roomOf(to)];
    if (room === target || room === "." || room === "cli") return false;
    return !DOORS[room].includes(target);
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test("nothing imports the command line, and src/index.ts only re-exports", () => {
  expect(imports.filter(({ from, to }) => to.startsWith("cli/") && !from.startsWith("cli/"))).toEqual([]);
  const index = readFileSync(join(SOURCE, "index.ts"), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  expect(index.replace(/export\s+((type\s+)?\{[^}]*\}|\* as \w+)\s+from\s+"[^"]+";/g, "").trim()).toBe("");
});

test("pages take nothing but the types of what is served to them and the words for doubts, and nothing takes pages", () => {
  const taken = pages.flatMap(importsOf).filter(({ to }) => to.endsWith(".ts") && !to.startsWith("web/"));
  const isWords = (to: string) => to === "explorer/doubt-words.ts";
  const wrong = taken.filter(
    ({ to, typeOnly }) => !(isWords(to) || (typeOnly && /^(explorer|studio)\/api\//.test(to))),
  );
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  expect(imports.filter(({ to }) => to.startsWith("web/"))).toEqual([]);
});

test("packages keep to their rooms", () => {
  const wrong = imports.filter(({ from, to }) => {
    const owner = Object.entries(KEPT).find(([name]) => to === name || to.startsWith(`${name}/`));
    return owner !== undefined && !from.startsWith(`${owner[1]}/`);
  });
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test("no file imports itself, through whatever others", () => {
  const next = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (path.includes(file) || done.has(file)) return;
    for (const other of next.get(file) ?? []) visit(other, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});
