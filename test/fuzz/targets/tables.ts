/** Tables and settings: every CSV, JSON and text file that somebody writes by hand or brings from elsewhere. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "../../../src/base/random.js";
import { readAnnotations } from "../../../src/data/annotations/annotations.js";
import { annotationStatistics } from "../../../src/data/annotations/statistics.js";
import { openBoxes } from "../../../src/data/labels/boxes.js";
import { openBroden } from "../../../src/data/labels/broden.js";
import { readClasses } from "../../../src/data/labels/index-masks.js";
import { openMarked } from "../../../src/data/labels/marks.js";
import { openWorldFolder } from "../../../src/data/world/folder.js";
import { tokenize } from "../../../src/language/tokens.js";
import { readWordVectors, wordVectorMatching } from "../../../src/language/word-vectors.js";
import { Sums } from "../../../src/pull/sums.js";
import { readTable } from "../../../src/run/table.js";
import { readVerdicts } from "../../../src/run/verdicts.js";
import { readPolicy } from "../../../src/studies/audit/policy.js";
import { readReviews } from "../../../src/studies/audit/reviews.js";
import { readConcepts } from "../../../src/studies/faithfulness/concepts-file.js";
import { readQualification } from "../../../src/studio/qualification.js";
import { noise, picture } from "../../data/images/made.js";
import { chance, pick, spoil } from "../mutate.js";
import { spoilJson } from "../mutate-json.js";
import { rowsOf, spoilTable } from "../mutate-table.js";
import type { Target } from "../target.js";

interface Kind {
  /** Below the box. */
  readonly file: string;
  /** A table, a JSON value, or another text. */
  readonly sample: string | object;
  readonly read: (path: string) => Promise<unknown>;
}

function kindsIn(box: string): readonly Kind[] {
  const at = (...names: string[]) => join(box, ...names);
  return [
    {
      file: "annotations.csv",
      sample:
        "layer,unit,summary\nconv1,0,red round things on the grass\nconv1,1,the head of a dog\nconv2,7,text on a sign",
      read: async (path) =>
        annotationStatistics((await readAnnotations(path, { partial: true })).list, {
          tokenize,
          tag: (tokens) => tokens.map(() => "NOUN"),
        }),
    },
    {
      file: "strict.csv",
      sample: "layer,unit,summary\nconv1,0,red round things on the grass\nconv1,1,the head of a dog",
      read: (path) => readAnnotations(path),
    },
    { file: "ids.csv", sample: "1,2,3\n4,5,-1\n7,8,9", read: readTable },
    { file: "activations.csv", sample: "1.00000e+00,nan,-inf\n4,5,6", read: readTable },
    {
      file: "faithfulness.csv",
      sample:
        "layer,unit,description,reason,auprc,score\nconv1,0,red things,not-above-shuffled,0.5,0.2\nconv1,1,dogs,,0.5,0.9",
      read: readVerdicts,
    },
    {
      file: "audit.csv",
      sample: "layer,unit,description,verdict,note,reviewer,date\nconv1,0,red things,yes,,Ann,2024-01-01T00:00:00Z",
      read: () => readReviews(box),
    },
    { file: "classes.csv", sample: "id,name\n1,wall-brick\n2,sky-other-merged", read: (path) => readClasses(path, 1) },
    {
      file: "boxes.csv",
      sample: "file,x0,y0,x1,y1\ncat/a.png,1,1,9,9",
      read: async (path) => {
        const source = await openBoxes({ images: at("set"), boxes: path, side: 16 });
        await source.labels("cat/a.png", 16).finally(() => source.close());
      },
    },
    {
      file: "set/marks.csv",
      sample: "file,mark,left,top,width,height\ncat/a.png,dog,0.1,0.1,0.5,0.2",
      read: async () => {
        const source = await openMarked(at("set"));
        await source.labels("cat/a.png", 16).finally(() => source.close());
      },
    },
    {
      file: "broden/index.csv",
      sample: "image,split,ih,iw,sh,sw,color,object,part,scene\na.png,train,16,16,16,16,a.png,a.png;2,,3",
      read: async () => (await openBroden(at("broden"))).labels("a.png", 16),
    },
    {
      file: "broden2/label.csv",
      sample: "number,name,category\n1,red-c,color(5)\n2,car,object(3);part(2)\n3,street-s,scene",
      read: async () => (await openBroden(at("broden2"))).labels("a.png", 16),
    },
    {
      file: "world/world.json",
      sample: { version: 2, set: "objects", seed: 1, size: 64 },
      read: () => openWorldFolder(at("world")),
    },
    {
      file: "vectors.txt",
      sample: "3 4\nred 0.1 0.2 0.3 0.4\ndog 1 2 3 4\nsky -1 0 1e-3 2",
      read: async (path) => {
        await readWordVectors(path, new Set(["red", "dog"]), 2);
        await wordVectorMatching(path).statistics(["red dog"], [["sky", "dog"]]);
      },
    },
    {
      file: "policy.json",
      sample: {
        rules: [
          { name: "no faces", words: ["face", "eye*"], max: 0 },
          { kinds: ["person"], max: 3, certain: true, synonyms: true },
        ],
      },
      read: readPolicy,
    },
    {
      file: "concepts.json",
      sample: {
        format: 1,
        opaque: true,
        images: {
          "0.png": [
            {
              names: ["red", "disc"],
              regions: [
                { box: [0.1, 0.2, 0.5, 0.6] },
                {
                  polygon: [
                    [0, 0],
                    [1, 0],
                    [0, 1],
                  ],
                },
                { mask: "m.png", value: 3 },
              ],
            },
            { names: [] },
          ],
        },
      },
      read: readConcepts,
    },
    {
      file: "qualification.json",
      sample: {
        passMark: 2,
        attempts: 2,
        proposed: false,
        questions: [{ layer: "conv1", unit: 0, choices: ["a", "b"], best: 0 }],
      },
      read: readQualification,
    },
    {
      file: "sums.json",
      sample: { "https://example.com/a": { bytes: 5, sha256: "0".repeat(64), date: "2024-01-01T00:00:00Z" } },
      read: async () => {
        const sums = await Sums.open(box);
        await sums.expect("a", "https://example.com/a", { bytes: 5, sha256: "1".repeat(64) }, new Date(0));
      },
    },
  ];
}

function spoilt(random: Random, { sample, file }: Kind): Buffer {
  if (typeof sample === "object") return spoilJson(random, sample);
  if (file.endsWith(".csv") && chance(random, 0.85)) return spoilTable(random, rowsOf(sample));
  return spoil(random, Buffer.from(sample));
}

export const tables: Target = {
  async prepare(box) {
    const png = await picture(noise(16, 16), 16, 16).png().toBuffer();
    const put = (file: string, bytes: string | Uint8Array) => {
      mkdirSync(dirname(join(box, file)), { recursive: true });
      writeFileSync(join(box, file), bytes);
    };
    for (const file of ["set/cat/a.png", "broden/images/a.png", "broden2/images/a.png", "world/ball/000000.png"])
      put(file, png);
    put("broden/label.csv", "number,name,category\n1,red-c,color(5)\n2,car,object(3);part(2)\n3,street-s,scene\n");
    put(
      "broden2/index.csv",
      "image,split,ih,iw,sh,sw,color,object,part,scene\na.png,train,16,16,16,16,a.png,a.png;2,,3\n",
    );
    const kinds = kindsIn(box);
    return {
      async once(random) {
        const kind = pick(random, kinds);
        put(kind.file, spoilt(random, kind));
        await kind.read(join(box, kind.file));
      },
    };
  },
};
