/**
 * The list of units. However many there are, only those on the screen and the one with the focus are elements; all rows
 * are of one height, which the style decides.
 */
import { byId, make } from "./dom.js";

const BEYOND = 4; // rows kept above and below the screen
const list = byId("list");

let found = [];
let fill; // makes the contents of a row from its unit
let draw; // draws the exemplars of a row
let active = 0; // the row that the tabulator reaches
let rowHeight = 100;
const rows = new Map(); // position -> row

/** @param makeRow unit -> a link; @param drawRow (row, unit) -> void, called when the row has its size. */
export function setUpList(makeRow, drawRow) {
  fill = makeRow;
  draw = drawRow;
  addEventListener("scroll", () => requestAnimationFrame(update), { passive: true });
  let width = 0;
  new ResizeObserver(() => width !== (width = list.clientWidth) && redraw()).observe(list);
  list.addEventListener("keydown", onKey);
  list.addEventListener("focusin", ({ target }) => {
    const position = Number(target.closest("[data-position]")?.dataset.position ?? active);
    rows.get(active)?.firstChild.setAttribute("tabindex", "-1");
    active = position;
    rows.get(active)?.firstChild.setAttribute("tabindex", "0");
  });
}

/** Shows other units, from the top unless the list stays where it is. */
export function showUnits(units) {
  found = units;
  active = 0;
  redraw();
}

/** Makes all rows on the screen again. */
export function redraw() {
  const focused = list.contains(document.activeElement) && document.activeElement !== list;
  for (const row of rows.values()) row.remove();
  rows.clear();
  rowHeight = measure();
  list.style.height = `${found.length * rowHeight}px`;
  update();
  if (focused) rows.get(active)?.firstChild.focus({ preventScroll: true });
}

function measure() {
  const probe = make("li", { class: "row" });
  list.append(probe);
  const { height } = probe.getBoundingClientRect();
  probe.remove();
  return height;
}

/** Brings a unit's row onto the screen. */
export function reveal(unit, focus = false) {
  const position = found.indexOf(unit);
  if (position < 0) return;
  const top = list.getBoundingClientRect().top + position * rowHeight;
  const barHeight = byId("controls").getBoundingClientRect().height;
  if (top < barHeight) scrollBy({ top: top - barHeight - 8, behavior: "instant" });
  else if (top + rowHeight > innerHeight) scrollBy({ top: top + rowHeight - innerHeight + 8, behavior: "instant" });
  rows.get(active)?.firstChild.setAttribute("tabindex", "-1");
  active = position;
  update();
  rows.get(active).firstChild.setAttribute("tabindex", "0");
  if (focus) rows.get(active).firstChild.focus({ preventScroll: true });
}

/** The unit `step` places after the given one, if there is one. */
export const neighbour = (unit, step) => found[found.indexOf(unit) + step];

/** Where a unit stands in the list, from 1; 0 when it is not in it. */
export const positionOf = (unit) => found.indexOf(unit) + 1;

export const foundCount = () => found.length;

function update() {
  const top = -list.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  const last = Math.min(found.length - 1, Math.ceil((top + innerHeight) / rowHeight) + BEYOND);
  const wanted = new Set(found.length > active ? [active] : []);
  for (let position = first; position <= last; position++) wanted.add(position);
  for (const [position, row] of rows) {
    if (wanted.has(position)) continue;
    row.remove();
    rows.delete(position);
  }
  for (const position of [...wanted].sort((a, b) => a - b)) if (!rows.has(position)) add(position);
}

function add(position) {
  const unit = found[position];
  const row = make("li", { class: "row", "aria-setsize": found.length, "aria-posinset": position + 1 }, fill(unit));
  row.dataset.position = position;
  row.style.transform = `translateY(${position * rowHeight}px)`;
  row.firstChild.setAttribute("tabindex", position === active ? "0" : "-1");
  const after = [...rows].filter(([other]) => other > position).sort(([a], [b]) => a - b)[0];
  list.insertBefore(row, after?.[1] ?? null);
  rows.set(position, row);
  draw(row, unit);
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const page = Math.max(1, Math.floor((innerHeight - byId("controls").offsetHeight) / rowHeight) - 1);
  const last = found.length - 1;
  const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page };
  const position = { ...to, Home: 0, End: last }[event.key];
  if (position === undefined) return;
  event.preventDefault();
  reveal(found[Math.min(last, Math.max(0, position))], true);
}
