// Gathers the art of the made world into src/data/world/art.json.gz: the drawings that src/data/world/catalogue.ts and people.ts name, in five
// styles, and the outlines of letters in a dozen typefaces. Run it after `npm run build`, with these packages installed (not as dependencies):
//
//   npm install --no-save @iconify-json/noto@1.2.9 @iconify-json/twemoji@1.2.5 @iconify-json/fluent-emoji-flat@1.2.6 \
//     @iconify-json/emojione@1.2.3 @iconify-json/fxemoji@1.2.2 opentype.js@2.0.0 and each @fontsource/NAME@5.3.0 of TYPEFACES
//   node scripts/gather-art.js [FOLDER with node_modules]
//
// Licences and authors: src/data/world/licences/README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { NOUNS } from "../dist/data/world/catalogue.js";
import { ACTORS, PEOPLE, TONES } from "../dist/data/world/people.js";

const root = resolve(process.argv[2] ?? ".");
const require = createRequire(join(root, "package.json"));
const { parse } = require("opentype.js");

const STYLES = ["noto", "twemoji", "fluent-emoji-flat", "emojione", "fxemoji"];

/** fxemoji has names of its own, mostly those of the others without hyphens; these are the exceptions. */
const FXEMOJI = {
  dog: "dogside",
  "dog-face": "dog",
  cat: "catside",
  "cat-face": "cat",
  "rabbit-face": "bunny",
  rabbit: "bunnyside",
  ewe: "sheep",
  "pig-face": "pig",
  pig: "pigside",
  tiger: "tigerside",
  "tiger-face": "tiger",
  mouse: "mouseside",
  "mouse-face": "mouse",
  panda: "pandaface",
  camel: "dromedarycamel",
  "two-hump-camel": "bactriancamel",
  "lady-beetle": "ladybeetle",
  "spouting-whale": "spurtingwhale",
  dove: "doveofpeace",
  house: "housebuilding",
  "t-shirt": "mansshirt",
  "high-heeled-shoe": "heels",
  "evergreen-tree": "evergreen",
  "mantelpiece-clock": "manltepiececlock",
  tennis: "tennisball",
  "soccer-ball": "soccerball",
  eggplant: "aubergine",
  "ear-of-corn": "earofmaize",
  "ice-cream": "icecream",
  pizza: "sliceofpizza",
  "kitchen-knife": "hocho",
  "fork-and-knife": "forkandknife",
  "musical-keyboard": "musicalkeyboard",
  scissors: "blackscissors",
  "straight-ruler": "straightruler",
  laptop: "personalcomputer",
  "closed-book": "closedbook",
  "top-hat": "tophat",
  "womans-hat": "womanshat",
  "framed-picture": "framewithpicture",
  "globe-showing-europe-africa": "europeafricaglobe",
  castle: "europeancastle",
  locomotive: "steamlocomotive",
  "motor-boat": "speedboat",
  "sport-utility-vehicle": "recreationalvehicle",
  sun: "sunrays",
  star: "whitemediumstar",
  "open-book": "openbook",
  backpack: "schoolsatchel",
  telephone: "blacktelephone",
  "mobile-phone": "cellphone",
};
/** Names that mean something else there. */
const NOT_FXEMOJI = new Set(["tennis", "chicken", "wood", "window", "horse", "mouse", "snowboarder"]);

/** Drawings that show something else beside the thing: a racket, a night sky, a sheet of water. */
const NOT_ALONE = new Set(
  [
    "noto/tennis fluent-emoji-flat/tennis emojione/tennis emojione/basketball emojione/tent fxemoji/tent fxemoji/carousel-horse fxemoji/ship",
    "twemoji/ferry emojione/ferry fxemoji/sailboat twemoji/speedboat emojione/speedboat fxemoji/speedboat twemoji/canoe twemoji/motor-boat",
    "fxemoji/motor-boat emojione/mountain emojione/snow-capped-mountain emojione/motorcycle fluent-emoji-flat/person-surfing",
    "twemoji/person-surfing twemoji/person-swimming",
  ].flatMap((line) => line.split(" ")),
);

/** [package, file] */
const TYPEFACES = [
  ["roboto", "roboto-latin-700-normal"],
  ["roboto", "roboto-latin-400-normal"],
  ["roboto-slab", "roboto-slab-latin-700-normal"],
  ["merriweather", "merriweather-latin-700-normal"],
  ["oswald", "oswald-latin-700-normal"],
  ["montserrat", "montserrat-latin-700-normal"],
  ["playfair-display", "playfair-display-latin-700-normal"],
  ["abril-fatface", "abril-fatface-latin-400-normal"],
  ["lobster", "lobster-latin-400-normal"],
  ["pacifico", "pacifico-latin-400-normal"],
  ["permanent-marker", "permanent-marker-latin-400-normal"],
  ["bangers", "bangers-latin-400-normal"],
  ["courier-prime", "courier-prime-latin-700-normal"],
];
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const sets = new Map(
  STYLES.map((style) => {
    const folder = join(root, "node_modules/@iconify-json", style);
    return [style, JSON.parse(readFileSync(join(folder, "icons.json"), "utf8"))];
  }),
);

function drawing(style, name) {
  if (NOT_ALONE.has(`${style}/${name.replace(/-(light|medium|dark)\b.*/, "")}`)) return undefined;
  const set = sets.get(style);
  let key = name;
  if (style === "fxemoji") {
    key = FXEMOJI[name] ?? (NOT_FXEMOJI.has(name) ? "" : name.replaceAll("-", ""));
  } else if (set.icons[key] === undefined && set.aliases?.[key] !== undefined) {
    key = set.aliases[key].parent;
  }
  const icon = set.icons[key];
  if (icon === undefined) return undefined;
  const [width, height] = [icon.width ?? set.width, icon.height ?? set.height];
  return { box: `${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}`, body: icon.body };
}

const icons = {};
const missing = [];
const put = (name, style, found) => {
  icons[name] ??= {};
  icons[name][style] = [found.box, found.body];
};
for (const noun of Object.values(NOUNS)) {
  for (const name of noun.icons) {
    for (const style of STYLES) {
      const found = drawing(style, name);
      if (found) put(name, style, found);
    }
    if (icons[name] === undefined) missing.push(name);
  }
}
for (const person of [...PEOPLE, ...Object.values(ACTORS)]) {
  for (const name of person.icons) {
    for (const style of STYLES) {
      for (const tone of TONES) {
        const found =
          drawing(style, `${name}-${tone}-skin-tone`) ??
          drawing(style, `${name}-${tone}`) ??
          twoPart(style, name, tone);
        if (found && style !== "fxemoji") put(`${name}/${tone}`, style, found);
      }
    }
    if (icons[`${name}/light`] === undefined) missing.push(`${name} in skin tones`);
  }
}

/** "man-beard" in a tone is "man-light-skin-tone-beard" in two of the sets. */
function twoPart(style, name, tone) {
  const at = name.indexOf("-");
  return at < 0 ? undefined : drawing(style, `${name.slice(0, at)}-${tone}-skin-tone${name.slice(at)}`);
}

const typefaces = TYPEFACES.map(([name, file]) => {
  const path = join(root, "node_modules/@fontsource", name, "files", `${file}.woff`);
  const bytes = readFileSync(path);
  const font = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const scale = 1000 / font.unitsPerEm;
  const glyphs = {};
  for (const character of CHARACTERS) {
    const glyph = font.charToGlyph(character);
    glyphs[character] = [Math.round(glyph.advanceWidth * scale), glyph.getPath(0, 0, 1000).toPathData(0)];
  }
  return { name: file, glyphs };
});

if (missing.length > 0) throw new Error(`no drawing of ${missing.join(", ")}`);
const text = JSON.stringify({ icons, typefaces });
const packed = gzipSync(text, { level: 9 });
writeFileSync(new URL("../src/data/world/art.json.gz", import.meta.url), packed);
const count = Object.values(icons).reduce((sum, styles) => sum + Object.keys(styles).length, 0);
console.log(
  `${Object.keys(icons).length} names, ${count} drawings, ${text.length} characters, ${packed.length} bytes packed`,
);
