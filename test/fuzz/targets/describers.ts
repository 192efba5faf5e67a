/** Describers, tokenizers and what lies beside models of texts and pictures. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../../src/base/random.js";
import { Captioner } from "../../../src/describer/captioner.js";
import { loadDescriber } from "../../../src/describer/describer.js";
import { openDescriberFiles, saveDescriber } from "../../../src/describer/directory.js";
import { zeros } from "../../../src/engine/tensor/ndarray.js";
import { ImageTextModel } from "../../../src/image-text/image-text-model.js";
import { openBertScore } from "../../../src/language/bertscore/bertscore.js";
import { Vocabulary } from "../../../src/language/vocabulary.js";
import { captionerWeights, languageModelWeights } from "../../describer/small-decoder.js";
import { writeTinyBert } from "../../language/tiny-bert.js";
import { SIDE, writeColourClip } from "../../studies/faithfulness/colour-clip.js";
import { chance, pick } from "../mutate.js";
import type { Target } from "../target.js";
import { filesIn, spoilFile } from "./runs.js";

/** Spoils a file of a folder, mostly one of a kind, while something is done. */
async function spoiling(
  random: Random,
  folder: string,
  files: ReadonlyMap<string, Buffer>,
  work: () => Promise<unknown>,
): Promise<void> {
  const written = [...files.keys()].filter((name) => !name.endsWith(".onnx"));
  const name = pick(random, chance(random, 0.85) ? written : [...files.keys()]);
  writeFileSync(join(folder, name), spoilFile(random, name, files.get(name)!, [...files.values()]));
  try {
    await work();
  } finally {
    writeFileSync(join(folder, name), files.get(name)!);
  }
}

export const describers: Target = {
  async prepare(box) {
    const folder = join(box, "describer");
    const random = new Random(3);
    await saveDescriber(
      {
        config: {
          source: null,
          encoder: { kind: "spatial", network: "resnet18", pooling: "reference", mean: [0, 0, 0], std: [1, 1, 1] },
          captioner: { featureSize: 7, embeddingSize: 4, hiddenSize: 6, attentionSize: 5 },
          languageModel: { embeddingSize: 4, hiddenSize: 6, layers: 2 },
          search: { search: "rerank", lambda: 0.2, beam: 5, length: 6 },
        },
        vocabulary: new Vocabulary(["red", "dog", "sky"]),
        captioner: captionerWeights(random, 3),
        languageModel: languageModelWeights(random, 3, 2),
        encoder: undefined,
        card: "A describer.",
      },
      folder,
    );
    const files = filesIn(folder);
    return {
      once: (mutating) =>
        spoiling(mutating, folder, files, async () => {
          const opened = await openDescriberFiles(folder);
          await saveDescriber(opened, join(box, "copy"));
          const way = mutating.integer(8);
          if (way === 0) await (await loadDescriber(folder)).close();
          if (way === 1) await (await Captioner.open(opened.captioner)).close();
        }),
    };
  },
};

export const textModels: Target = {
  async prepare(box) {
    const folder = join(box, "bert");
    await writeTinyBert(folder);
    const files = filesIn(folder);
    return {
      once: (random) =>
        spoiling(random, folder, files, async () => {
          const metric = await openBertScore(folder);
          await metric
            .statistics(["red dots on a big white sky"], [["white stripes", "blue"]])
            .finally(() => metric.close());
        }),
    };
  },
};

export const imageTextModels: Target = {
  async prepare(box) {
    const folder = join(box, "clip");
    await writeColourClip(folder, "one");
    const files = filesIn(folder);
    return {
      once: (random) =>
        spoiling(random, folder, files, async () => {
          const model = await ImageTextModel.open(folder);
          try {
            await model.embedText("red things or blue things");
            await model.embedImages(zeros("float32", [1, 3, SIDE, SIDE]));
          } finally {
            await model.close();
          }
        }),
    };
  },
};
