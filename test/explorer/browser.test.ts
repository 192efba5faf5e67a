/** The page in a real browser, where there is one: Chromium at /usr/bin/chromium or where CHROMIUM says. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportHtml } from "../../src/explorer/html.js";
import { forgedStore, HOSTILE, said } from "./forged.js";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const describeBrowser = existsSync(chromium)
  ? describe
  : (title: string, body: () => void) =>
      describe.skip(`${title} (skipped: no browser at ${chromium}; set CHROMIUM)`, body);

const folder = mkdtempSync(join(tmpdir(), "milan-browser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

const quiet = ["gpu", "quic", "background-networking", "component-update", "sync", "extensions"];

/** The document of a page once it shows this many drawn pictures: a loaded machine may need more of the page's time. */
async function openedAndDrawn(page: string, pictures: number): Promise<[document: string, drawn: number]> {
  for (let budgetMs = 4000; ; budgetMs *= 2) {
    const document = await opened(page, {}, budgetMs);
    const drawn = document.match(/<canvas[^>]* width="\d+"/g)?.length ?? 0;
    if (drawn >= pictures || budgetMs > 16_000) return [document, drawn];
  }
}

/** The document of a page after so much of its own time. */
async function opened(page: string, choices: Record<string, string> = {}, budgetMs = 4000): Promise<string> {
  const url = pathToFileURL(join(folder, page));
  url.hash = String(new URLSearchParams(choices));
  const options = ["--headless", "--no-sandbox", "--no-first-run", "--hide-scrollbars", "--window-size=1200,800"];
  const { stdout } = await promisify(execFile)(
    chromium,
    [
      ...options,
      ...quiet.map((name) => `--disable-${name}`),
      `--user-data-dir=${join(folder, "profile")}`,
      `--virtual-time-budget=${budgetMs}`,
      "--dump-dom",
      url.href,
    ],
    { maxBuffer: 2 ** 26 },
  );
  return stdout
    .replace(/<script type="(text\/plain|module)"[\s\S]*?<\/script>/g, "")
    .replace(/<style>[\s\S]*?<\/style>/, "");
}

const texts = (document: string, className: string) =>
  [...document.matchAll(new RegExp(`<span class="${className}[^"]*">(.*?)</span>`, "g"))].map(([, html]) =>
    html.replace(/<[^>]*>/g, ""),
  );

describeBrowser("the page in a browser", () => {
  beforeAll(async () => {
    const store = forgedStore({ conv1: 400, [HOSTILE]: 3 });
    const sayings = ["red birds", "water and boats", "birdhouses", "dogs"];
    const descriptions = [
      ...Array.from({ length: 400 }, (_, unit) => said("conv1", unit, sayings[unit % 4], { confidence: unit / 400 })),
      said(HOSTILE, 0, HOSTILE, { doubts: ["unsupported", HOSTILE as never] }),
      said(HOSTILE, 1, "", { doubts: ["no-exemplars"], beam: [], attention: [], pmi: null, confidence: null }),
    ];
    await exportHtml(store, descriptions, join(folder, "page.html"), { title: "forged" });
    await exportHtml(forgedStore({ conv1: 3 }), [], join(folder, "plain.html"));
    const meaning = { description: "blue boats", logp: -3, logpLm: -9, pmi: -1.2, share: 0.62, exemplars: [0, 2] };
    const meanings = [meaning, { ...meaning, description: HOSTILE, share: 0.3, exemplars: [1] }];
    const several = said("conv1", 0, "red birds", { meanings, doubts: ["many-meanings"] });
    await exportHtml(forgedStore({ conv1: 3 }), [several], join(folder, "several.html"));
  });

  test("shows the first units with drawn exemplars, and makes no more rows than the window needs", async () => {
    const [document, drawn] = await openedAndDrawn("page.html", 7);
    expect(document).toContain("403 units</p>");
    expect(texts(document, "text").slice(0, 5)).toEqual([
      "red birds",
      "water and boats",
      "birdhouses",
      "dogs",
      "red birds",
    ]);
    expect(drawn).toBeGreaterThanOrEqual(7);
    expect(document.split("<li").length).toBeLessThan(25);
  });

  test("searches for the beginnings of words, marks them, and counts per layer", async () => {
    const document = await opened("page.html", { q: "bird red" });
    expect(document).toContain("100 of 403 units</p>");
    expect(document).toContain("<mark>red</mark> <mark>bird</mark>s");
    expect(new Set(texts(document, "text"))).toEqual(new Set(["red birds"]));
    expect(await opened("page.html", { q: "irds" })).toContain("No unit matches");
  });

  test("finds a unit by its number and doubts by their names, and sorts", async () => {
    expect(texts(await opened("page.html", { q: "17" }), "id")).toEqual(["conv1 / 17"]);
    expect(texts(await opened("page.html", { q: "no-exemplars" }), "text")).toEqual(["Cannot tell"]);
    const sorted = await opened("page.html", { order: "confidence-down", layer: "conv1" });
    expect(texts(sorted, "id").slice(0, 2)).toEqual(["conv1 / 399", "conv1 / 398"]);
  });

  test("opens a unit with its exemplars, words, doubts and candidates", async () => {
    const document = await opened("page.html", { unit: "conv1/1" });
    const dialog = /<dialog[^>]* open[\s\S]*<\/dialog>/.exec(document)![0];
    expect(dialog.match(/<figure/g)).toHaveLength(4);
    expect(dialog.match(/class="word"[^>]*>[^<]*/g)!.map((word) => word.replace(/.*>/, ""))).toEqual([
      ...["water", "and", "boats"],
    ]);
    expect(dialog).toContain("nothing above the level");
    expect(dialog).toMatch(
      /water and boats <span class="chosen">chosen<\/span><\/td><td>−4.00<\/td><td>−12.00<\/td><td>−1.60/,
    );
    const doubtful = await opened("page.html", { unit: `${HOSTILE}/1` });
    expect(doubtful).toContain("In no exemplar does anything exceed");
  });

  test("shows hostile text as text", async () => {
    const document = await opened("page.html", { layer: HOSTILE, unit: `${HOSTILE}/0` });
    expect(document).toContain("<title>forged</title>");
    expect(document).not.toContain("<img");
    expect(document).toContain("Do not trust this description");
    expect(document).toContain(`"&gt;&lt;!-- &amp; `.replace(/^"/, ""));
  });

  test("groups the exemplars of a unit with several meanings, and finds it by each", async () => {
    const document = await opened("several.html", { unit: "conv1/0", q: "boat" });
    const dialog = /<dialog[^>]* open[\s\S]*<\/dialog>/.exec(document)![0];
    const groups = dialog.split('<h4 class="meaning').slice(1);
    expect(groups.map((group) => group.match(/<figure/g)!.length)).toEqual([2, 1, 1]);
    expect(groups[0]).toMatch(/^">blue boats<span class="share"[^>]*>62 %/);
    expect(groups[2]).toMatch(/^ none">In no group/);
    expect(document).not.toContain("<img");
    expect(dialog).toContain("one description for all may fit none of them");
    expect(document).toContain("1 of 3 units</p>");
    expect(document).toMatch(/blue <mark>boat<\/mark>s <b>62 %/);
  });

  test("says so when nothing was described", async () => {
    const document = await opened("plain.html");
    expect(document).toContain("this page shows the dissection alone");
    expect(texts(document, "text")).toEqual(["Unit 0", "Unit 1", "Unit 2"]);
  });
});
