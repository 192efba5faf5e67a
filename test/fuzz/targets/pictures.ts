/** Pictures, and what they come in: files of every format, label maps, zip and tar archives, folders. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { silent } from "../../../src/base/progress.js";
import type { Random } from "../../../src/base/random.js";
import { decode, sidesOf } from "../../../src/data/images/decode.js";
import { DamagedImage } from "../../../src/data/images/imageset.js";
import { openImages } from "../../../src/data/images/open.js";
import { openBroden } from "../../../src/data/labels/broden.js";
import { openIndexMasks } from "../../../src/data/labels/index-masks.js";
import { measurePicture } from "../../../src/data/labels/measure.js";
import { readUpload } from "../../../src/explorer/live/upload.js";
import { unpack } from "../../../src/pull/unpack.js";
import { openConcepts } from "../../../src/studies/faithfulness/concept-predictor.js";
import { writeConcepts } from "../../../src/studies/faithfulness/concepts-file.js";
import { noise, picture, TAR_END, tarEntry, zipOf } from "../../data/images/made.js";
import { chance, NUMBERS, pick, spoil, texts } from "../mutate.js";
import type { Target } from "../target.js";

const VIEW = { width: 16, height: 16, fit: "squash" } as const;

async function samplesOf(): Promise<Buffer[]> {
  const small = () => picture(noise(24, 16), 24, 16);
  const grey = () => picture(noise(24, 16).subarray(0, 24 * 16), 24, 16, 1);
  return Promise.all(
    [
      ...[
        small().png(),
        small().png({ palette: true }),
        grey().png(),
        small().jpeg(),
        small().jpeg({ progressive: true }),
      ],
      ...[
        small().webp(),
        small().gif(),
        small().tiff(),
        small().tiff({ compression: "deflate" }),
        small().avif({ effort: 0 }),
      ],
      ...[
        small().withMetadata({ orientation: 6 }).jpeg(),
        small()
          .withExif({ IFD0: { Copyright: "x" } })
          .webp(),
      ],
    ].map((each) => each.toBuffer()),
  );
}

const SVG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"><rect width="9" height="9"/></svg>',
);
const IMPOSTORS: readonly Buffer[] = [
  SVG,
  Buffer.from(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>${SVG}`),
  Buffer.from("%PDF-1.4\n"),
  gzipSync(SVG),
  Buffer.from("push graphic-context\nfill 'url(https://example.com)'\n"),
  Buffer.from("BM"),
  Buffer.alloc(0),
];

/** A PNG that promises other sizes and depths, its checksums right. */
export function lyingPng(random: Random): Buffer {
  const header = Buffer.alloc(13);
  const side = () =>
    Number(
      BigInt.asUintN(
        32,
        chance(random, 0.6) ? BigInt(pick(random, [1, 4, 64, 5000, 20_000, 60_000])) : pick(random, NUMBERS),
      ),
    );
  header.writeUInt32BE(side(), 0);
  header.writeUInt32BE(side(), 4);
  header[8] = pick(random, [1, 8, 16, 3]);
  header[9] = pick(random, [0, 2, 3, 4, 6, 9]);
  header[12] = pick(random, [0, 1]);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const more = chance(random, 0.3)
    ? [chunk(pick(random, ["PLTE", "tRNS", "iCCP", "tEXt", "eXIf", "acTL"]), Buffer.alloc(random.integer(40), 1))]
    : [];
  const data = deflateSync(Buffer.alloc(pick(random, [0, 10, 2000, 3_000_000])));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...more,
    chunk("IDAT", data),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function spoiltPicture(random: Random, samples: readonly Buffer[]): Buffer {
  const kind = random.uniform();
  if (kind < 0.1) return pick(random, IMPOSTORS);
  return kind < 0.25 ? lyingPng(random) : spoil(random, pick(random, samples), samples);
}

export const decoding: Target = {
  async prepare() {
    const samples = await samplesOf();
    return {
      async once(random) {
        const bytes = spoiltPicture(random, samples);
        const way = random.integer(4);
        if (way === 0) await sidesOf(bytes);
        else if (way === 1) await readUpload(bytes, VIEW);
        else if (way === 2) await measurePicture(bytes, 16);
        else await decode(bytes, VIEW);
      },
    };
  },
};

export const labelMaps: Target = {
  async prepare(box) {
    const samples = await samplesOf();
    const good = samples[0];
    for (const folder of ["masks", "images", "broden/images"]) mkdirSync(join(box, folder), { recursive: true });
    for (const file of ["images/a.png", "broden/images/a.png"]) writeFileSync(join(box, file), good);
    writeFileSync(join(box, "classes.csv"), "id,name\n1,wall-brick\n2,sky\n");
    writeFileSync(join(box, "broden/index.csv"), "image,sh,sw,object\na.png,16,24,seg.png\n");
    writeFileSync(join(box, "broden/label.csv"), "number,name,category\n1,car,object\n2,sky,object\n");
    await writeConcepts(
      join(box, "images/concepts.json"),
      { "a.png": [{ names: ["disc"], regions: [{ mask: "mask.png" }] }] },
      false,
    );
    return {
      async once(random) {
        const bytes = chance(random, 0.5) ? spoiltPicture(random, samples) : spoil(random, samples[2], samples);
        const way = random.integer(4);
        if (way === 0) {
          writeFileSync(join(box, "masks/a.png"), bytes);
          const source = await openIndexMasks({
            images: join(box, "images"),
            masks: join(box, "masks"),
            classes: join(box, "classes.csv"),
          });
          await source.labels("a.png", 16);
        } else if (way === 1) {
          writeFileSync(join(box, "broden/images/seg.png"), bytes);
          await (await openBroden(join(box, "broden"))).labels("a.png", 16);
        } else {
          writeFileSync(join(box, way === 2 ? "images/mask.png" : "images/a.png"), bytes);
          try {
            const set = await openImages(join(box, "images"));
            const predictor = await openConcepts(join(box, "images/concepts.json"));
            const ids = Uint32Array.from(set.entries.flatMap(({ file }, i) => (file === "a.png" ? i : [])));
            await predictor.prepare({ set, ids, view: VIEW }, ["discs"], silent);
            await set.close();
          } finally {
            rmSync(join(box, "images/mask.png"), { force: true });
            writeFileSync(join(box, "images/a.png"), good);
          }
        }
      },
    };
  },
};

/** Reads all pictures; a damaged one is no refusal of the whole. */
async function readAll(path: string): Promise<void> {
  const set = await openImages(path);
  try {
    for (const [i, { file }] of set.entries.slice(0, 20).entries()) {
      try {
        await decode(await set.read(i), VIEW, file);
      } catch (error) {
        if (!(error instanceof DamagedImage)) throw error;
      }
    }
  } finally {
    await set.close();
  }
}

export const zips: Target = {
  async prepare(box) {
    const [png, jpeg] = await samplesOf();
    const files = { "cat/a.png": png, "cat/b.jpg": jpeg, "dog/c.png": png, "note.txt": Buffer.from("x".repeat(5000)) };
    const samples = [
      await zipOf(files),
      await zipOf(files, { compress: false }),
      await zipOf(files, { forceZip64Format: true }),
    ];
    const path = join(box, "set.zip");
    let tried = 0;
    return {
      async once(random) {
        writeFileSync(path, spoil(random, pick(random, samples), samples));
        if (chance(random, 0.3)) {
          const out = join(box, `out-${tried++}`);
          await unpack(path, out, { limit: 1e6 }).finally(() => rmSync(out, { recursive: true, force: true }));
        } else await readAll(path);
      },
    };
  },
};

export const tars: Target = {
  async prepare(box) {
    const [png] = await samplesOf();
    const pax = (text: string) => `${text.length + String(text.length + 3).length + 2} ${text}\n`;
    const entries = [
      tarEntry("cat/a.png", png),
      tarEntry("x", "a".repeat(200), "NextFileHasLongPath"),
      tarEntry("dog/b.png", png),
    ];
    const extended = [
      tarEntry("pax", pax("path=long/c.png"), "ExtendedHeader"),
      tarEntry("c.png", png),
      tarEntry("all", pax("size=99999999999"), "GlobalExtendedHeader"),
      tarEntry("d.png", png),
    ];
    const samples = [entries, extended].map((list) => Buffer.concat([...list, TAR_END]));
    const path = join(box, "set.tar");
    return {
      async once(random) {
        let bytes = spoil(random, pick(random, samples), samples);
        if (chance(random, 0.4)) {
          const name = pick(random, texts(box)).slice(0, 90);
          const text = chance(random, 0.5)
            ? pax(
                `${pick(random, ["path", "size", "__proto__", "mtime", "uid", "linkpath", "x"])}=${pick(random, [...texts(box), ...NUMBERS.map(String)])}`,
              )
            : "y";
          const type = pick(random, [
            "File",
            "ExtendedHeader",
            "GlobalExtendedHeader",
            "NextFileHasLongPath",
            "SymbolicLink",
            "Link",
            "Directory",
          ] as const);
          bytes = Buffer.concat([tarEntry(name, text, type), tarEntry("e.png", png), bytes]);
        }
        writeFileSync(path, bytes);
        await readAll(path);
      },
    };
  },
};

export const folders: Target = {
  async prepare(box) {
    const samples = await samplesOf();
    const root = join(box, "set");
    return {
      async once(random) {
        mkdirSync(root, { recursive: true });
        for (let left = random.integer(6); left > 0; left--) {
          const name = pick(random, ["a.png", "cat/b.jpg", "dog/c.gif", ".hidden.png", "cat/d.svg", "e.PNG/f.png"]);
          mkdirSync(dirname(join(root, name)), { recursive: true });
          writeFileSync(join(root, name), spoiltPicture(random, samples));
        }
        await readAll(chance(random, 0.2) ? join(root, "a.png") : root).finally(() =>
          rmSync(root, { recursive: true, force: true }),
        );
      },
    };
  },
};

sharp.cache(false);
