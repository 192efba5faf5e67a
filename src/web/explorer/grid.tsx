/**
 * A grid of units of any length: only the cards in view exist. Arrows, Home, End and the page keys move; the cards are links, so Enter opens.
 */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Card } from "./card.js";
import type { Run, UnitLine, UnitQuery } from "./client.js";
import { spotIn, type UnitLines } from "./list.js";
import { unitPlace } from "./places.js";

const LEAST_WIDTH = 220; // pixels of a card
const GAP = 14;
const BELOW = 100; // pixels of a card under its pictures
const MARGIN = 8;

/** Where cards are: all of one size. */
interface Shape {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

function shapeOf(width: number, run: Run): Shape {
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  const each = (width - GAP * (columns - 1)) / columns;
  const pictures = (each - 2) * ((2 * run.height) / (3 * run.width));
  return { columns, width: each, height: Math.round(pictures) + BELOW };
}

interface GridProps {
  readonly run: Run;
  readonly lines: UnitLines;
  readonly total: number;
  readonly filters: UnitQuery;
}

export function Grid({ run, lines, total, filters }: GridProps) {
  const list = useRef<HTMLUListElement>(null);
  const [box, setBox] = useState({ width: 0, top: 0, bars: 0 });
  const spot = spotIn(lines.key);
  const [active, setActive] = useState(Math.min(spot.active, total - 1));
  const moved = useRef(false);

  useLayoutEffect(() => {
    const measure = () => {
      const { width, top } = list.current!.getBoundingClientRect();
      setBox({ width, top: top + scrollY, bars: barsHeight() });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list.current!);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const shape = shapeOf(box.width || 900, run);
  const rows = Math.ceil(total / shape.columns);
  const virtual = useWindowVirtualizer({
    count: rows,
    estimateSize: () => shape.height,
    gap: GAP,
    overscan: 2,
    scrollMargin: box.top,
    scrollPaddingStart: box.bars + MARGIN,
    scrollPaddingEnd: MARGIN,
    initialOffset: () => spot.scrollY,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights change with the shape alone
  useLayoutEffect(() => virtual.measure(), [shape.height, shape.columns]);

  // where one was, once there is something to scroll
  const measured = box.width > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only on arrival
  useLayoutEffect(() => {
    if (!measured) return;
    scrollTo(0, spot.scrollY);
    if (spot.opened) {
      spot.opened = false;
      moved.current = true;
      virtual.scrollToIndex(Math.floor(active / shape.columns), { align: "auto" });
    }
    const keep = () => {
      spot.scrollY = scrollY;
    };
    addEventListener("scroll", keep, { passive: true });
    return () => removeEventListener("scroll", keep);
  }, [measured]);

  const shown = virtual.getVirtualItems();
  const first = (shown[0]?.index ?? 0) * shape.columns;
  const last = Math.min(total, ((shown.at(-1)?.index ?? -1) + 1) * shape.columns) - 1;
  useEffect(() => {
    if (last >= first) lines.need(first, last);
  }, [lines, first, last]);

  // the focus follows the keys, as soon as the card is there
  useEffect(() => {
    if (!moved.current) return;
    const card = list.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (!card) return;
    moved.current = false;
    card.focus({ preventScroll: true });
  });

  const move = (to: number) => {
    const next = Math.max(0, Math.min(total - 1, to));
    moved.current = true;
    spot.active = next;
    setActive(next);
    virtual.scrollToIndex(Math.floor(next / shape.columns), { align: "auto" });
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = stepOf(event.key, shape, total);
    if (by === undefined) return;
    event.preventDefault();
    move(active + by);
  };
  const chosen = (index: number) => {
    spot.active = index;
    spot.opened = true;
  };

  const rushes = useRush(virtual.scrollOffset ?? 0, virtual.isScrolling);
  const indices = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return (
    <ul
      ref={list}
      className="grid"
      aria-label="Units"
      style={{ height: virtual.getTotalSize() }}
      onKeyDown={pressed}
      onFocus={(event) => {
        const index = indexOf(event.target);
        if (index !== undefined && index !== active) setActive((spot.active = index));
      }}
      onClick={(event) => {
        const index = indexOf(event.target);
        if (index !== undefined) chosen(index);
      }}
    >
      {indices.map((index) => {
        const [row, column] = [Math.floor(index / shape.columns), index % shape.columns];
        return (
          <Cell
            key={index}
            index={index}
            total={total}
            x={column * (shape.width + GAP)}
            y={row * (shape.height + GAP)}
            width={shape.width}
            height={shape.height}
            run={run}
            filters={filters}
            line={rushes ? undefined : lines.at(index)}
            active={index === active}
          />
        );
      })}
    </ul>
  );
}

interface CellProps {
  readonly index: number;
  readonly total: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly run: Run;
  readonly filters: UnitQuery;
  readonly line: UnitLine | undefined;
  /** Whether the focus is here when it is in the grid. */
  readonly active: boolean;
}

/** A place of the grid; empty until its unit is known. */
const Cell = memo(function Cell({ index, total, x, y, width, height, run, filters, line, active }: CellProps) {
  return (
    <li
      aria-posinset={index + 1}
      aria-setsize={total}
      style={{ width, height, transform: `translate(${x}px, ${y}px)` }}
    >
      {line ? (
        <Card
          run={run}
          line={line}
          index={index}
          to={unitPlace(run.id, line, filters)}
          words={filters.q ?? ""}
          tabIndex={active ? 0 : -1}
        />
      ) : (
        <span className="card" />
      )}
    </li>
  );
});

/** Whether the page is scrolled by more than a window at a time: nothing can be read then, and cards would only delay it. */
function useRush(offset: number, scrolling: boolean): boolean {
  const last = useRef(offset);
  const step = Math.abs(offset - last.current);
  useEffect(() => {
    last.current = offset;
  }, [offset]);
  const rushed = useRef(false);
  // between two renders without a move it goes on as it was
  if (!scrolling) rushed.current = false;
  else if (step > 0) rushed.current = step > innerHeight;
  return rushed.current;
}

/** How many units a key moves. */
function stepOf(key: string, { columns, height }: Shape, total: number): number | undefined {
  const screen = Math.max(1, Math.floor(innerHeight / (height + GAP))) * columns;
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -screen,
    PageDown: screen,
    Home: -total,
    End: total,
  };
  return Object.hasOwn(steps, key) ? steps[key] : undefined;
}

function indexOf(target: EventTarget): number | undefined {
  const card = (target as Element).closest<HTMLElement>("[data-index]");
  return card ? Number(card.dataset.index) : undefined;
}

/** How much of the window the bars at its top cover. */
function barsHeight(): number {
  const bars = [...document.querySelectorAll(".head, .finder")].filter(
    (bar) => getComputedStyle(bar).position === "sticky",
  );
  return bars.reduce((sum, bar) => sum + bar.clientHeight, 0);
}
