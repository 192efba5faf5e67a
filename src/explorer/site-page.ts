/** The page of a site: the built one, told that it is, and what stands there when somebody opens it without a web server. */

/** Nothing of other places: a site's pictures and answers lie beside it. */
const POLICY = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none'";

/**
 * Browsers run no modules and read no answers from files that are opened from disk. This is no module, and says so: a page that stays empty
 * would leave people guessing.
 */
export const FROM_DISK = {
  name: "from-disk.js",
  program: `if (location.protocol === "file:") {
  const lines = [
    "Browsers do not let a page read its files from disk: this site needs a web server.",
    "Any will do, in the folder of this file. Then open the address that it names:",
    "    python3 -m http.server 8000",
    "    php -S localhost:8000",
    "    ruby -run -e httpd . -p 8000",
    "    busybox httpd -f -p 8000",
    "A page that opens from disk, with less on it: milan export RUN --format html --out page.html",
  ];
  const text = document.createElement("pre");
  text.textContent = lines.join("\\n");
  text.style.cssText = "margin: 2em auto; padding: 0 1em; max-width: 60em; font: 15px/1.6 ui-monospace, monospace; white-space: pre-wrap";
  addEventListener("DOMContentLoaded", () => document.body.replaceChildren(text));
}
`,
};

/** @param html the built page of the explorer. */
export function pageOfSite(html: string): string {
  const lines = [
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}" />`,
    `<meta name="milan-site" content="site.json" />`,
    `<script src="./${FROM_DISK.name}"></script>`,
  ];
  // before anything that loads
  return html.replace(/<meta charset="utf-8" \/>/, (first) => [first, ...lines].join("\n    "));
}
