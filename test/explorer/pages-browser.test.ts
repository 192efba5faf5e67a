/** The explorer's page in a real browser, over two real runs: comparing them, a run at a glance, and giving verdicts. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { writeDescriptions } from "../../src/run/descriptions.js";
import { readReviews } from "../../src/studies/audit/reviews.js";
import { barriers, type Chromium, describeChromium, openChromium, openPage } from "../chromium.js";
import { HOSTILE, MADE, said } from "./forged.js";
import { workshop } from "./live/made.js";
import { type Served, serve } from "./served.js";

const { at, writeSquares, describedRun } = workshop();

const LAYERS = ["colours", "mixed"];
const UNITS = 6;

/** What the units of a run are called; the first of each layer alike in both. */
async function describe(run: string, sayings: readonly string[]): Promise<void> {
  const descriptions = LAYERS.flatMap((layer, place) =>
    Array.from({ length: UNITS }, (_, unit) => {
      const text = unit === 0 ? "white cloth" : sayings[(unit + place) % sayings.length];
      return said(layer, unit, text, { confidence: unit / 10, doubts: unit === 3 ? ["scattered"] : [] });
    }),
  );
  await writeDescriptions(at(run, "descriptions.csv"), MADE, descriptions);
}

const FIGURE = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><text y="30">accuracy</text></svg>`;

interface Statistics {
  words: { word: string; units: number }[];
  layers: { layer: string; doubted: number; confidence: number; nouns: number }[];
  figures: { id: string }[];
}

let chromium: Chromium;
let served: Served;
let page: Page;
let faults: string[];

/** Opens a place of the page, in a new document. */
async function open(place: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`http://127.0.0.1:${served.port}/#/${place}`);
}

/** Opens a unit, and waits until its page listens to keys. */
async function openUnit(place: string): Promise<void> {
  await open(place);
  await expect.poll(() => page.evaluate<string>("document.activeElement.tagName")).toBe("H1");
}

const hash = () => new URL(page.url()).hash;
const lines = (run: string) =>
  page
    .getByRole("list", { name: `Units of ${run}` })
    .locator(".says")
    .allTextContents();
const row = (name: string) => page.getByRole("row", { name: new RegExp(`^${name}`) });
const pressed = (name: string) => page.getByRole("button", { name }).getAttribute("aria-pressed");
const kept = () => page.locator(".review").getByRole("status").textContent();

describeChromium("comparing, the dashboard and verdicts in a browser", () => {
  beforeAll(async () => {
    await writeSquares(12);
    for (const run of ["before", "after"]) await describedRun(run);
    await describe("before", ["red birds", "red boats"]);
    await describe("after", ["blue dogs", "blue grass", HOSTILE]);
    mkdirSync(at("before", "analysis"));
    writeFileSync(at("before", "analysis", "figure-1.svg"), FIGURE);
    served = await serve([at("before"), at("after")]);
    chromium = await openChromium();
    ({ page, faults } = await openPage(chromium));
  });
  afterAll(() => chromium?.close());
  afterEach(() => expect(faults.splice(0)).toEqual([]));

  test("two runs: words of the one, agreement of layers, and a word searched in both", async () => {
    await open("before/compare");
    await expect.poll(() => row("red").textContent()).toContain("83 % 10");
    const { words } = await served.json<{ words: { word: string; a: number; b: number }[] }>(
      "/api/compare?a=before&b=after",
    );
    expect(words).toContainEqual(expect.objectContaining({ word: "red", a: 10, b: 0 }));
    // the same description at the same number: the first unit of each layer
    for (const layer of LAYERS) expect(await row(layer).locator("td").allTextContents()).toEqual(["6", "6", "1 17 %"]);
    await expect.poll(async () => (await lines("before")).length).toBe(10);

    await row("red").getByRole("button").press("Enter");
    await expect.poll(async () => new Set(await lines("before"))).toEqual(new Set(["red birds", "red boats"]));
    expect(await lines("before")).toHaveLength(10);
    await page.getByText("No unit of after matches.").waitFor();
    expect(await page.evaluate<string>("document.activeElement.value")).toBe("red");
    await expect.poll(hash).toBe("#/before/compare?q=red");
    await page.getByRole("searchbox").fill("cloth");
    await expect.poll(() => lines("after")).toEqual(["white cloth", "white cloth"]);
    await expect.poll(() => lines("before")).toEqual(["white cloth", "white cloth"]);
    const strip = page.locator(".line img").first();
    await strip.scrollIntoViewIfNeeded();
    await expect
      .poll(() => strip.evaluate((image) => (image as { naturalWidth?: number }).naturalWidth))
      .toBeGreaterThan(0);

    await page.getByRole("button", { name: "Swap" }).click();
    await expect.poll(hash).toBe("#/after/compare?with=before&q=cloth");
    await page.getByRole("heading", { name: "Compare after with before" }).waitFor();
    await page
      .getByRole("link", { name: /white cloth/ })
      .last()
      .click();
    await expect.poll(hash).toBe("#/before/unit/1/0?q=cloth&sort=relevance");
    await page.locator(".unit").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(hash).toBe("#/after/compare?with=before&q=cloth");
    const focused = () => page.evaluate<string | null>(`document.activeElement.getAttribute("href")`);
    await expect.poll(focused).toBe("#/before/unit/1/0?q=cloth&sort=relevance");
  });

  test("the dashboard's numbers are those of the run, and lead to its units", async () => {
    await open("before/dashboard");
    const statistics = await served.json<Statistics>("/api/runs/before/dashboard");
    const doubted = await served.json<{ total: number }>("/api/runs/before/units?layers=0&doubt=doubted");
    await row("colours").waitFor();
    expect(await row("colours").locator("td").allTextContents()).toEqual(
      // white cloth, red birds and boats: 5 words, 2 each, half of them nouns; confidence 0, 0.1 … 0.5
      ["6", String(doubted.total), "5", "2.0", "50 %", "50 %", "0 %", "0 %", "25 %"],
    );
    expect(statistics.layers[0]).toMatchObject({ doubted: doubted.total, nouns: 0.5 });
    const words = page.locator("section", { has: page.getByRole("heading", { name: "Words", exact: true }) });
    expect(await words.getByRole("link").allTextContents()).toEqual(
      statistics.words.map(({ word, units }) => `${word}${units}`),
    );
    const figure = page.getByRole("img", { name: "analysis: figure 1" });
    await figure.scrollIntoViewIfNeeded();
    await expect.poll(() => figure.evaluate((image) => (image as { naturalWidth?: number }).naturalWidth)).toBe(120);
    await words.getByRole("link", { name: /^red/ }).click();
    await expect.poll(hash).toBe("#/before/units?q=red&sort=relevance");
    await expect.poll(() => page.locator(".count").textContent()).toBe("10 of 12 units");
  });

  test("a verdict given by keys is in the run's file, in the list, and there again", async () => {
    await openUnit("before/unit/0/1");
    await page.getByLabel("Your name").fill("ada");
    await page.getByLabel("Note").fill("birds, all of them");
    await page.keyboard.press("y"); // written, not a verdict
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.keyboard.press("y");
    await expect.poll(kept).toMatch(/^Kept: fits, by ada, /);
    expect(await readReviews(at("before"))).toMatchObject([
      { layer: "colours", unit: 1, verdict: "no" },
      {
        layer: "colours",
        unit: 1,
        description: "red boats",
        verdict: "yes",
        note: "birds, all of them",
        reviewer: "ada",
      },
    ]);
    await page.getByLabel("Note").fill("boats");
    await page.keyboard.press("Escape");
    await expect
      .poll(async () => (await readReviews(at("before"))).at(-1))
      .toMatchObject({ verdict: "yes", note: "boats" });
    await page.reload();
    await expect.poll(() => pressed("fits y")).toBe("true");
    expect(await page.getByLabel("Note").inputValue()).toBe("boats");
    expect(await page.getByLabel("Your name").inputValue()).toBe("ada");
    await page.keyboard.press("j");
    await expect.poll(hash).toBe("#/before/unit/0/2");
    await expect.poll(() => pressed("fits y")).toBe("false");
    await open("before/units?verdict=yes");
    await expect.poll(() => page.locator(".count").textContent()).toBe("1 of 12 units");
    expect(await page.locator(".card .tag.yes").textContent()).toBe("fits");
  });

  test("a verdict that could not be kept is told, on other units too, and can be given again", async () => {
    await openUnit("after/unit/0/4");
    const full = { status: 500, contentType: "application/json", body: `{ "error": "the disk is full" }` };
    await page.route("**/reviews", (route) => route.fulfill(full));
    await page.getByRole("button", { name: "unsure u" }).click();
    await page.getByText("The verdict was not kept. the disk is full").waitFor();
    expect(await pressed("unsure u")).toBe("false");
    await page.keyboard.press("j");
    await page.getByText("1 verdict given before could not be kept, on colours / 4.").waitFor();
    await page.unroute("**/reviews");
    await page.getByRole("link", { name: "colours / 4", exact: true }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(kept).toMatch(/^Kept: unsure/);
    expect(await pressed("unsure u")).toBe("true");
    expect(await readReviews(at("after"))).toMatchObject([{ unit: 4, verdict: "unsure" }]);
    expect(faults.splice(0).join()).toContain("500");
  });

  test("one run alone: what to do to compare", async () => {
    const alone = await serve([at("after")]);
    await page.goto(`http://127.0.0.1:${alone.port}/#/after/compare`);
    await page.getByText("One run is open. Open two to compare them: milan serve RUN RUN.").waitFor();
    // what the page still asks for must find the server
    await page.waitForLoadState("networkidle");
    await page.goto("about:blank");
    await alone.close();
  });

  test.each([
    ["before/compare?q=cloth", () => page.getByRole("link", { name: /white cloth/ }).first()],
    ["before/dashboard", () => page.getByRole("link", { name: /^not judged/ })],
    ["before/unit/0/1", () => page.getByRole("link", { name: /birds/ }).first()],
  ])("is accessible, light and dark: %s", async (place, last) => {
    await open(place);
    await last().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await barriers(page)).toEqual([]);
    }
  });
});
