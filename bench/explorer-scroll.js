/**
 * Scrolling through a run's units in Chromium: frames a second of the grid over 10,000 units, against an empty page of the same height that is
 * scrolled in the same way in the same browser, in turns, so that a busy machine slows both. And how long the page's own thread works for a frame
 * (its processor time, whatever else runs): below 16.7 ms it keeps up with 60 frames a second. Run `npm run build` first, then
 *
 *     node bench/explorer-scroll.js [units, default 10000]
 *
 * The run is made for it: a random layer of so many units over 24 pictures. Chromium is /usr/bin/chromium, or where CHROMIUM says.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { Random } from "../dist/base/random.js";
import { GraphBuilder } from "../dist/engine/onnx/build.js";
import { writeModel } from "../dist/engine/onnx/model.js";
import { ndarray } from "../dist/engine/tensor/ndarray.js";
import { dissect } from "../dist/exemplars/dissect.js";
import { imageFolder } from "../dist/exemplars/probe.js";
import { openModel } from "../dist/exemplars/subject.js";
import { serveExplorer } from "../dist/explorer/server.js";
import { writeDescriptions } from "../dist/run/descriptions.js";

const SIDE = 32;
const FRAMES = 240;
const TURNS = 3;
/** Pixels a frame: a turned wheel, a flung page, a dragged scroll bar. */
const SPEEDS = [30, 200, 3000];
const units = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), "milan-bench-"));
const random = new Random(1);
let browser;
let listening;
try {
  await makeRun();
  listening = await serveExplorer([join(folder, "run")], { host: "127.0.0.1", port: 0 });
  const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"];
  browser = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--no-first-run", ...quiet.map((name) => `--disable-${name}`)],
    viewport: { width: 1280, height: 800 },
  });
  const grid = await opened(listening.url, "a.card img");
  const empty = await opened("about:blank", "body");
  const height = await grid.page.evaluate("document.documentElement.scrollHeight");
  await empty.page.evaluate(`document.body.style.height = "${height}px"`);
  console.log(`${units} units, ${FRAMES} frames a measurement, ${TURNS} in turns`);
  for (const speed of SPEEDS) await measure(speed, grid, empty);
} finally {
  await browser?.close();
  await listening?.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(speed, grid, empty) {
  const all = { grid: [], empty: [] };
  for (let turn = 0; turn < TURNS; turn++) {
    all.grid.push(await scrolled(grid, speed));
    all.empty.push(await scrolled(empty, speed));
  }
  const mean = (name, value) => all[name].reduce((sum, each) => sum + each[value], 0) / TURNS;
  const [own, bare] = [mean("grid", "perSecond"), mean("empty", "perSecond")];
  const busy = mean("grid", "busyMs");
  console.log(
    `${String(speed).padStart(5)} pixels a frame: ${own.toFixed(1)} frames a second, ${bare.toFixed(1)} of an empty page: ` +
      `ratio ${(own / bare).toFixed(2)}; ${busy.toFixed(2)} ms of the page's thread a frame (${(busy / 16.7).toFixed(2)} of what there is)`,
  );
}

async function opened(url, selector) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.locator(selector).first().waitFor();
  const session = await browser.newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return { page, session };
}

/** Scrolls for so many frames, down and up again at the ends. */
async function scrolled({ page, session }, speed) {
  await page.bringToFront();
  await page.evaluate("scrollTo(0, 0)");
  await page.waitForTimeout(300);
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  const before = await busy();
  const tookMs = await page.evaluate(`new Promise((resolve) => {
    let [left, by] = [${FRAMES}, ${speed}];
    const start = performance.now();
    const frame = () => {
      const at = scrollY;
      scrollBy(0, by);
      if (scrollY === at) by = -by;
      if (--left > 0) requestAnimationFrame(frame);
      else resolve(performance.now() - start);
    };
    requestAnimationFrame(frame);
  })`);
  return { perSecond: (FRAMES * 1000) / tookMs, busyMs: ((await busy()) - before) / FRAMES };
}

/** One layer of random colours, described with few words. */
async function makeRun() {
  mkdirSync(join(folder, "pictures"));
  for (let i = 0; i < 24; i++) {
    const pixels = Buffer.from(Uint8Array.from({ length: 3 * SIDE * SIDE }, () => random.integer(256)));
    const picture = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
    await picture.png().toFile(join(folder, "pictures", `${i}.png`));
  }
  const g = new GraphBuilder("wide");
  const weights = Float32Array.from({ length: 3 * units }, () => random.normal());
  const image = g.input("image", "float32", ["n", 3, SIDE, SIDE]);
  const kernel = g.constant(ndarray("float32", [units, 3, 1, 1], weights));
  const options = { kernel_shape: [1, 1], strides: [8, 8] };
  g.output(g.node("Relu", [g.node("Conv", [image, kernel], options)], {}, ["wide"]), "wide", "float32", [
    ...["n", units, SIDE / 8, SIDE / 8],
  ]);
  const path = join(folder, "wide.onnx");
  await writeModel(g.build(), path);
  const probe = imageFolder(join(folder, "pictures"), { mean: [0], std: [1] });
  const run = await dissect(await openModel(path), probe, {
    ...{ out: join(folder, "run"), k: 6, quantile: 0.9, layers: ["wide"] },
  });
  const words = ["red", "birds", "water", "boats", "striped", "textures", "dogs", "on", "grass", "edges"];
  const lines = run.layers[0].unitNumbers.map((unit) => {
    const description = Array.from({ length: 2 + random.integer(6) }, () => words[random.integer(10)]).join(" ");
    const scores = { logp: -4, logpLm: -12, pmi: -1.6 };
    const doubts = unit % 5 === 0 ? ["scattered"] : [];
    return {
      layer: "wide",
      unit,
      description,
      ...scores,
      confidence: random.uniform(),
      doubts,
      beam: [],
      attention: [],
    };
  });
  const header = { milan: "0.0.0", describer: "some", describerSha256: null, search: "rerank", lambda: 0.2 };
  await writeDescriptions(
    join(folder, "run", "descriptions.csv"),
    { ...header, beam: 50, length: 15, compat: null, clip: null },
    lines,
  );
}
