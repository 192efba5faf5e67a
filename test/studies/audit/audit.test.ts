/** Audits: what is found, who has looked at it, and whether a rule holds. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { registerAudit } from "../../../src/cli/audit.js";
import { auditRun, comparisons } from "../../../src/studies/audit/audit.js";
import { matches, reasonOf, type Wanted } from "../../../src/studies/audit/match.js";
import { openMeanings } from "../../../src/studies/audit/meaning.js";
import { readPolicy, ruleOf } from "../../../src/studies/audit/policy.js";
import { junitOf, sarifOf } from "../../../src/studies/audit/report.js";
import { addReviews, readReviews, verdictOn } from "../../../src/studies/audit/reviews.js";
import { run } from "../../command.js";

const folder = mkdtempSync(join(tmpdir(), "milan-audit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

const SAID = [
  "Human faces",
  "dogs",
  "the face of a clock",
  "Eyebrows & noses",
  "",
  'red "surfaces" <b> x',
  "facets of gems",
];

function writeRun(name: string, said: readonly string[] = SAID) {
  mkdirSync(at(name), { recursive: true });
  const rows = said.map((text, unit) => `conv1,${unit},"${text.replaceAll('"', '""')}",${unit === 2 ? "vague" : ""}`);
  writeFileSync(at(name, "descriptions.csv"), ["layer,unit,description,doubts", ...rows, ""].join("\n"));
  rmSync(at(name, "audit.csv"), { force: true });
}
beforeAll(() => writeRun("other", ["dogs", "cats", "a face", "trees", "trees", "grass", "sky", "sky", "sea", "sand"]));
beforeEach(() => writeRun("run"));

const audit = (...args: string[]) => run(registerAudit, ["audit", ...args]);
const exit = async (...args: string[]) => {
  const before = process.exitCode;
  process.exitCode = 0;
  const text = await audit(...args);
  const code = process.exitCode;
  process.exitCode = before;
  return { text, code };
};

test("words in any number, phrases, beginnings; not parts of other words", () => {
  const found = (text: string, ...words: string[]) => matches(text, { words }).map(({ said }) => said);
  expect(found("Human faces", "face")).toEqual(["faces"]);
  expect(found("a face", "faces")).toEqual(["face"]);
  expect(found("red surfaces and facets", "face")).toEqual([]);
  expect(found("Traffic lights at night", "traffic light")).toEqual(["traffic lights"]);
  expect(found("lights in traffic", "traffic light")).toEqual([]);
  expect(found("Eyebrows and eyes", "eye*")).toEqual(["eyebrows", "eyes"]);
  expect(found("two women, men and children", "woman", "man")).toEqual(["women", "men"]);
});

test("near words by their vectors", () => {
  const vectors = new Map([
    ["face", Float32Array.of(1, 0)],
    ["snouts", Float32Array.of(0.9, 0.1)],
    ["trees", Float32Array.of(0, 1)],
  ]);
  const near = { least: 0.8, vectors };
  expect(matches("snouts beside trees", { words: ["face"], near })).toEqual([
    { said: "snouts", wanted: "face", by: "near" },
  ]);
  expect(matches("snouts beside trees", { words: ["nose"], near })).toEqual([]);
});

test("synonyms and kinds, by their frequent meanings, with why", async () => {
  const wanted = { words: ["car"], synonyms: true, kinds: ["animal", "people"] };
  const meanings = await openMeanings("testing", [wanted]);
  const found = (text: string, more: Partial<Wanted> = {}) =>
    matches(text, { ...wanted, ...more }, meanings).map(reasonOf);
  expect(found("Cars, automobiles and autos")).toEqual([
    "cars",
    "automobiles: synonym of car",
    "autos: synonym of car",
  ]);
  expect(found("Dogs and birds beside an elephant's trunk")).toEqual([
    "dogs: kind of animal",
    "birds: kind of animal",
    "elephant: kind of animal",
  ]);
  expect(found("Animals")).toEqual(["animals"]);
  expect(found("women, policemen, a child, a person")).toEqual([
    "women: kind of people",
    "policemen: kind of people",
    "child: kind of people",
    "person",
  ]);
  // a hot dog is no dog, a tree trunk speaks of a tree, and a machine is a car in no frequent meaning
  expect(found("Hot dogs and machines on orange areas")).toEqual([]);
  expect(found("tree trunks", { kinds: ["tree"] })).toEqual(["tree"]);
  expect(found("river banks and roads", { kinds: ["institution"] })).toEqual(["banks: kind of institution"]);
  expect(found("river banks and roads", { kinds: ["flight maneuver"] })).toEqual([]);
  expect(found("Clocks at the centre", { kinds: ["plant", "body part"] })).toEqual([]);
  expect(found("White and orange stripes", { kinds: ["food"] })).toEqual([]);
  expect(found("Traffic lights", { words: ["traffic signal"], kinds: [] })).toEqual([
    "traffic lights: synonym of traffic signal",
  ]);
  expect(await openMeanings("testing", [{ words: ["car"] }])).toBeUndefined();
  await expect(openMeanings("testing", [{ words: [], kinds: ["florble"] }])).rejects.toThrow(
    /testing: no kinds of "florble" are known; expected a common noun such as animal/,
  );
});

test("a rule fails on what stands, not on what was reviewed as wrong, until the description changes", async () => {
  const rules = [ruleOf(["face", "nose"], { max: 2 })];
  const before = (await auditRun(at("run"), rules)).results[0];
  expect(before.findings.map(({ unit }) => unit)).toEqual([0, 2, 3]);
  expect([before.standing, before.described, before.failed]).toEqual([3, 6, true]);
  const of = { layer: "conv1", unit: 2, description: "the face of a clock" };
  const told = { note: "a clock", reviewer: "ada", date: "2026-01-01T00:00:00.000Z" };
  await addReviews(at("run"), [{ ...of, ...told, verdict: "no" }]);
  const after = (await auditRun(at("run"), rules)).results[0];
  expect([after.findings.length, after.standing, after.failed]).toEqual([3, 2, false]);
  await addReviews(at("run"), [{ ...of, ...told, verdict: "unsure", reviewer: "bob" }]);
  expect(verdictOn(await readReviews(at("run")), of)).toMatchObject({ verdict: "unsure", reviewer: "bob" });
  expect((await auditRun(at("run"), rules)).results[0].standing).toBe(3);
  await addReviews(at("run"), [{ ...of, ...told, verdict: "no", description: "another text" }]);
  expect((await auditRun(at("run"), rules)).results[0].standing).toBe(3);
  const certain = (await auditRun(at("run"), [ruleOf(["face"], { certain: true })])).results[0];
  expect(certain.findings.map(({ unit }) => unit)).toEqual([0]);
});

test("two networks are told apart only where shares differ beyond chance", async () => {
  const many = Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? "faces" : "sky"));
  writeRun("many", many);
  writeRun(
    "few",
    many.map((text, i) => (i % 20 === 0 ? text : "sky")),
  );
  const audits = [];
  for (const name of ["many", "few", "run"]) audits.push(await auditRun(at(name), [ruleOf(["face"])]));
  const [wide, , small] = comparisons(audits);
  expect(wide).toMatchObject({ first: "many", second: "few" });
  expect(wide.difference).toBeCloseTo(0.2, 12);
  expect(wide.low).toBeGreaterThan(0.1);
  expect(wide.high).toBeLessThan(0.3);
  expect([small.low < 0, small.high > 0]).toEqual([true, true]);
});

test("reports are well-formed whatever descriptions hold", async () => {
  writeRun("run", [...SAID, "face \u0007 ]]> & <script>"]);
  const audits = [await auditRun(at("run"), [ruleOf(["face", "surface*"], { max: 0, name: 'no "faces" & <co>' })])];
  const xml = junitOf(audits);
  expect(xml).toContain('tests="1" failures="1"');
  expect(xml).toContain("&quot;surfaces&quot; &lt;b&gt;");
  expect(xml).toContain("no &quot;faces&quot; &amp; &lt;co&gt;");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none
  expect(xml).not.toMatch(/\u0007|<script|<b>/);
  const { runs, version } = JSON.parse(sarifOf(audits));
  expect(version).toBe("2.1.0");
  expect(runs[0].results).toHaveLength(4);
  expect(runs[0].results[0]).toMatchObject({ ruleId: "rule-1", level: "error" });
  expect(runs[0].results[0].locations[0].logicalLocations[0].fullyQualifiedName).toBe("run/conv1/0");
});

test("the command: gate, verdicts, tables, several runs", async () => {
  const failing = await exit(
    at("run"),
    "--words",
    "face",
    "--max",
    "1",
    "--junit",
    at("j.xml"),
    "--sarif",
    at("s.sarif"),
  );
  expect(failing.code).toBe(3);
  expect(failing.text).toContain("conv1:0  Human faces\n");
  expect(failing.text).toMatch(/run\s+face\s+2\s+0\s+6 \(33\.3 %\)\s+1\s+FAILED/);
  expect(readFileSync(at("j.xml"), "utf8")).toContain("2 units, 1 allowed");
  const verdict = ["--verdict", "conv1:2=no", "--note", "a clock", "--reviewer", "ada"];
  const passing = await exit(at("run"), "--words", "face", "--max", "1", ...verdict, "--out", at("found.csv"));
  expect(passing.code).toBe(0);
  expect(passing.text).toContain("conv1:2  the face of a clock  (vague)  [no by ada: a clock]");
  const rows = parse(readFileSync(at("found.csv"), "utf8"), { columns: true }) as Record<string, string>[];
  expect(rows[1]).toMatchObject({ run: "run", unit: "2", words: "face", verdict: "no", reviewer: "ada" });
  expect(rows[1].date).toMatch(/^\d{4}-\d\d-\d\dT/);
  const { text } = await exit(at("run"), at("other"), "--words", "face");
  expect(text).toMatch(/face\s+run\s+other\s+\+6\.7 \[/);
  expect(JSON.parse((await exit(at("run"), "--words", "dog", "--json")).text).audits[0].results[0].standing).toBe(1);
});

test("the command by meaning: what matched is shown with why, in rules too; near words by the describer's own vectors", async () => {
  const { text } = await exit(
    at("run"),
    "--words",
    "human face",
    "--synonyms",
    "--kind",
    "animal",
    "--out",
    at("why.csv"),
  );
  expect(text).toContain("conv1:0  Human faces\n");
  expect(text).toContain("conv1:2  the face of a clock  (vague)  {face: synonym of human face}\n");
  expect(text).toContain("conv1:1  dogs  {dogs: kind of animal}\n");
  expect(text).toMatch(/run\s+human face, kinds of animal\s+3\s/);
  const rows = parse(readFileSync(at("why.csv"), "utf8"), { columns: true }) as Record<string, string>[];
  expect(rows[1]).toMatchObject({ words: "dogs", why: "dogs: kind of animal" });
  writeFileSync(
    at("kinds.json"),
    '{"rules": [{"kinds": ["Animal"], "max": 0}, {"words": ["human face"], "synonyms": true}]}',
  );
  const held = await exit(at("run"), "--policy", at("kinds.json"), "--sarif", at("k.sarif"));
  expect(held.code).toBe(3);
  expect(held.text).toMatch(/run\s+kinds of animal\s+\d\s/);
  expect(readFileSync(at("k.sarif"), "utf8")).toContain("units described by: kinds of animal");
  const near = await exit(at("other"), "--words", "tree", "--near", "0.999");
  expect(near.text).toMatch(/conv1:3 {2}trees\n/);
});

test("policies; what is wrong is refused in one line", async () => {
  writeFileSync(
    at("policy.json"),
    '{"rules": [{"name": "a", "words": ["Face"], "max": 5}, {"words": ["dog"], "certain": true}]}',
  );
  expect(await readPolicy(at("policy.json"))).toMatchObject([
    { name: "a", words: ["face"], max: 5 },
    { name: "dog", certain: true },
  ]);
  expect((await exit(at("run"), "--policy", at("policy.json"))).text).toMatch(/run\s+dog\s+1\s+0/);
  const refusal = async (...args: string[]) => {
    const error = await audit(...args).then(
      () => new Error("done"),
      (thrown: Error) => thrown,
    );
    expect(error.message).not.toContain("\n");
    return error.message;
  };
  const policy = async (text: string) => {
    writeFileSync(at("bad.json"), text);
    return refusal(at("run"), "--policy", at("bad.json"));
  };
  expect(await policy("{")).toMatch(/bad\.json: .*expected JSON with a list of "rules"/);
  expect(await policy('{"rules": []}')).toMatch(/no rules; expected/);
  expect(await policy('{"rules": [{"words": ["a"], "maximum": 1}]}')).toMatch(/rule 1: unknown property "maximum"/);
  expect(await policy('{"rules": [{"words": ["a"]}, {"words": ["b"], "max": -1}]}')).toMatch(
    /rule 2: max -1; expected a whole/,
  );
  expect(await refusal(at("run"), "--policy", at("policy.json"), "--max", "1")).toMatch(/expected them in its rules/);
  expect(await refusal(at("run"))).toMatch(/expected --words or --kind, or else --policy/);
  expect(await refusal(at("run"), at("other"), "--words", "a", "--verdict", "conv1:0=no")).toMatch(
    /2 runs; expected one/,
  );
  expect(await refusal(at("run"), "--words", "a", "--verdict", "conv1:99=no")).toMatch(
    /unit 99 of conv1 has no description/,
  );
  expect(await refusal(at("run"), "--kind", "dog", "--synonyms")).toMatch(/--synonyms without --words; expected words/);
  expect(await refusal(at("run"), "--policy", at("policy.json"), "--synonyms")).toMatch(/expected them in its rules/);
  expect(await refusal(at("run"), "--kind", "florble")).toMatch(/no kinds of "florble" are known/);
  expect(await policy('{"rules": [{"kinds": []}]}')).toMatch(/rule 1: no words; expected a list .* or kinds/);
  expect(await policy('{"rules": [{"words": ["a"], "synonyms": 1}]}')).toMatch(/synonyms is no truth value/);
  mkdirSync(at("empty"), { recursive: true });
  expect(await refusal(at("empty"), "--words", "a")).toMatch(/it has no descriptions; expected some/);
  writeFileSync(at("run", "audit.csv"), "layer,unit\nconv1,0\n");
  expect(await refusal(at("run"), "--words", "face")).toMatch(/audit\.csv: row 2 lacks columns/);
});
