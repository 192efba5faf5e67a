/** One unit, large: its exemplars, where each word was read from, its scores, doubts and candidates. */
import { candidates } from "./candidates.js";
import { evidenceOf, facts, masksOf, pictureName } from "./data.js";
import { byId, check, make, radios } from "./dom.js";
import { drawStrip, LOOKS } from "./draw.js";
import { foundCount, neighbour, positionOf } from "./list.js";
import { amount, counted, doubtSentence, percent, real, silenceOf, tokensOf } from "./words.js";

const dialog = byId("unit");
let shown;
let redrawExemplars = () => {};
let openUnit;
let chooseLook;

/** @param go opens another unit, or none; @param choose sets the look of exemplars. */
export function setUpUnit(go, choose) {
  dialog.addEventListener("close", () => shown && go(undefined));
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step && neighbour(shown, step);
    if (next) go(next);
  });
  addEventListener("resize", () => redrawExemplars());
  openUnit = go;
  chooseLook = choose;
}

/** Opens a unit, or closes the view when there is none. */
export async function showUnit(unit, look) {
  if (unit === shown) {
    if (unit) redrawExemplars(look);
    return;
  }
  shown = unit;
  if (!unit) {
    dialog.close();
    return;
  }
  const [evidence, masks] = await Promise.all([evidenceOf(unit), masksOf(unit)]);
  if (shown !== unit) return;
  const hadFocus = dialog.contains(document.activeElement) ? document.activeElement.dataset.keep : undefined;
  const figures = unit.images.map((place, rank) => figure(unit, place, rank, masks[rank]));
  dialog.replaceChildren(
    bar(unit, look),
    make("div", { class: "saying" }, heading(unit, evidence.attention, figures), ...doubts(unit), scores(unit)),
    make(
      "div",
      { class: "columns" },
      make(
        "section",
        {},
        make("h3", {}, `${counted(unit.images.length, "exemplar")}, strongest first`),
        ...grouped(unit, figures),
      ),
      ...(evidence.beam.length > 0 ? [candidates(evidence.beam, unit.text)] : []),
    ),
  );
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  (
    dialog.querySelector(`[data-keep="${hadFocus}"]:not([disabled])`) ?? dialog.querySelector("[data-keep=close]")
  ).focus();
  redrawExemplars = (newLook = look) => {
    look = newLook;
    check(dialog.querySelector(".looks"), look);
    figures.forEach((element, first) => {
      drawStrip(element.querySelector("canvas"), unit, { first, look });
    });
  };
  redrawExemplars();
}

function bar(unit, look) {
  const step = (by, text, name) => {
    const next = neighbour(unit, by);
    const click = () => openUnit(next);
    return make(
      "button",
      { type: "button", "aria-label": name, title: name, "data-keep": name, disabled: !next, onclick: click },
      text,
    );
  };
  const looks = make("fieldset", { class: "looks" }, make("legend", {}, "Exemplars"));
  radios(looks, "unit-look", LOOKS, chooseLook);
  check(looks, look);
  const position = positionOf(unit);
  return make(
    "div",
    { class: "bar" },
    make("p", { class: "where" }, make("b", {}, `${unit.layerName} / ${unit.unit}`)),
    position > 0 ? make("span", { class: "place" }, `${position} of ${foundCount()}`) : undefined,
    looks,
    make("div", { class: "steps" }, step(-1, "←", "Previous unit"), step(1, "→", "Next unit")),
    make("button", { type: "button", "data-keep": "close", onclick: () => dialog.close() }, "Close"),
  );
}

/** The description; its words, when it is known where each was read from, can be pointed at. */
function heading(unit, attention, figures) {
  const { text } = unit;
  if (!text) return make("h2", { id: "said", class: "none" }, silenceOf(unit, facts.described > 0));
  const tokens = attention.length > 0 ? tokensOf(text, attention.length) : undefined;
  if (!tokens) return make("h2", { id: "said" }, text);
  const weigh = (weights) => {
    const most = weights ? Math.max(...weights, 1) : 1;
    figures.forEach((element, rank) => {
      const weight = weights?.[rank] ?? 0;
      element.classList.toggle("weighed", weights !== undefined);
      element.style.setProperty("--weight", weights ? String(weight / most) : "1");
      element.querySelector(".weight").textContent = weights ? percent(weight / 1000) : "";
    });
  };
  let pinned; // fingers cannot point, so a tap holds a word until the next
  const words = tokens.map((token, i) => {
    const on = () => weigh(attention[i]);
    const off = () => weigh(attention[pinned]);
    const pin = () => {
      pinned = pinned === i ? undefined : i;
      for (const [j, [, word]] of words.entries()) word.setAttribute("aria-pressed", String(j === pinned));
      off();
    };
    const listeners = { onpointerenter: on, onpointerleave: off, onfocus: on, onblur: off, onclick: pin };
    const word = make("button", { type: "button", class: "word", "aria-pressed": "false", ...listeners }, token.trim());
    return [token.startsWith(" ") ? " " : "", word];
  });
  return make(
    "div",
    {},
    make("h2", { id: "said", "aria-label": text }, ...words.flat()),
    make("p", { class: "hint" }, "Point at a word to see which exemplars it was read from; press it to keep them."),
  );
}

/** The exemplars, those of a meaning together under what is said of them. */
function grouped({ meanings = [] }, figures) {
  const row = (some) => make("div", { class: "figures" }, ...some);
  if (meanings.length === 0) return [row(figures)];
  const inSome = new Set(meanings.flatMap(({ exemplars }) => exemplars));
  const others = figures.filter((_, place) => !inSome.has(place));
  const title = "How far these exemplars exceed the unit’s level, over how far all of them do";
  return [
    ...meanings.flatMap(({ text, share, exemplars }) => [
      make("h4", { class: "meaning" }, text, make("span", { class: "share", title }, percent(share))),
      row(exemplars.map((place) => figures[place])),
    ]),
    ...(others.length > 0 ? [make("h4", { class: "meaning none" }, "In no group"), row(others)] : []),
  ];
}

const doubts = (unit) => unit.doubts.map((doubt) => make("p", { class: "why" }, doubtSentence(doubt)));

function scores({ pmi, logp, logpLm, confidence, level }) {
  const all = [
    [
      "PMI",
      real(pmi),
      pmi,
      "log p(d|E) − λ log p(d): how much more the exemplars call for this description than habit does",
    ],
    ["log p(d|E)", real(logp), logp, "how likely the captioner finds the description given the exemplars"],
    ["log p(d)", real(logpLm), logpLm, "how likely the language model finds it given nothing"],
    [
      "confidence",
      percent(confidence),
      confidence,
      "how far the description shares its words with the other candidates, each by its likelihood",
    ],
    ["level", amount(level), level, "a pixel is in the mask when its activation exceeds this"],
  ];
  const known = all.filter(([, , value]) => value !== null);
  return make(
    "dl",
    { class: "scores" },
    ...known.map(([name, text, , title]) => make("div", { title }, make("dt", {}, name), make("dd", {}, text))),
  );
}

function figure(unit, place, rank, mask) {
  const name = pictureName(place);
  const share = mask.reduce((sum, value) => sum + value, 0) / mask.length;
  const masked = share > 0 ? `${percent(share)} in the mask` : "nothing above the level";
  const canvas = make("canvas", { role: "img", "aria-label": `exemplar ${rank + 1}, ${name}, ${masked}` });
  canvas.style.aspectRatio = `${facts.width} / ${facts.height}`;
  const number = unit.activations[rank] === null ? "" : amount(unit.activations[rank]);
  return make(
    "figure",
    { title: `${name}: ${masked}` },
    canvas,
    make(
      "figcaption",
      {},
      make("span", {}, make("b", {}, String(rank + 1)), ` ${number}`),
      make("span", { class: "weight" }),
      make("span", { class: "file" }, share > 0 ? name : `${name}, ${masked}`),
    ),
  );
}
