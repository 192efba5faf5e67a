/**
 * The page's own files (`page/`) made into one: style and program go inside, and a content security policy allows these two
 * and nothing else, by their hashes. The files are read when a page is made, so they may be edited without a build.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { readWhole } from "../base/files.js";

const STYLES = ["page", "list", "unit"];
/** The modules of the program; each imports only from those before it. */
const MODULES = ["dom", "data", "words", "search", "draw", "list", "candidates", "unit", "main"];

/** What comes before the data on the page, and what after it. */
export async function pageAround(title: string): Promise<{ before: string; after: string }> {
  const html = await read("page.html");
  const style = (await Promise.all(STYLES.map((name) => read(`${name}.css`)))).join("\n");
  const program = joinModules(await Promise.all(MODULES.map((name) => read(`${name}.js`))));
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(program)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ];
  const replacements: [string, string][] = [
    ["default-src 'self'", policy.join("; ")],
    ["<title>Milan</title>", `<title>${escapeHtml(title)}</title>`],
    [STYLES.map((name) => `<link rel="stylesheet" href="${name}.css">\n`).join(""), `<style>${style}</style>\n`],
    ['<script type="module" src="main.js"></script>', `<script type="module">${program}</script>`],
  ];
  const [before, after] = replacements
    .reduce((text, [from, to]) => text.replace(from, () => to), html)
    .split("<!-- data -->");
  return { before, after };
}

/** Data for the page to read as text, one line an item. @param lines without `<`, line ends and trailing space. */
export async function* dataBlock(id: string, lines: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  yield `<script type="text/plain" id="${id}">\n`;
  for await (const line of lines) yield `${line}\n`;
  yield "</script>\n";
}

/** JSON in which nothing can be taken for markup. */
export const inertJson = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

/** Several modules as one: they share a scope, so nothing need be imported or exported. No name is used twice. */
function joinModules(modules: readonly string[]): string {
  return modules.map((text) => text.replace(/^import [^;]*;\n/gm, "").replace(/^export /gm, "")).join("\n");
}

const read = async (name: string): Promise<string> => {
  const bytes = await readWhole("reading", fileURLToPath(new URL(`page/${name}`, import.meta.url)));
  return bytes.toString("utf8");
};

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
