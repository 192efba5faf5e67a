/**
 * The page at work. All that can be chosen is in the address, after the `#`: search, layer, order, look and open unit. So a
 * view can be sent to someone, and the browser's way back leads back.
 */
import { facts, units } from "./data.js";
import { byId, check, make, radios } from "./dom.js";
import { drawStrip, LOOKS } from "./draw.js";
import { redraw, reveal, setUpList, showUnits } from "./list.js";
import { highlighted, matcher, ORDERS, searchable } from "./search.js";
import { setUpUnit, showUnit } from "./unit.js";
import { counted, doubtName, percent, real, silenceOf } from "./words.js";

const USUAL = { q: "", layer: "", trust: "", order: "unit", look: "masked", unit: "" };
const SMALLEST = 56; // pixels: exemplars of a strip are no smaller, even if not all are shown then
const GAP = 3;
const LONG = 60; // characters: two lines of a row

const unitsByKey = new Map(units.map((unit) => [unit.key, unit]));
for (const unit of units) unit.words = searchable(unit);

// --- what is chosen ---

const readAddress = () => ({ ...USUAL, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) });

function addressOf(chosen) {
  const entries = Object.entries(chosen).filter(([name, value]) => name in USUAL && value !== USUAL[name]);
  return `#${new URLSearchParams(entries)}`;
}

let state = {};
/** What can be chosen, where it is one of a few. An address may ask for anything. */
const offered = {
  look: new Set(LOOKS.map(([look]) => look)),
  layer: new Set(["", ...facts.layers.map(({ name }) => name)]),
};

/** Changes what is chosen. Opening a unit is a step one can go back from, all else is not. */
function choose(changes) {
  const address = addressOf({ ...state, ...changes });
  if (changes.unit && !state.unit) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  apply();
}

function apply() {
  const before = state;
  state = readAddress();
  for (const [name, values] of Object.entries(offered)) if (!values.has(state[name])) state[name] = USUAL[name];
  if (byId("query").value !== state.q) byId("query").value = state.q;
  byId("trust").value = state.trust;
  byId("order").value = state.order;
  check(byId("looks"), state.look);
  const isOther = (...names) => names.some((name) => state[name] !== before[name]);
  if (isOther("q", "layer", "trust", "order")) find(before.q !== undefined);
  else if (isOther("look")) redraw();
  const unit = unitsByKey.get(state.unit);
  const closed = unitsByKey.get(before.unit);
  showUnit(unit, state.look);
  if (unit) reveal(unit);
  else if (closed) reveal(closed, true);
}

function find(toTop) {
  const matches = matcher(state.q);
  const trusts = { "": () => true, trusted: isTrusted, doubtful: ({ doubts }) => doubts.length > 0 };
  const trust = trusts[state.trust] ?? (({ doubts }) => doubts.includes(state.trust));
  const anywhere = units.filter((unit) => trust(unit) && matches(unit));
  const found = anywhere.filter(({ layerName }) => state.layer === "" || layerName === state.layer);
  const { compare } = ORDERS[state.order];
  if (compare) found.sort(compare);
  countLayers(anywhere);
  byId("count").textContent =
    found.length === 0
      ? "No unit matches. Try fewer or shorter words, or another layer."
      : found.length === units.length
        ? counted(units.length, "unit")
        : `${found.length.toLocaleString("en")} of ${counted(units.length, "unit")}`;
  showUnits(found);
  const top = document.querySelector("header").offsetHeight;
  if (toTop && scrollY > top) scrollTo({ top, behavior: "instant" });
}

const isTrusted = ({ text, doubts }) => text !== "" && doubts.length === 0;

// --- rows ---

function makeRow(unit) {
  const { text, doubts } = unit;
  const said = text
    ? make(
        "span",
        { class: doubts.length > 0 ? "text doubted" : "text", title: text.length > LONG && text },
        ...marked(text),
      )
    : make("span", { class: "text none" }, silenceOf(unit, facts.described > 0));
  const number = (name, value) => make("span", {}, `${name} `, make("b", {}, value));
  const canvas = make("canvas", { role: "img", "aria-label": counted(unit.images.length, "exemplar") });
  const shown = make("span", { class: "shown" }, canvas, make("span", { class: "beyond" }));
  return make(
    "a",
    { href: addressOf({ ...state, unit: unit.key }), onclick: (event) => openPlainly(event, unit) },
    make(
      "span",
      { class: "said" },
      said,
      make(
        "span",
        { class: "meta" },
        ...doubts.map((doubt) => make("span", { class: "doubt" }, doubtName(doubt))),
        make("span", { class: "id" }, `${unit.layerName} / ${unit.unit}`),
        ...(unit.meanings ?? []).map((meaning) =>
          make("span", {}, ...marked(meaning.text), " ", make("b", {}, percent(meaning.share))),
        ),
        unit.pmi === null ? undefined : number("PMI", real(unit.pmi)),
        unit.confidence === null ? undefined : number("confidence", percent(unit.confidence)),
      ),
    ),
    make("span", { class: "strip" }, shown),
  );
}

/** A plain click opens the unit here; with a key held the browser does what it does with links. */
function openPlainly(event, unit) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose({ unit: unit.key });
}

const marked = (text) => highlighted(text, state.q).map(([part, hit]) => (hit ? make("mark", {}, part) : part));

/** Draws as many exemplars as fit: as high as the row, smaller if all fit then, but not too small. */
function drawRow(row, unit) {
  const strip = row.querySelector(".strip");
  const [canvas, beyond] = strip.firstChild.children;
  const { clientWidth, clientHeight } = strip;
  const all = unit.images.length;
  const ratio = facts.width / facts.height;
  const widest = clientHeight * ratio;
  const fits = (width) => Math.floor((clientWidth + GAP) / (width + GAP));
  const count = Math.min(all, Math.max(1, fits(Math.min(widest, SMALLEST))));
  const width = Math.min(widest, (clientWidth + GAP) / Math.max(1, count) - GAP);
  canvas.style.width = `${count * (width + GAP) - GAP}px`;
  canvas.style.height = `${width / ratio}px`;
  beyond.textContent = count < all ? `+${all - count}` : "";
  if (count > 0 && all > 0) drawStrip(canvas, unit, { count, gap: GAP, look: state.look });
}

// --- controls ---

function option(value, text) {
  return make("option", { value }, text);
}

function setUpHeader() {
  byId("title").textContent = facts.title;
  for (const [name, text] of facts.facts) {
    byId("facts-shown").append(make("div", {}, make("dt", {}, name), make("dd", {}, text)));
  }
  if (facts.described > 0) return;
  byId("notice").hidden = false;
  byId("notice").textContent =
    "These units have not been described: this page shows the dissection alone. Describe the run (milan describe) and export it again.";
}

function setUpControls() {
  const doubtful = units.filter(({ doubts }) => doubts.length > 0);
  const kinds = new Set(doubtful.flatMap(({ doubts }) => doubts));
  const trusted = units.filter(isTrusted).length;
  byId("trust").append(
    option("", "all units"),
    ...(trusted > 0 ? [option("trusted", `without doubts (${trusted})`)] : []),
    ...(doubtful.length > 0 ? [option("doubtful", `doubtful (${doubtful.length})`)] : []),
    ...[...kinds].map((kind) =>
      option(kind, `– ${doubtName(kind)} (${doubtful.filter(({ doubts }) => doubts.includes(kind)).length})`),
    ),
  );
  const orders = Object.entries(ORDERS).filter(([, { needs }]) => !needs || units.some((unit) => unit[needs] !== null));
  byId("order").append(...orders.map(([value, { text }]) => option(value, text)));
  for (const id of ["trust", "order"]) offered[id] = new Set([...byId(id).options].map(({ value }) => value));
  radios(byId("looks"), "look", LOOKS, (look) => choose({ look }));
  const layers = facts.layers.map(({ name }) => [name, name]);
  radios(byId("layers"), "layer", [["", "All layers"], ...layers], (layer) => choose({ layer }));
  for (const label of byId("layers").querySelectorAll("label")) label.append(make("span", { class: "number" }));
  byId("query").addEventListener("input", ({ target }) => choose({ q: target.value }));
  for (const id of ["trust", "order"])
    byId(id).addEventListener("change", ({ target }) => choose({ [id]: target.value }));
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || byId("unit").open || event.target.matches("input[type=search]")) return;
    event.preventDefault();
    byId("query").select();
  });
}

/** Says how many units of each layer were found, and shows which layer is chosen. */
function countLayers(found) {
  const bar = byId("layers");
  const counts = new Map();
  for (const { layerName } of found) counts.set(layerName, (counts.get(layerName) ?? 0) + 1);
  for (const label of bar.querySelectorAll("label")) {
    const input = label.querySelector("input");
    const count = input.value === "" ? found.length : (counts.get(input.value) ?? 0);
    label.querySelector(".number").textContent = count.toLocaleString("en");
    input.checked = input.value === state.layer;
    const { offsetLeft: left, offsetWidth: width } = label;
    if (input.checked) bar.scrollLeft = Math.min(left, Math.max(bar.scrollLeft, left + width - bar.clientWidth));
  }
}

byId("list").classList.toggle("roomy", units.filter(({ text }) => text.length > LONG).length > units.length / 4);
setUpHeader();
setUpControls();
setUpList(makeRow, drawRow);
setUpUnit(
  (unit) => choose({ unit: unit?.key ?? "" }),
  (look) => choose({ look }),
);
addEventListener("popstate", apply);
apply();
