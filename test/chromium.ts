/** A real browser for tests of pages: Chromium at /usr/bin/chromium or where CHROMIUM says. Without one such tests are skipped, except in CI. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { describe } from "vitest";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** `describe` for tests in a browser: skipped, with a line that says why, when there is none. */
export function describeChromium(title: string, body: () => void): void {
  if (existsSync(executablePath) || process.env.CI === "1") describe(title, body);
  else describe.skip(`${title} (skipped: no browser at ${executablePath}; set CHROMIUM)`, body);
}

export interface Chromium {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

type Options = Parameters<typeof chromium.launchPersistentContext>[1];

const quiet = ["gpu", "quic", "background-networking", "component-update", "sync"];
const args = ["--no-sandbox", "--no-first-run", ...quiet.map((name) => `--disable-${name}`)];

/** A browser for visitors who have nothing in common. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath, args });

/** One browser with a folder of its own for a file of tests. */
export async function openChromium(options: Options = {}): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "milan-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args,
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A page of it, and what goes wrong on it: errors of scripts, and what the security policy refuses. */
export async function openPage({ context }: Chromium): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, faults };
}

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What is not accessible by WCAG 2.2 AA on the page as it stands, as one line each. */
export async function barriers(page: Page): Promise<string[]> {
  // through the debugger's door: the page's own policy lets no script in
  await page.evaluate(readFileSync(axe, "utf8"));
  return page.evaluate(async () => {
    interface Found {
      violations: { id: string; nodes: { target: string[]; failureSummary?: string }[] }[];
    }
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<Found> } };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run({ runOnly: tags });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
    );
  });
}
