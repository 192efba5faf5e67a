/** A site: what the server answers, as files; and the page over them, in a browser where there is one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryName } from "../../src/base/temporary.js";
import { registerExport } from "../../src/cli/export.js";
import { Comparison, Dashboard, Run, UnitPage } from "../../src/explorer/api/schemas.js";
import { Site, SiteUnit, SiteUnits } from "../../src/explorer/api/site.js";
import { explorerApp, openExplorer } from "../../src/explorer/server.js";
import { exportSite } from "../../src/explorer/site.js";
import { addReviews } from "../../src/studies/audit/reviews.js";
import { describeChromium, launchChromium } from "../chromium.js";
import { BUILT } from "../cli/built.js";
import { run as command } from "../command.js";
import { colourNet, SIDE, workshop } from "./live/made.js";

const { at, writeSquares, describedRun } = workshop();
const PAGES = join(BUILT, "web");
const site = (...names: string[]) => at("site", ...names);
const json = (...names: string[]) => JSON.parse(readFileSync(site(...names), "utf8"));

beforeAll(async () => {
  await writeSquares(30);
  for (const name of ["one", "two"]) await (await describedRun(name, colourNet({ softmax: name === "two" }))).close();
  mkdirSync(at("one", "analysis"));
  const drawing = (inside: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${inside}</svg>`;
  writeFileSync(at("one", "analysis", "good.svg"), drawing(`<rect width="9" height="9"/>`));
  writeFileSync(at("one", "analysis", "bad.svg"), drawing(`<script>alert(1)</script>`));
  writeFileSync(at("one", "analysis", "far.svg"), drawing(`<image href="http://evil.example/x.png"/>`));
  const claim = { layer: "colours", unit: 0, description: "thing 0 of colours" };
  await addReviews(at("one"), [
    { ...claim, verdict: "no", note: "no thing", reviewer: "ada", date: "2026-01-01T12:00:00.000Z" },
  ]);
  await exportSite([at("one"), at("two")], site(), { pages: PAGES });
});

test("answers lie where the contract says, and are those of the server", async () => {
  expect(Site.parse(json("site.json"))).toMatchObject({ static: true, strip: 6 });
  const explorer = await openExplorer([at("one"), at("two")]);
  const app = await explorerApp(explorer, { host: "127.0.0.1" });
  const ask = async (path: string) => {
    const response = await app.request(`http://127.0.0.1/api/${path}`, { headers: { host: "127.0.0.1" } });
    expect(response.status).toBe(200);
    return response;
  };
  // biome-ignore lint/suspicious/noExplicitAny: checked against schemas where it matters
  const answer = async (path: string): Promise<any> => (await ask(path)).json();
  const bytes = async (path: string) => Buffer.from(await (await ask(path)).arrayBuffer());

  const runs = json("api", "runs.json").map((one: unknown) => Run.parse(one)) as (typeof Run)["_output"][];
  expect(runs.map(({ id }) => id)).toEqual(["one", "two"]);
  expect(runs[0].cannot).toMatchObject({ pictures: null, relevel: runs[0].cannot.probe });
  expect(runs[0].cannot.ablate).toMatch(/without its server.*milan serve/);

  const { units } = SiteUnits.parse(json("api/runs/one/units.json"));
  const list = (await answer("runs/one/units?limit=500")).units;
  expect(units.map(({ speech, cluster, ...line }) => line)).toEqual(list);
  const nouns = (await answer("runs/one/units?limit=500&speech=noun")).units.length;
  expect(nouns).toBeGreaterThan(0);
  expect(units.filter(({ speech }) => speech.includes("noun"))).toHaveLength(nouns);
  for (const { cluster, units: size } of await answer("runs/one/clusters"))
    expect(units.filter((unit) => unit.cluster === cluster)).toHaveLength(size);

  const { unit, neighbours } = SiteUnit.parse(json("api/runs/two/units/1/2.json"));
  const page = UnitPage.parse(await answer("runs/two/units/1/2"));
  expect(unit).toEqual({ ...page, previous: null, next: null });
  expect(neighbours).toEqual(await answer("runs/two/units/1/2/neighbours"));
  expect(readFileSync(site("api/runs/two/units/1/2.masks.png"))).toEqual(await bytes("runs/two/units/1/2/masks"));
  for (const { image } of unit.exemplars) {
    expect(readFileSync(site(`api/runs/two/images/${image}.webp`))).toEqual(await bytes(`runs/two/images/${image}`));
  }
  expect(existsSync(site("api/runs/one/units/0/0.strip.webp"))).toBe(true);
  expect(Comparison.parse(json("api/compare/two/one.json"))).toEqual(await answer("compare?a=two&b=one"));
  await explorer.close();
});

test("drawings that are programs, or fetch from elsewhere, are left out", () => {
  const { figures } = Dashboard.parse(json("api/runs/one/dashboard.json"));
  expect(figures.map(({ title }) => title)).toEqual(["analysis: good"]);
  expect(readdirSync(site("api/runs/one/figures"))).toEqual([`${figures[0].id}.svg`]);
});

test("nothing tells where the runs lay on this machine", () => {
  const folder = at().slice(tmpdir().length + 1);
  const files = (readdirSync(site(), { recursive: true }) as string[]).filter((file) => /\.(json|html|js)$/.test(file));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect(readFileSync(site(file), "utf8"), file).not.toContain(folder);
});

test("whole or not at all: an export that fails leaves nothing, and what stood there before stays", async () => {
  mkdirSync(at("kept"));
  writeFileSync(at("kept", "mine.txt"), "mine");
  const args = ["export", at("one"), "--format", "site", "--out"];
  await expect(command(registerExport, [...args, at("kept")])).rejects.toThrow(/the folder is not empty/);
  const before = readdirSync(at()).sort();
  const [{ name }] = json("api/runs/one/units/0/0.json").unit.exemplars;
  const whole = readFileSync(at("squares", name));
  writeFileSync(at("squares", name), Buffer.alloc(whole.length)); // of the same size: noticed when it is read
  await expect(exportSite([at("one")], at("failed"), { pages: PAGES })).rejects.toThrow(name);
  writeFileSync(at("squares", name), whole);
  expect(readdirSync(at()).sort()).toEqual(before);
  await expect(exportSite([at("one")], at("unbuilt"), { pages: at("kept") })).rejects.toThrow(/npm run build/);
  await expect(
    command(registerExport, ["export", at("one"), at("two"), "--format", "html", "--out", at("page.html")]),
  ).rejects.toThrow(/takes one run/);
  expect(readdirSync(at()).sort()).toEqual(before);
});

test("what a killed export left is cleared away by the next, an export under way is not", async () => {
  const ofProcess = (pid: number) => temporaryName(at("some", "again"), { pid, host: hostname(), began: "" });
  const [dead, alive] = [ofProcess(4194304), ofProcess(process.ppid)];
  for (const folder of [dead, alive]) mkdirSync(folder, { recursive: true });
  await exportSite([at("one")], at("some", "again"), { pages: PAGES });
  expect([dead, alive, at("some", "again")].map((path) => existsSync(path))).toEqual([false, true, true]);
});

const TYPES: Record<string, string> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" },
  ...{ ".png": "image/png", ".webp": "image/webp", ".svg": "image/svg+xml" },
};

describeChromium("the page of a site", () => {
  let browser: Browser;
  let files: Server;
  const problems: string[] = [];
  beforeAll(async () => {
    // any server of files; below a folder, as sites are
    files = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url!, "http://site").pathname).replace(/^\/some\/where\//, "");
      const file = site(path === "" ? "index.html" : path);
      if (!existsSync(file)) response.writeHead(404).end();
      else response.writeHead(200, { "Content-Type": TYPES[extname(file)] }).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    files?.close();
  });

  async function opened(hash: string) {
    const page = await browser.newPage();
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (said) => said.type() === "error" && problems.push(said.text()));
    await page.goto(`http://127.0.0.1:${(files.address() as AddressInfo).port}/some/where/${hash}`);
    return page;
  }

  test("units are listed, searched and filtered without a server; a unit shows its evidence; nothing fails", async () => {
    const page = await opened("");
    await page.getByText("12 units").waitFor();
    await page.getByRole("searchbox").fill("mixed 3");
    await page.getByText("1 of 12 units").waitFor();
    await page.getByText("Thing 3 of mixed").first().click();
    await page.getByRole("heading", { name: /thing 3 of mixed/i, level: 1 }).waitFor();
    const loaded = () =>
      page.evaluate<boolean>("document.images.length > 0 && [...document.images].every((one) => one.complete)");
    await expect.poll(loaded, { timeout: 20_000 }).toBe(true);
    const widths = await page.evaluate<number[]>("[...document.images].map(({ naturalWidth }) => naturalWidth)");
    expect(widths.every((width) => width > 0)).toBe(true);
    expect(await page.getByText("without its server").count()).toBeGreaterThan(0);
    for (const way of ["Drop in a picture", "Switch off"]) {
      await page.getByRole("link", { name: way, exact: true }).click();
      await page.getByText("This is a copy without its server").waitFor();
      expect(await page.locator("main button, main input").count()).toBe(0);
    }
    await page.close();
    const other = await opened("#/two/unit/0/1");
    await other.getByRole("heading", { name: /thing 1 of colours/i, level: 1 }).waitFor();
    await other.close();
    expect(problems).toEqual([]);
  });

  test("runs are compared and shown at a glance; verdicts are shown, and none are taken", async () => {
    const page = await opened("#/one/compare?q=mixed");
    await page
      .getByRole("row", { name: /^colours/ })
      .getByText("100 %")
      .waitFor();
    await page.getByRole("list", { name: "Units of two" }).getByRole("link").nth(4).waitFor();
    await page.close();
    const dashboard = await opened("#/one/dashboard");
    await dashboard
      .getByRole("link", { name: /^does not fit/ })
      .getByText("1", { exact: true })
      .waitFor();
    const figure = dashboard.getByRole("img", { name: "analysis: good" });
    await figure.scrollIntoViewIfNeeded();
    const width = () => figure.evaluate((image) => (image as { naturalWidth?: number }).naturalWidth);
    await expect.poll(width).toBe(9);
    await dashboard.close();
    const unit = await opened("#/one/unit/0/0");
    await unit.getByText("no thing").waitFor();
    expect(await unit.getByRole("button", { name: /fits/ }).count()).toBe(0);
    await unit.close();
    expect(problems).toEqual([]);
  });

  test("opened from disk it says that it needs a web server, and names some", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(pathToFileURL(site("index.html")).href);
    await page.getByText("this site needs a web server").waitFor();
    expect(await page.textContent("body")).toMatch(/python3 -m http\.server.*milan export RUN --format html/s);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    await page.close();
  });

  test("pictures are the size that the network saw", async () => {
    const page = await opened(
      `api/runs/one/images/${json("api/runs/one/units/0/0.json").unit.exemplars[0].image}.webp`,
    );
    const size = await page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]");
    expect(size).toEqual([SIDE, SIDE]);
    await page.close();
  });
});
