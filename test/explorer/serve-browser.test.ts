/** The explorer's page in a real browser, served over a real run: reading. */
import { mkdirSync } from "node:fs";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/base/random.js";
import { GraphBuilder } from "../../src/engine/onnx/build.js";
import type { OnnxModel } from "../../src/engine/onnx/model.js";
import { ndarray } from "../../src/engine/tensor/ndarray.js";
import { serveExplorer } from "../../src/explorer/server.js";
import { type Description, writeDescriptions } from "../../src/run/descriptions.js";
import type { Listening } from "../../src/serving/listen.js";
import { barriers, type Chromium, describeChromium, openChromium, openPage } from "../chromium.js";
import { HOSTILE, MADE, said } from "./forged.js";
import { SIDE, workshop } from "./live/made.js";

const { at, describedRun } = workshop();

const FIRST = 120;
const SECOND = 40;
const SAYINGS = ["red birds", "water and boats", "birdhouses", "dogs on grass", "striped textures"];

/** Two layers of random weights, of more units than a window shows. */
function wideNet(): OnnxModel {
  const g = new GraphBuilder("wide");
  const random = new Random(3);
  const weights = (shape: number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal() / shape[1]);
    return g.constant(ndarray("float32", shape, values));
  };
  const image = g.input("image", "float32", ["n", 3, SIDE, SIDE]);
  const first = g.node("Relu", [g.node("Conv", [image, weights([FIRST, 3, 1, 1])], { kernel_shape: [1, 1] })], {}, [
    "colours",
  ]);
  const pooled = g.node("MaxPool", [first], { kernel_shape: [2, 2], strides: [2, 2] });
  const mixed = g.node("Conv", [pooled, weights([SECOND, FIRST, 1, 1])], { kernel_shape: [1, 1] });
  const means = g.node("Flatten", [g.node("GlobalAveragePool", [g.node("Relu", [mixed], {}, ["mixed"])])]);
  g.output(g.node("Gemm", [means, weights([3, SECOND])], { transB: 1 }, ["logits"]), "logits", "float32", ["n", 3]);
  return g.build();
}

/** Pictures in which colours rise and fall, so that every level has a mask of its own. */
async function writeWaves(count: number): Promise<void> {
  mkdirSync(at("squares"));
  for (let i = 0; i < count; i++) {
    const pixels = Buffer.alloc(3 * SIDE * SIDE);
    for (let at = 0; at < pixels.length; at++) {
      const [x, y, channel] = [Math.floor(at / 3) % SIDE, Math.floor(at / 3 / SIDE), at % 3];
      pixels[at] = 127 + (90 + i) * Math.sin((x * (channel + 1)) / 6 + (y * (i % 5)) / 9 + i);
    }
    const picture = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
    await picture.png().toFile(at("squares", `${String(i).padStart(2, "0")}.png`));
  }
}

function sayings(): Description[] {
  const first = Array.from({ length: FIRST }, (_, unit) =>
    said("colours", unit, SAYINGS[unit % SAYINGS.length], {
      confidence: unit / FIRST,
      doubts: unit % 7 === 0 ? ["scattered"] : [],
    }),
  );
  const second = Array.from({ length: SECOND }, (_, unit) =>
    said("mixed", unit, unit === 5 ? HOSTILE : "green leaves"),
  );
  return [...first, ...second];
}

let chromium: Chromium;
let listening: Listening;
let page: Page;
let faults: string[];

/** Opens a place of the page, in a new document. */
async function open(place: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${listening.url}#/wide/${place}`);
}

/** What the cards in view say, by their place in the list. */
const cards = () => page.locator("a.card .says").allTextContents();
const count = () => page.locator(".count").textContent();
// what runs in the page is text: its world is not this program's
const focused = () => page.evaluate<string | undefined>("document.activeElement?.dataset.index");
const drawn = (look: string) => {
  const state = () =>
    page.evaluate<boolean>(`(() => {
      const all = [...document.querySelectorAll(".figures canvas")];
      const rests = document.querySelector(".exemplars")?.getAttribute("aria-busy") === "false";
      return rests && all.length > 0 && all.every(({ dataset }) => dataset.drawn === "${look}");
    })()`);
  return expect.poll(state, { timeout: 20_000 }).toBe(true);
};
/** The colours of the first exemplar's pixels, summed. */
const brightness = () =>
  page.evaluate<number>(`(() => {
    const canvas = document.querySelector(".figures canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, i) => (i % 4 === 3 ? sum : sum + value), 0);
  })()`);
const slider = (name: string) => page.getByRole("slider", { name });

describeChromium("the explorer in a browser", () => {
  beforeAll(async () => {
    await writeWaves(24);
    await describedRun("wide", wideNet());
    await writeDescriptions(at("wide", "descriptions.csv"), MADE, sayings());
    listening = await serveExplorer([at("wide")], { host: "127.0.0.1", port: 0 });
    chromium = await openChromium();
    ({ page, faults } = await openPage(chromium));
  });
  afterAll(async () => {
    await chromium?.close();
    await listening?.close();
  });
  afterEach(() => expect(faults.splice(0)).toEqual([]));

  test("lists all units, and makes no more cards than the window needs", async () => {
    await page.goto(listening.url);
    await expect.poll(count).toBe("160 units");
    await expect.poll(cards).toContain("birdhouses");
    expect((await cards()).slice(0, 6)).toEqual([...SAYINGS, "red birds"]);
    expect(await page.locator("a.card").count()).toBeLessThan(60);
    await page.locator("a.card img").first().waitFor();
    await expect
      .poll(() => page.evaluate<number>(`document.querySelector("a.card img").naturalWidth`))
      .toBeGreaterThan(0);
  });

  test("searches as one types, marks what was found, and keeps the search in the address", async () => {
    await open("units");
    await page.getByRole("searchbox").pressSequentially("bird");
    await expect.poll(count).toBe("48 of 160 units");
    expect(new Set(await cards())).toEqual(new Set(["red birds", "birdhouses"]));
    expect(await page.locator("mark").allTextContents()).toContain("birdhouses");
    expect(new URL(page.url()).hash).toBe("#/wide/units?q=bird");
    await page.reload();
    await expect.poll(count).toBe("48 of 160 units");
    await page.getByRole("searchbox").fill("nothing of the kind");
    await page.getByText("No unit matches").waitFor();
  });

  test("drops an answer that comes after a later one", async () => {
    await open("units");
    await expect.poll(count).toBe("160 units");
    let late = () => {};
    await page.route(/q=dogs&/, async (route) => {
      await new Promise<void>((resolve) => {
        late = resolve;
      });
      await route.continue().catch(() => {}); // the page may have given it up
    });
    await page.getByRole("searchbox").fill("dogs");
    await expect.poll(() => page.url()).toContain("q=dogs");
    await page.getByRole("searchbox").fill("boats");
    await expect.poll(count).toBe("24 of 160 units");
    late();
    await page.unroute(/q=dogs&/);
    await page.waitForTimeout(100);
    expect(await count()).toBe("24 of 160 units");
    expect(new Set(await cards())).toEqual(new Set(["water and boats"]));
    faults.length = 0; // a request that was given up is no fault
  });

  test("takes filters and order from the address, shows them, and changes them", async () => {
    await open("units?layers=0&doubt=scattered&sort=confidence&descending=1");
    await expect.poll(count).toBe("18 of 160 units");
    const names = () => page.locator("a.card .meta .name").allTextContents();
    expect((await names()).slice(0, 3)).toEqual(["colours / 119", "colours / 112", "colours / 105"]);
    expect(await page.getByRole("checkbox", { name: "colours" }).isChecked()).toBe(true);
    expect(await page.getByLabel("Doubts").inputValue()).toBe("scattered");
    await page.getByLabel("Doubts").selectOption("any");
    await expect.poll(count).toBe("120 of 160 units");
    await slider("Confidence from").fill("0.9");
    await expect.poll(count).toBe("12 of 160 units");
    expect(page.url()).toContain("minConfidence=0.9");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.poll(count).toBe("160 units");
    expect(new URL(page.url()).hash).toBe("#/wide/units?sort=confidence&descending=1");
  });

  test("the λ slider ranks the candidates anew, in the address too", async () => {
    await open("unit/0/1");
    const first = () => page.locator(".candidates tbody tr").first().locator("td").first().textContent();
    await expect.poll(first).toContain("water and boats");
    await slider("λ").fill("0.4");
    await expect.poll(first).toContain("not water and boats");
    expect(await page.locator(".best").textContent()).toContain("First at λ = 0.40: not water and boats");
    await expect.poll(() => page.url()).toContain("lambda=0.4");
    await page.reload();
    await expect.poll(first).toContain("not water and boats");
  });

  test("the level slider asks for other masks; opacity, heat map and outline change the picture", async () => {
    await open("unit/0/1");
    await drawn("masked");
    const inMask = () => page.locator(".figures figure").first().getAttribute("title");
    const [before, dark] = [await inMask(), await brightness()];
    await slider("Level").fill("0.5");
    await expect.poll(() => page.url()).toMatch(/level=0\.68\d/);
    await expect.poll(inMask).not.toBe(before);
    await drawn("masked");
    await expect.poll(brightness).toBeGreaterThan(dark);
    expect(Number.parseFloat(/([\d.]+) %/.exec((await inMask())!)![1])).toBeGreaterThan(
      Number.parseFloat(/([\d.]+) %/.exec(before!)![1]),
    );
    const masked = await brightness();
    await slider("Opacity").fill("0.2");
    await expect.poll(brightness).toBeGreaterThan(masked);
    const looks: number[] = [await brightness()];
    for (const [name, look] of [
      ["Heat map", "heat"],
      ["Outlined", "outlined"],
      ["Whole", "whole"],
    ]) {
      await page.getByRole("radio", { name }).check();
      await drawn(look);
      looks.push(await brightness());
    }
    expect(new Set(looks).size).toBe(4);
  });

  test("pointing at a word shows which exemplars it was read from", async () => {
    await open("unit/0/1");
    await page.getByRole("button", { name: "boats" }).click();
    await page.mouse.move(0, 0);
    expect(await page.locator(".figures .weight").allTextContents()).toEqual(["10 %", "10 %", "70 %", "10 %"]);
  });

  test("shows an exemplar large, and the next by an arrow", async () => {
    await open("unit/0/1");
    await drawn("masked");
    await page.getByRole("button", { name: /^Exemplar 1,/ }).click();
    await page.getByRole("dialog", { name: /^Exemplar 1:/ }).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("dialog", { name: /^Exemplar 2:/ }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(page.url()).toContain("unit/0/1");
  });

  test("from the start to a unit, to the next and back by keys alone", async () => {
    await open("units");
    await expect.poll(count).toBe("160 units");
    await page.keyboard.press("/");
    await page.keyboard.type("dogs");
    await expect.poll(count).toBe("24 of 160 units");
    await page.keyboard.press("Enter");
    await expect.poll(() => focused()).toBe("0");
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await expect.poll(() => focused()).toBe("13");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("#/wide/unit/0/68?q=dogs");
    await page.locator(".unit").waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => page.url()).toContain("#/wide/unit/0/73?q=dogs");
    await page.getByText("colours / 73").first().waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => focused()).toBe("14");
    expect(await page.evaluate<number>("scrollY")).toBeGreaterThan(100);
    expect(new URL(page.url()).hash).toBe("#/wide/units?q=dogs");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.keyboard.press("End");
    await expect.poll(() => focused()).toBe("23");
  });

  test("shows script in a description as text, wherever it is said", async () => {
    for (const place of [`units?${new URLSearchParams({ q: "onerror" })}`, "unit/1/5"]) {
      await open(place);
      await expect.poll(() => page.locator("main").textContent()).toContain(HOSTILE);
      expect(await page.title()).not.toBe("owned");
      expect(await page.locator("main script, img[src=x]").count()).toBe(0);
    }
    await open(`units?${new URLSearchParams({ q: HOSTILE, layers: "<script>", sort: "__proto__" })}`);
    await page.locator("main").waitFor();
    expect(await page.locator("img[src=x]").count()).toBe(0);
    await expect.poll(() => faults.length).toBeGreaterThan(0); // the server refuses such a query
    await page.waitForLoadState("networkidle");
    faults.length = 0;
  });

  test.each(["light", "dark"] as const)("is accessible in %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open("units?q=birds");
    await page.locator("a.card .says").first().waitFor();
    expect(await barriers(page)).toEqual([]);
    await open("unit/0/7");
    await drawn("masked");
    await page.locator(".nearest").first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });
});
