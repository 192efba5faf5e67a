/** Describing on the command line with a checkpoint of the reference: the same words by every way that leads to them. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { beforeAll, expect, test } from "vitest";
import { describeShared, shared } from "../shared.js";
import { expectDone, expectRefusal, MAIN, milan, milanProcess, NORMALISED, workshop } from "./milan.js";

const { at, prepare } = workshop();
const checkpoint = shared("golden/checkpoint/milan-resnet18.pth.gz");
const table = (path: string) => readFileSync(at(path), "utf8");

describeShared("describing with a checkpoint of the reference", () => {
  beforeAll(async () => {
    await prepare();
    const options = ["--layers", "colours,edges,summary", "--units", "summary:0-1", "--k", "5", ...NORMALISED];
    expectDone(await milan("dissect", at("net.onnx"), "--images", at("pictures"), "--out", at("run"), ...options));
    expectDone(milanProcess(["describe", at("run"), "--describer", checkpoint]));
  });

  test("every unit has a row: a description with its scores, or a reason why not", () => {
    const rows = parse(table("run/descriptions.csv"), { columns: true }) as Record<string, string>[];
    expect(rows.map(({ layer, unit }) => `${layer} ${unit}`)).toEqual([
      ...Array.from({ length: 6 }, (_, unit) => `colours ${unit}`),
      ...Array.from({ length: 4 }, (_, unit) => `edges ${unit}`),
      ...["summary 0", "summary 1"],
    ]);
    for (const row of rows) {
      if (row.layer === "summary") {
        // forty values a unit: the 0.99 quantile is the largest, and nothing exceeds it
        expect(row).toMatchObject({ description: "", pmi: "", doubts: "no-exemplars" });
        continue;
      }
      expect(row.description).toMatch(/^\w/);
      expect(Number(row.pmi)).toBeCloseTo(Number(row.logp) - 0.2 * Number(row.logp_lm), 3);
      expect(Number(row.confidence)).toBeGreaterThan(0);
      expect(Number(row.confidence)).toBeLessThanOrEqual(1);
    }
    const [header, ...lines] = table("run/descriptions.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(header).toMatchObject({ describer: checkpoint, search: "rerank", lambda: 0.2, beam: 50, length: 15 });
    expect(lines).toHaveLength(12);
    expect(lines[0].beam).toHaveLength(50);
    expect(lines[0].attention[0]).toHaveLength(5);
  });

  test("from the published exemplars, and with the converted describer: the same table", async () => {
    expectDone(await milan("convert", checkpoint, at("describer")));
    expectDone(await milan("describe", at("run"), "--describer", at("describer"), "--out", at("converted.csv")));
    expect(table("converted.csv")).toBe(table("run/descriptions.csv"));

    expectDone(await milan("export", at("run"), "--format", "milannotations", "--out", at("published")));
    expect(table("published/annotations.csv").split("\n")[0]).toBe("layer,unit,summary");
    const again = await milan("describe", at("published"), "--describer", at("describer"), "--json");
    expectDone(again);
    expect(JSON.parse(again.stdout)).toMatchObject({ units: 12, undescribed: 2 });
    expect(table("published/descriptions.csv")).toBe(table("run/descriptions.csv"));
  });

  test("options reach the search", async () => {
    const describe = async (out: string, ...more: string[]) =>
      expectDone(
        await milan("describe", at("run"), "--describer", checkpoint, "--out", at(out), "--layers", "edges", ...more),
      );
    await describe("greedy.csv", "--search", "greedy", "--length", "3");
    const header = JSON.parse(table("greedy.jsonl").split("\n")[0]);
    expect(header).toMatchObject({ search: "greedy", length: 3, compat: null });
    const rows = parse(table("greedy.csv"), { columns: true }) as Record<string, string>[];
    expect(rows.map(({ layer }) => layer)).toEqual(["edges", "edges", "edges", "edges"]);
    for (const { description } of rows) expect(description.split(/\s+/).length).toBeLessThanOrEqual(3);
  });

  test("show: all, one unit with its evidence, only some words, JSON", async () => {
    const all = await milan("show", at("run"));
    expectDone(all);
    expect(all.stdout.trim().split("\n")).toHaveLength(13);
    expect(all.stdout).toMatch(/summary +0 +- +- +\(cannot tell\) {2}\[no-exemplars\]/);
    const one = (await milan("show", at("run"), "--layer", "edges", "--unit", "1")).stdout;
    expect(one).toMatch(/^edges unit 1: \w+[\s\S]*log p\(d\|E\) -\d[\s\S]*\nbeam\n[\s\S]*\nexemplars \(level \d/);
    expect(one.match(/\d{4}\.png/g)).toHaveLength(5);
    const items = JSON.parse((await milan("show", at("run"), "--json")).stdout);
    expect(items).toHaveLength(12);
    const word = items[6].description.split(" ")[0];
    const found = JSON.parse((await milan("show", at("run"), "--grep", word.toUpperCase(), "--json")).stdout);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(
      items.filter((item: { description: string }) => new RegExp(word, "i").test(item.description)),
    );
    expect((await milan("show", at("run"), "--grep", "xyzzy(")).stderr).toBe("0 of 12 units\n");
    expect(
      JSON.parse((await milan("show", at("run"), "--doubtful", "--layer", "summary", "--json")).stdout),
    ).toHaveLength(2);
    expectRefusal(await milan("show", at("run"), "--layer", "edge"), /no such layer; nearest are edges/);
  });

  test("a reader that closes the pipe ends it without a word", () => {
    const script = `set -o pipefail; "${process.execPath}" "${MAIN}" show "${at("run")}" --json | head -n 1`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "[\n", stderr: "" });
  });

  test("the page holds the descriptions", async () => {
    expectDone(await milan("export", at("run"), "--format", "html", "--out", at("page.html")));
    const items = JSON.parse((await milan("show", at("run"), "--json", "--layer", "edges")).stdout);
    for (const { description } of items) expect(table("page.html")).toContain(description);
  });

  test("a refused describer leaves the descriptions of before", async () => {
    const before = table("run/descriptions.csv");
    writeFileSync(at("cut.pth.gz"), readFileSync(checkpoint).subarray(0, 100_000));
    expectRefusal(await milan("describe", at("run"), "--describer", at("cut.pth.gz")), /reading .*cut\.pth\.gz: /);
    expectRefusal(
      await milan("describe", at("run"), "--describer", checkpoint, "--out", at("pictures")),
      /it is a folder/,
    );
    expect(table("run/descriptions.csv")).toBe(before);
  });
});
