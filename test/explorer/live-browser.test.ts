/** The explorer's page in a real browser, served over a real run: a picture brought, units switched off. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { decodeModel } from "../../src/engine/onnx/model.js";
import { liveBodyLimit, liveRoutes } from "../../src/explorer/live/routes.js";
import { serveExplorer } from "../../src/explorer/server.js";
import type { Listening } from "../../src/serving/listen.js";
import { barriers, type Chromium, describeChromium, openChromium, openPage } from "../chromium.js";
import { CLASSES, SIDE, square, workshop } from "./live/made.js";

const { at, writeSquares, describedRun } = workshop();

const live = liveRoutes();
let chromium: Chromium;
let listening: Listening;
let page: Page;
let faults: string[];
let green: Buffer;

/** Opens a place of the page, in a new document. */
async function open(place: string, run = "net"): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${listening.url}#/${run}/${place}`);
}

const firing = () => page.locator(".fired").getByRole("option");
const said = () => firing().locator(".says").allTextContents();
const selected = () => page.locator('[role="option"][aria-selected="true"] .says').textContent();
const input = () => page.getByLabel("Picture", { exact: true });
const button = (name: string | RegExp) => page.getByRole("button", { name });
const file = (buffer: Buffer, name = "mine.png", mimeType = "image/png") => ({ buffer, name, mimeType });

/** Gives the page a picture, and waits for what the network makes of it. */
async function give(buffer: Buffer): Promise<void> {
  await input().setInputFiles(file(buffer));
  await firing().first().waitFor();
}

/** Drops something on the page as a browser does. @param make makes a `DataTransfer` out of `transfer` and `bytes`. */
async function drop(make: string, bytes: Buffer = Buffer.alloc(0)): Promise<void> {
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob("${bytes.toString("base64")}"), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    ${make};
    for (const type of ["dragenter", "dragover", "drop"]) {
      const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      if (document.querySelector("main").dispatchEvent(event)) throw new Error(type + " was left to the browser");
    }
  })()`);
}

const drawn = (look: string) =>
  expect.poll(() => page.locator(".looked canvas").getAttribute("data-drawn"), { timeout: 10_000 }).toBe(look);

/** Brightness of the picture shown, at a place given in pixels of the network's. */
const brightness = (x: number, y: number) =>
  page.evaluate<number>(`(() => {
    const canvas = document.querySelector(".looked canvas");
    const scale = canvas.width / ${SIDE};
    const { data } = canvas.getContext("2d").getImageData(${x} * scale, ${y} * scale, 1, 1);
    return data[0] + data[1] + data[2];
  })()`);

/** Rows of the table of classes: name, with, without, change. */
async function rows(): Promise<Record<string, readonly string[]>> {
  const texts = await page
    .locator(".shares tbody tr")
    .evaluateAll((all) =>
      all.map((row) =>
        Array.from((row as unknown as { cells: Iterable<{ textContent: string }> }).cells, (cell) => cell.textContent),
      ),
    );
  return Object.fromEntries(texts.map(([name, ...values]) => [name, values]));
}

const settled = () => page.locator('.answer[aria-busy="false"]').waitFor();

describeChromium("the explorer in a browser, with its model", () => {
  beforeAll(async () => {
    await writeSquares(24);
    writeFileSync(at("net.labels.txt"), `${CLASSES.join("\n")}\n`);
    await (await describedRun("net")).close();
    await (await describedRun("gone")).close();
    rmSync(at("gone.onnx"));
    green = await square(1, 4, 2);
    listening = await serveExplorer([at("net"), at("gone")], {
      ...{ host: "127.0.0.1", port: 0, more: [live.routes], bodyLimit: liveBodyLimit },
    });
    chromium = await openChromium({ acceptDownloads: true });
    ({ page, faults } = await openPage(chromium));
    page.setDefaultTimeout(15_000);
  });
  afterAll(async () => {
    await chromium?.close();
    await listening?.close();
    await live.close();
  });
  afterEach(() => expect(faults.splice(0)).toEqual([]));

  test("a picture from a file: classes, the units that fire, and where", async () => {
    await open("probe");
    await give(green);
    expect(await page.locator(".taken li").first().textContent()).toContain("green");
    const all = await said();
    const own = firing().filter({ hasText: "thing 1 of colours" });
    await own.click();
    await page.mouse.move(1, 1);
    expect(await own.textContent()).toMatch(/(above|below) (all|\d of) 4 exemplars/);
    await drawn("masked");
    // the square is in the mask, the rest is dark
    expect(await brightness(8, 6)).toBeGreaterThan(200);
    expect(await brightness(1, 14)).toBeLessThan(30);
    await page.getByRole("radio", { name: "Heat map" }).check();
    await drawn("heat");
    const hot = await brightness(8, 6);
    expect(hot).toBeGreaterThan((await brightness(1, 14)) + 100);
    // pointing shows another unit on the picture, going away the chosen one again
    const pointed = page.locator(".pointed .says");
    const other = all.find((text) => text !== "thing 1 of colours")!;
    await firing().filter({ hasText: other }).hover();
    await expect.poll(() => pointed.textContent()).toBe(other);
    expect(await selected()).toBe("thing 1 of colours");
    await page.mouse.move(1, 1);
    await expect.poll(() => pointed.textContent()).toBe("thing 1 of colours");
    await expect
      .poll(() =>
        page
          .locator(".pointed .strip img")
          .evaluate((image) => (image as never as { naturalWidth: number }).naturalWidth),
      )
      .toBeGreaterThan(0);
  });

  test("a picture that is dropped anywhere on the page; something else that is dropped", async () => {
    await open("probe");
    await page.locator(".bring").waitFor();
    await drop(`transfer.items.add(new File([bytes], "red.png", { type: "image/png" }))`, await square(0, 4, 2));
    await expect.poll(() => page.locator(".taken li").first().textContent()).toContain("red");
    expect(await said()).toContain("thing 0 of colours");
    await drop(`transfer.items.add("https://example.com/cat.png", "text/uri-list")`);
    expect(await page.getByRole("alert").textContent()).toContain("That was no file");
    expect(await said()).toContain("thing 0 of colours");
  });

  test("the list follows words and layers; all of it is there again after a look at a unit", async () => {
    await open("probe");
    await give(green);
    const all = (await said()).length;
    await page.getByRole("searchbox").fill("mixed");
    await expect.poll(async () => new Set((await said()).map((text) => text.slice(-5)))).toEqual(new Set(["mixed"]));
    await page.getByRole("searchbox").fill("no such words");
    await page.getByText("None of them").waitFor();
    await page.getByRole("searchbox").fill("");
    await page.getByLabel("Layer").selectOption("1");
    await expect.poll(async () => (await said()).length).toBeLessThan(all);
    await firing().nth(1).click();
    const chosen = await selected();
    const probes: Request[] = [];
    page.on("request", (request) => request.url().endsWith("/probe") && probes.push(request));
    await expect.poll(() => page.url()).toContain("layers=1");
    await expect.poll(() => page.url()).toContain("at=1");
    await page.getByRole("link", { name: "Open the unit" }).click();
    await expect.poll(() => page.locator(".unit h1").textContent()).toBe(chosen);
    await page.keyboard.press("Escape");
    await expect.poll(selected).toBe(chosen);
    await expect.poll(() => page.evaluate("document.activeElement.getAttribute('aria-selected')")).toBe("true");
    expect(await page.getByLabel("Layer").inputValue()).toBe("1");
    expect(probes).toEqual([]);
  });

  test("files that are no pictures, damaged, hostile or too large are refused in words", async () => {
    await open("probe");
    const alert = () => page.getByRole("alert").last().textContent();
    await input().setInputFiles(file(Buffer.from("text"), "notes.txt", "text/plain"));
    await expect.poll(alert).toMatch(/“notes.txt” is no picture. Expected PNG/);
    writeFileSync(at("large.png"), Buffer.alloc(26 * 2 ** 20));
    await input().setInputFiles(at("large.png"));
    await expect.poll(alert).toMatch(/“large.png” has 26.0 MB; at most 25 MB are taken/);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "owned"</script></svg>`;
    const name = "<img src=x onerror=alert(1)>.png";
    await input().setInputFiles(file(Buffer.from(svg), name));
    await page.getByText("it is no picture that is known here").waitFor();
    expect(await page.locator(".state.failed").textContent()).toContain(name);
    await input().setInputFiles(file(green.subarray(0, 60), "half.png"));
    await page.getByText("“half.png”: decoding the picture").waitFor();
    expect(await page.title()).not.toBe("owned");
    expect(await page.locator("main svg, main img[src=x]").count()).toBe(0);
    faults.splice(0); // the browser notes what the server refused
    await give(green);
  });

  test("a server that is busy is asked again; a picture that it has forgotten is given again", async () => {
    await open("probe");
    let busy = true;
    await page.route(/\/probe$/, (route) =>
      busy ? route.fulfill({ status: 503, json: { error: "others are waiting" } }) : route.continue(),
    );
    await input().setInputFiles(file(green));
    await page.getByText("“mine.png”: others are waiting").waitFor();
    busy = false;
    await button("Try again").click();
    await firing().first().waitFor();
    await drawn("masked");
    await page.unroute(/\/probe$/);
    await page.waitForTimeout(1600); // sooner it would be a server without room
    const forgotten = /\/probes\/.*\/mask$/;
    await page.route(forgotten, (route) => route.fulfill({ status: 404, json: { error: "not kept any more" } }), {
      times: 1,
    });
    const again = page.waitForRequest(/\/probe$/);
    await firing().last().click();
    await again;
    await firing().first().waitFor();
    await drawn("masked");
    await page.unroute(forgotten);
    faults.splice(0); // the browser notes what was answered
  });

  test("units switched off change the numbers, as they are added; all of it is in the address", async () => {
    await open("switch-off");
    await page.getByText("No unit is switched off").waitFor();
    await input().setInputFiles(file(green));
    await page.locator(".which img.picture").waitFor();
    const search = page.getByRole("searchbox");
    await search.fill("thing 1 of colours");
    await page.getByRole("list", { name: "Units found" }).getByRole("button").first().click();
    await settled();
    const one = (await rows()).green;
    expect(Number.parseFloat(one[1])).toBeLessThan(Number.parseFloat(one[0]));
    expect(one[2]).toMatch(/^−\d/);
    expect(await page.locator(".answer > p").textContent()).toMatch(/“green”/);
    await search.fill("colours");
    await button("Switch all 5 off").click();
    await page.getByRole("heading", { name: "5 units switched off" }).waitFor();
    await expect.poll(async () => (await rows()).green[1]).not.toBe(one[1]);
    await settled();
    expect(new URL(page.url()).hash).toBe(
      `#/net/switch-off?${new URLSearchParams({ picture: "mine", units: "0:1,0,2-4" })}`,
    );
    // one on again, and another picture: one of the run's
    await button("Switch on again: thing 1 of colours").click();
    await page.getByRole("heading", { name: "4 units switched off" }).waitFor();
    await page.locator(".own button").nth(1).click();
    await expect.poll(() => page.url()).toMatch(/picture=\d+/);
    await settled();
    const [before, address] = [await rows(), page.url()];
    await page.goto("about:blank");
    await page.goto(address);
    await page.getByRole("heading", { name: "4 units switched off" }).waitFor();
    await settled();
    expect(await rows()).toEqual(before);
  });

  test("an answer that comes late is dropped", async () => {
    await open("switch-off?units=0:0&picture=0");
    await settled();
    let late = () => {};
    await page.route(
      /\/ablate$/,
      async (route) => {
        await new Promise<void>((resolve) => {
          late = resolve;
        });
        await route.fulfill({ json: { classes: [{ class: 0, name: "late", before: 1, after: 0 }] } }).catch(() => {});
      },
      { times: 1 },
    );
    const held = page.waitForRequest(/\/ablate$/);
    await page.getByRole("searchbox").fill("thing 1 of");
    const finds = page.getByRole("list", { name: "Units found" }).getByRole("button");
    await finds.nth(0).click();
    await held;
    await finds.nth(1).click();
    await page.getByRole("heading", { name: "3 units switched off" }).waitFor();
    await settled();
    late();
    await page.waitForTimeout(150);
    expect(Object.keys(await rows()).sort()).toEqual([...CLASSES].sort());
    faults.splice(0); // a request that was given up is no fault
  });

  test("a search's units come along; the unit page adds its own", async () => {
    await open("units?q=mixed");
    await page.getByRole("link", { name: "Switch these off" }).click();
    await page.getByRole("heading", { name: "5 units switched off" }).waitFor();
    await open("unit/0/2");
    await button("Switch off").click();
    await page.getByRole("link", { name: "6 units off" }).click();
    await page.getByRole("heading", { name: "6 units switched off" }).waitFor();
    await button("Switch all on again").click();
    await page.getByRole("heading", { name: "No unit is switched off" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "No unit is switched off" }).waitFor();
  });

  test("the model without the units is a file that opens", async () => {
    await open("switch-off?units=0:1,1:3");
    const saved = page.waitForEvent("download");
    await button("Save as ONNX").click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe("net-edited.onnx");
    const { graph } = decodeModel(new Uint8Array(readFileSync(await download.path()))).proto;
    const names = graph!.initializer.map(({ name }) => name);
    expect(names.filter((name) => name.endsWith("/mask"))).toEqual(["colours/mask", "mixed/mask"]);
    await page.getByText("Saved as net-edited.onnx").waitFor();
  });

  test("by keys alone: a picture, its units, one of them switched off", async () => {
    await open("switch-off?units=");
    await page.getByRole("heading", { name: "No unit is switched off" }).waitFor();
    await open("probe");
    const isAt = (what: string) => page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(what)})`);
    const tabTo = async (what: string) => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press("Tab");
        if (!(await isAt(what))) continue;
        await page.waitForTimeout(100); // what was about to be drawn anew has lost the focus by now
        if (await isAt(what)) return;
      }
      throw new Error(`no way to ${what}`);
    };
    // the page before has such a place too
    await page.getByRole("heading", { name: "Drop in a picture" }).waitFor();
    await page.locator(".bring").waitFor();
    // asked for some round trips before the key: a chooser that opens before the browser was told to hand it over is lost
    const chooser = page.waitForEvent("filechooser");
    await tabTo(".bring button");
    await page.keyboard.press("Enter");
    await (await chooser).setFiles(file(green));
    await firing().first().waitFor();
    await tabTo('[role="option"]');
    const all = await said();
    await page.keyboard.press("ArrowDown");
    await expect.poll(selected).toBe(all[1]);
    await page.keyboard.press("End");
    await expect.poll(selected).toBe(all.at(-1));
    await page.keyboard.press("Home");
    await expect.poll(selected).toBe(all[0]);
    const telling = "thing 1 of colours";
    for (let i = 0; i < all.indexOf(telling); i++) await page.keyboard.press("ArrowDown");
    await expect.poll(selected).toBe(telling);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".unit h1").textContent()).toBe(telling);
    await tabTo(".switch button");
    await page.keyboard.press("Enter");
    await tabTo(".switch a");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "1 unit switched off" }).waitFor();
    await settled();
    expect((await rows()).green[2]).toMatch(/^−\d/);
    await tabTo(".chosen li button");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "No unit is switched off" }).waitFor();
  });

  test("says why, where a run's model is not there", async () => {
    for (const place of ["probe", "switch-off?units=0:1"]) {
      await open(place, "gone");
      await expect.poll(() => page.locator("main").textContent()).toMatch(/gone\.onnx/);
      expect(await page.locator("main button, main input").count()).toBe(0);
    }
  });

  test("is accessible in light and in dark", async () => {
    const checked = async () => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await barriers(page)).toEqual([]);
      }
    };
    await open("probe");
    await page.locator(".own img").first().waitFor();
    await checked();
    await give(green);
    await drawn("masked");
    await checked();
    await open("switch-off?units=0:1,1:0&picture=0");
    await settled();
    await page.getByRole("searchbox").fill("colours");
    await page.getByRole("list", { name: "Units found" }).waitFor();
    await checked();
  });
});
