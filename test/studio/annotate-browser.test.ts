/** A whole round in Chromium with nothing but keys: three annotators with a qualification, review, export; and no page with a barrier that axe knows. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAnnotations } from "../../src/data/annotations/annotations.js";
import { describeChromium, launchChromium } from "../chromium.js";
import { milan } from "../cli/milan.js";
import { HOSTILE } from "../explorer/forged.js";
import { newFolder, served } from "./served.js";
import { QUESTIONS, scratch } from "./studies.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let server: Awaited<ReturnType<typeof served>>;
let folder: string;
const faults: string[] = [];

/** A page of somebody else. */
async function visitor(options: Parameters<Browser["newContext"]>[0] = {}): Promise<[Page, BrowserContext]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => faults.push(`dialog: ${dialog.message()}`));
  page.setDefaultTimeout(20_000);
  return [page, context];
}

/** Names of the rules that a page breaks, in both colours. */
async function barriers(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const broken = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(o: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run({
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    });
    found.push(...broken.map((what) => `${colorScheme} ${what}`));
  }
  return found;
}

const focused = (page: Page) =>
  page.evaluate<string>("document.activeElement.tagName + ' ' + document.activeElement.textContent.trim()");

/** Goes on with Tab, or back, to what has the focus then. */
async function tabTo(page: Page, what: RegExp, key = "Tab"): Promise<void> {
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press(key);
    if (what.test(await focused(page))) return;
  }
  throw new Error(`Tab never reaches ${what}; it is at ${await focused(page)}`);
}

/** Picks the radio button before a text, within the group that has the focus. */
async function pick(page: Page, text: string): Promise<void> {
  const label = () => page.evaluate<string>("document.activeElement?.closest('label')?.textContent ?? ''");
  await page.keyboard.press("Space");
  for (let i = 0; i < 5 && (await label()) !== text; i++) await page.keyboard.press("ArrowDown");
  expect(await label()).toBe(text);
}

async function joinAndRead(page: Page, nickname: string): Promise<void> {
  await page.goto(server.url);
  await page.waitForSelector("input:focus");
  await page.keyboard.type(nickname);
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:focus >> text=What to do");
  await tabTo(page, /I have read this/);
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:focus >> text=A short test");
}

async function takeTest(page: Page, choices: readonly string[]): Promise<void> {
  for (const choice of choices) {
    await tabTo(page, /^INPUT/);
    await pick(page, choice);
  }
  await tabTo(page, /Send the answers/);
  await page.keyboard.press("Enter");
}

/** Describes unit after unit until the page says that was all; gives how many. */
async function describeAll(page: Page, say: (n: number) => string): Promise<number> {
  for (let n = 0; ; n++) {
    await page.waitForSelector("textarea:focus, h1:focus:has-text('That was all')");
    if ((await page.$("textarea")) === null) return n;
    const unit = await page.getAttribute(".picture img", "src");
    await page.keyboard.type(say(n));
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(`.picture:first-of-type img:not([src="${unit}"]), h1:has-text("That was all")`);
  }
}

describeChromium("the studio in a browser", () => {
  beforeAll(async () => {
    folder = await newFolder("round", { conv1: 5 });
    const test = join(scratch, "test.json");
    writeFileSync(test, JSON.stringify(QUESTIONS));
    [server, browser] = await Promise.all([
      served(folder, "--qualification", test, "--title", HOSTILE.slice(0, 100), "--least-seconds", "0"),
      launchChromium(),
    ]);
  });
  afterAll(() => browser?.close());

  test("three annotators with keys alone, a review, and the table", async () => {
    const [ann] = await visitor();
    await ann.goto(server.url);
    await ann.waitForSelector("input:focus");
    expect(await barriers(ann)).toEqual([]);
    await joinAndRead(ann, "Ann");
    expect(await barriers(ann)).toEqual([]);
    await takeTest(ann, ["grass", "sky"]);
    expect(await ann.textContent("[role=alert]")).toContain("1 of 2 were right");
    await takeTest(ann, ["round things", "sky"]);

    // what was typed survives a reload; a picture opens with a key and closes with another
    await ann.waitForSelector("textarea:focus");
    await ann.keyboard.type("half a sen");
    await ann.reload();
    await ann.waitForSelector("textarea:focus");
    expect(await ann.inputValue("textarea")).toBe("half a sen");
    await ann.keyboard.press("Shift+Tab");
    await ann.keyboard.press("ArrowRight");
    await ann.keyboard.press("Enter");
    expect(await ann.textContent("dialog[open] h2")).toBe("Picture 2 of 4");
    await ann.keyboard.press("Escape");
    expect(await ann.evaluate("document.activeElement?.querySelector('img')?.alt")).toBe("2 of 4, open large");
    const sizes = await ann.$$eval(".picture img", (all: { naturalWidth?: number }[]) =>
      all.map(({ naturalWidth }) => naturalWidth),
    );
    expect(sizes).toEqual([24, 24, 24, 24]);
    expect(await barriers(ann)).toEqual([]);
    await ann.keyboard.press("Tab");
    await ann.keyboard.press("Control+A");
    expect(await describeAll(ann, (n) => `red things number ${n}`)).toBe(3);
    expect(await barriers(ann)).toEqual([]);

    const [bob] = await visitor({ viewport: { width: 390, height: 844 } });
    await joinAndRead(bob, "Bob");
    expect(await barriers(bob)).toEqual([]);
    await takeTest(bob, ["round things", "sky"]);
    await bob.waitForSelector("textarea:focus");
    expect(await bob.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(await describeAll(bob, (n) => (n === 0 ? HOSTILE : "some red things"))).toBe(3);

    const [cy] = await visitor();
    await joinAndRead(cy, "Cy");
    await takeTest(cy, ["round things", "sky"]);
    expect(await describeAll(cy, () => "the highlighted part")).toBe(3);

    // one answer is rejected, with keys too; the rest accepted at once
    const [rex] = await visitor();
    await rex.goto(`${server.url}#/progress`);
    await rex.waitForSelector("text=3 of 3");
    expect(await barriers(rex)).toEqual([]);
    await rex.goto(`${server.url}#/review`);
    await rex.waitForSelector(".answer");
    expect(await barriers(rex)).toEqual([]);
    expect(await rex.$$eval(".answer img", (all) => all.length)).toBe(0);
    expect(
      await rex.$$eval(
        ".answer .tag",
        (all) => all.filter(({ textContent }) => textContent === "mentions highlighting").length,
      ),
    ).toBe(3);
    for (let i = 0; i < 3; i++) await rex.keyboard.press("j");
    expect(await rex.textContent(".answer[aria-current] .said")).toBe("the highlighted part");
    await rex.keyboard.press("r");
    await rex.waitForSelector("dialog input:focus");
    await rex.keyboard.type("speaks of the highlighting");
    await rex.keyboard.press("Enter");
    await rex.waitForSelector("text=8 answers to 3 units");
    await tabTo(rex, /Accept the \d without flags/, "Shift+Tab");
    await rex.keyboard.press("Enter");
    await rex.goto(`${server.url}#/progress`);
    await rex.waitForSelector("text=2 of 3");
    expect(await rex.title()).not.toBe("owned");
    expect(faults).toEqual([]);

    expect(await server.stop()).toBe(0);
    const out = join(scratch, "round.csv");
    expect((await milan("annotate", "export", folder, "--out", out)).stdout).toMatch(
      /8 annotations of 3 units, 2 of them with all 3/,
    );
    const { list } = await readAnnotations(out);
    expect(list.filter(({ summary }) => /^red things number/.test(summary))).toHaveLength(3);
    expect(list.map(({ summary }) => summary)).toContain(HOSTILE.replace(/\s+/g, " "));
    rmSync(out);
  }, 180_000);
});
