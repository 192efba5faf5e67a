import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readAnnotations, writeAnnotations } from "../../../src/data/annotations/annotations.js";
import { mayBeEnglish } from "../../../src/data/annotations/english.js";
import { GROUPS, resolveSets } from "../../../src/data/annotations/names.js";
import { splitUnits } from "../../../src/data/annotations/split.js";
import { describeShared, shared } from "../../shared.js";

const folder = mkdtempSync(join(tmpdir(), "milan-annotations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let serial = 0;
function written(text: string | Uint8Array): string {
  const path = join(folder, `${serial++}.csv`);
  writeFileSync(path, text);
  return path;
}

describe("annotations.csv", () => {
  test("comes back as it was written, whatever people say", async () => {
    const list = [
      { layer: "layer3", unit: 7, summary: 'a "sign", with commas' },
      { layer: "layer3", unit: 7, summary: "two\nlines" },
      { layer: "3", unit: 0, summary: "façades — naïve" },
      { layer: "3", unit: 0, summary: "façades — naïve" },
    ];
    const path = join(folder, "round.csv");
    await writeAnnotations(path, list);
    expect(await readAnnotations(path)).toEqual({ list, empty: 0 });
  });

  test("other columns, a byte-order mark and empty lines do no harm; what says nothing is left out when asked for", async () => {
    const path = written(
      '\ufeffworker,unit, layer,summary\r\nw1,3,conv1,red dots\r\n\r\nw2,4,conv1,"  "\r\nw2,4,conv1,...\r\nw3,5,conv1,точки\r\n',
    );
    await expect(readAnnotations(path)).rejects.toThrow(
      "the summary in row 3 is empty; expected a description in English",
    );
    expect(await readAnnotations(path, { partial: true })).toEqual({
      list: [{ layer: "conv1", unit: 3, summary: "red dots" }],
      empty: 3,
    });
  });

  test("a describer's table is read like people's; a summary goes before a description", async () => {
    const described = written("layer,unit,description,score\nconv1,3,red dots,-2.5\n");
    expect((await readAnnotations(described)).list).toEqual([{ layer: "conv1", unit: 3, summary: "red dots" }]);
    const both = written("layer,unit,description,summary\nconv1,3,red dots,blue dots\n");
    expect((await readAnnotations(both)).list).toEqual([{ layer: "conv1", unit: 3, summary: "blue dots" }]);
  });

  test.each([
    ["layer,unit\nconv1,3\n", "no column summary; expected layer, unit, summary, got layer, unit"],
    ["layer,unit,summary\nconv1,three,dots\n", 'unit "three" in row 2; expected a whole number'],
    ["layer,unit,summary\nconv1,3,dots\nconv1,-1,dots\n", 'unit "-1" in row 3'],
    ["layer,unit,summary\n", "it has no rows"],
    ["layer,unit,summary\nconv1,3,\n", "all 1 summaries are empty"],
    [
      'layer,unit,summary\nconv1,3,dots\nconv1,4,"?\n!"\n',
      'row 3 is "? !"; expected a description in English in every row, got 1',
    ],
    ["layer,unit,summary\nconv1,3,red dots\nconv1,4,красные\n", 'the summary in row 3 is "красные"; expected'],
    [
      `layer,unit,summary\n${["rote Punkte auf weißem Grund", "Räder von Autos", "grüne Blätter", "Augen von Tieren", "Text auf Schildern"].map((text, unit) => `conv1,${unit},${text}\n`).join("")}`,
      'are not English, such as "rote Punkte auf weißem Grund"',
    ],
    ["layer,unit,summary\nconv1,3,красные точки\nconv1,4,красные полосы\n", "are not English"],
    ["layer,unit,summary\nconv1,3,12 34\n", "have no words"],
    ['layer,unit,summary\nconv1,3,"open', "expected a CSV table"],
    [Uint8Array.of(0x6c, 0xff, 0xfe, 0x00), "it is not UTF-8 text"],
    ["", "no column layer, unit, summary; expected layer, unit, summary, got none"],
  ])("%j is refused in one line", async (text, problem) => {
    const error = await readAnnotations(written(text)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "UserError" });
    expect((error as Error).message).toContain(problem);
    expect((error as Error).message).not.toContain("\n");
  });

  test("English is what people say, whatever it is of; the other languages are not", () => {
    const things = ["discs", "stripes", "bars", "rings", "crosses", "grids", "faces", "wheels"];
    expect(
      mayBeEnglish(["red", "green", "blue", "white"].flatMap((colour) => things.map((it) => `${colour} ${it}`))),
    ).toBe(true);
    expect(
      mayBeEnglish(["tench", "great white shark", "house finch", "box turtle", "Komodo dragon", "harvestman", "quail"]),
    ).toBe(true);
    expect(
      mayBeEnglish([
        "puntos rojos sobre fondo blanco",
        "ruedas de coches",
        "el cielo sobre las montañas",
        "caras de perros",
        "hojas verdes",
        "bordes entre zonas claras y oscuras",
        "ojos de animales",
        "objetos redondos",
        "texto en carteles",
        "agua y olas",
        "rejas y vallas",
        "patas de caballos",
        "ventanas de edificios altos",
        "la parte superior de las botellas",
      ]),
    ).toBe(false);
    expect(
      mayBeEnglish([
        "points rouges sur fond blanc",
        "roues de voitures",
        "visages de chiens",
        "feuilles vertes",
        "objets ronds",
      ]),
    ).toBe(false);
    expect(mayBeEnglish(["puntos"])).toBe(true); // too little to tell
  });

  describeShared("the real ones", () => {
    test("are English, and every hundred of them is", async () => {
      const { list, empty } = await readAnnotations(shared("data/text/milannotations-resnet152-imagenet.csv"));
      expect([list.length, empty]).toEqual([11712, 0]);
      const texts = list.map(({ summary }) => summary);
      for (let first = 0; first < texts.length; first += 100) {
        expect(mayBeEnglish(texts.slice(first, first + 100)), texts[first]).toBe(true);
      }
    });
  });

  test("a file that is not there", async () => {
    await expect(readAnnotations(join(folder, "nowhere.csv"))).rejects.toThrow("no such file");
  });
});

describe("splitting units", () => {
  const units = Array.from({ length: 4000 }, (_, unit) => ({ layer: `layer${unit % 3}`, unit }));

  test("holds out its share, the same units whatever else there is", () => {
    const held = splitUnits(units, 0.1, 5);
    expect(held.filter(Boolean).length / units.length).toBeGreaterThan(0.085);
    expect(held.filter(Boolean).length / units.length).toBeLessThan(0.115);
    const reversed = splitUnits(units.toReversed(), 0.1, 5).toReversed();
    expect(reversed).toEqual(held);
    expect(splitUnits(units.slice(100, 120), 0.1, 5)).toEqual(held.slice(100, 120));
    expect(splitUnits(units, 0.1, 6)).not.toEqual(held);
    const more = splitUnits(units, 0.3, 5); // what is held out stays so when more is
    expect(held.every((is, i) => !is || more[i])).toBe(true);
  });

  test("a share of all or nothing is refused", () => {
    expect(() => splitUnits(units, 0, 1)).toThrow("share 0; expected between 0 and 1");
    expect(() => splitUnits(units, 1, 1)).toThrow("share 1");
  });
});

describe("the paper's sets", () => {
  const root = join(folder, "sets");
  for (const set of GROUPS.base) mkdirSync(join(root, set), { recursive: true });

  test("groups are made of the six data sets", () => {
    expect(GROUPS.base).toHaveLength(6);
    expect(GROUPS.cls).toEqual(["alexnet/imagenet", "alexnet/places365", "resnet152/imagenet", "resnet152/places365"]);
    expect(GROUPS["not-biggan-imagenet"]).toEqual(GROUPS.base.filter((set) => set !== "biggan/imagenet"));
    expect(resolveSets("gen", root).map(({ name }) => name)).toEqual(["biggan/imagenet", "biggan/places365"]);
    expect(resolveSets("alexnet/imagenet", root)[0].folder).toBe(join(root, "alexnet/imagenet"));
  });

  test("a path is a set as well", () => {
    expect(resolveSets(join(root, "alexnet/imagenet"))[0].folder).toBe(join(root, "alexnet/imagenet"));
  });

  test("what is missing is named", () => {
    expect(() => resolveSets("vgg/imagenet", root)).toThrow(/no such set in .*; nearest: /);
    expect(() => resolveSets("base")).toThrow("say where its sets lie with --root");
    expect(() => resolveSets("nowhere")).toThrow("no such folder");
    const some = join(folder, "some");
    mkdirSync(join(some, "alexnet/imagenet"), { recursive: true });
    expect(() => resolveSets("cls", some)).toThrow("alexnet/places365, resnet152/imagenet, resnet152/places365 not in");
  });
});

test("writing is whole or nothing", async () => {
  const path = written("before");
  await expect(writeAnnotations(join(path, "below"), [])).rejects.toThrow();
  expect(readFileSync(path, "utf8")).toBe("before");
});
