import { describe, expect, test } from "vitest";
import { colourNumber } from "../../../src/data/labels/colour.js";
import { COLOUR_NAMES, type Labels, TEXTURE_NAMES } from "../../../src/data/labels/labels.js";
import { namesOfWorld } from "../../../src/data/world/names.js";
import { classesOf, WORLD_SETS, World } from "../../../src/data/world/world.js";

const world = await World.open();
const SIZE = 48;

test("a picture depends on set, seed and number alone", async () => {
  const first = await world.render("world-scenes", 3, 17, SIZE);
  await world.render("world-objects", 3, 17, SIZE);
  const again = await (await World.open()).render("world-scenes", 3, 17, SIZE);
  expect(again).toEqual(first);
  expect(await world.labels("world-scenes", 3, 17, SIZE)).toEqual(first.labels);
  for (const [seed, index] of [
    [4, 17],
    [3, 37],
  ]) {
    const other = await world.render("world-scenes", seed, index, SIZE);
    expect(other.label).toBe(first.label);
    expect(other.rgb).not.toEqual(first.rgb);
  }
});

describe.each(WORLD_SETS)("%s", (set) => {
  const classes = classesOf(set);
  const names = namesOfWorld();
  const pictures: { label: string; labels: Labels; clean: Uint8Array; rgb: Uint8Array }[] = [];
  test("every class renders, and its labels are whole", async () => {
    for (let index = 0; index < 3 * classes.length; index++) {
      const { label, labels, rgb } = await world.render(set, 11, index, SIZE);
      expect(label).toBe(classes[index % classes.length]);
      expect(rgb.length).toBe(3 * SIZE * SIZE);
      expect(labels.things.length).toBeLessThan(256);
      pictures.push({ label, labels, rgb, clean: await world.clean(set, 11, index, SIZE) });
    }
    for (const { labels } of pictures) {
      expect(Math.min(...labels.thing)).toBeGreaterThan(0);
      expect(new Set(labels.thing).size).toBe(labels.things.length); // every listed thing is seen
      for (const thing of labels.things) for (const name of thing.names) expect(names.has(name), name).toBe(true);
      for (const name of labels.scene) expect(names.has(name), name).toBe(true);
    }
  });

  test("the colour plane is the colour of what is painted", () => {
    for (const { labels, clean } of pictures) {
      const measured = labels.colour.map((_, at) => colourNumber(clean[3 * at], clean[3 * at + 1], clean[3 * at + 2]));
      expect(labels.colour).toEqual(measured);
    }
  });

  test("what is labelled red, green, blue or white is so to the eye", () => {
    const sums = COLOUR_NAMES.map(() => [0, 0, 0, 0]);
    for (const { labels, clean } of pictures) {
      labels.colour.forEach((colour, at) => {
        for (let c = 0; c < 3; c++) sums[colour - 1][c] += clean[3 * at + c];
        sums[colour - 1][3]++;
      });
    }
    const mean = (name: (typeof COLOUR_NAMES)[number]) => {
      const [r, g, b, count] = sums[COLOUR_NAMES.indexOf(name)];
      return { r: r / count, g: g / count, b: b / count };
    };
    expect(mean("red").r).toBeGreaterThan(mean("red").g + 80);
    expect(mean("green").g).toBeGreaterThan(mean("green").r + 20);
    expect(mean("blue").b).toBeGreaterThan(mean("blue").r + 60);
    expect(mean("white").g).toBeGreaterThan(220);
    expect(mean("black").g).toBeLessThan(50);
  });

  test("parts lie on their things", () => {
    let parts = 0;
    const stray: string[] = [];
    for (const { labels } of pictures) {
      labels.things.forEach((thing, i) => {
        for (const [, plane] of thing.parts ?? []) {
          parts++;
          if (plane.some((value, at) => value > 0 && labels.thing[at] !== i + 1)) stray.push(thing.names[0]);
        }
      });
    }
    expect(stray).toEqual([]);
    expect(parts).toBeGreaterThan(5);
  });
});

test("objects: the class is a thing that covers a good part of the picture", async () => {
  const classes = classesOf("world-objects");
  let large = 0;
  for (let index = 0; index < 48; index++) {
    const { things, thing } = await world.labels("world-objects", 5, index, SIZE);
    const at = things.findIndex(({ names }) => names[0] === classes[index % classes.length]);
    expect(at, classes[index % classes.length]).toBeGreaterThanOrEqual(0);
    if (thing.filter((value) => value === at + 1).length > 0.08 * SIZE * SIZE) large++;
  }
  expect(large).toBeGreaterThan(40);
});

test("people: somebody of the class with a face that can be seen, or nobody", async () => {
  const classes = classesOf("world-people");
  for (let index = 0; index < 4 * classes.length; index++) {
    const { things } = await world.labels("world-people", 5, index, SIZE);
    const label = classes[index % classes.length];
    const people = things.filter(({ kind }) => kind === "person");
    if (label === "nobody") expect(people).toEqual([]);
    else {
      const [, face] = people.find(({ names }) => names[0] === label)!.parts!.find(([name]) => name === "face")!;
      expect(face.filter((value) => value > 0).length, label).toBeGreaterThan(20);
    }
  }
});

test("all colours and textures occur", async () => {
  const [colours, textures] = [new Set<number>(), new Set<number>()];
  for (let index = 0; index < 240; index++) {
    const labels = await world.labels(WORLD_SETS[index % 2], 8, index, 24);
    for (const value of labels.colour) colours.add(value);
    for (const value of labels.texture) textures.add(value);
  }
  for (let i = 1; i <= COLOUR_NAMES.length; i++) expect(colours.has(i), COLOUR_NAMES[i - 1]).toBe(true);
  for (let i = 1; i <= TEXTURE_NAMES.length; i++) expect(textures.has(i), TEXTURE_NAMES[i - 1]).toBe(true);
});

test("striped backgrounds vary across their stripes and not along them", async () => {
  const [rows, columns] = [
    [0, 0],
    [0, 0],
  ];
  for (let index = 0; index < 250; index++) {
    const { texture, thing, things } = await world.labels("world-objects", 6, index, 32);
    const clean = await world.clean("world-objects", 6, index, 32);
    for (const [at, name] of ["horizontal stripes", "vertical stripes"].entries()) {
      const number = TEXTURE_NAMES.indexOf(name as (typeof TEXTURE_NAMES)[number]) + 1;
      for (let i = 0; i < 31 * 32; i++) {
        if (i % 32 === 31 || [i, i + 1, i + 32].some((j) => texture[j] !== number || thing[j] !== thing[i])) continue;
        if (things[thing[i] - 1].kind !== "surface") continue;
        rows[at] += Math.abs(clean[3 * i] - clean[3 * i + 3]);
        columns[at] += Math.abs(clean[3 * i] - clean[3 * i + 96]);
      }
    }
  }
  expect(columns[0]).toBeGreaterThan(2 * rows[0]);
  expect(rows[1]).toBeGreaterThan(2 * columns[1]);
});

test("at another size it is the same picture", async () => {
  const small = await world.labels("world-objects", 2, 8, 32);
  const large = await world.labels("world-objects", 2, 8, 128);
  const main = (labels: Labels) => labels.things.findIndex(({ names }) => names[0] === "car") + 1;
  const share = (labels: Labels) => labels.thing.filter((value) => value === main(labels)).length / labels.size ** 2;
  expect(main(small)).toBeGreaterThan(0);
  expect(Math.abs(share(small) - share(large))).toBeLessThan(0.02);
});
