/**
 * Progress on standard error: on a terminal one line that is redrawn, with rate and time left; elsewhere a plain line when a
 * phase begins, every half minute, and when it ends. Warnings are lines of their own; many of a kind are cut short.
 */
import type { Progress } from "../base/progress.js";

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 30_000;
const MOST_WARNINGS = 20;

export function terminalProgress(stream: NodeJS.WriteStream = process.stderr, now = () => performance.now()): Progress {
  let phase: Phase | undefined;
  let drawn = 0;
  let warnings = 0;
  const interval = stream.isTTY ? REDRAW_MS : PLAIN_LINE_MS;
  const draw = (last: boolean) => {
    if (!phase) return;
    const line = lineOf(phase, now(), last);
    stream.write(stream.isTTY ? `\r\x1b[2K${line}${last ? "\n" : ""}` : `${line}\n`);
    drawn = now();
  };
  return {
    begin(name, total, unit, done = 0) {
      phase = { name, total, unit, first: done, done, began: now() };
      draw(false);
    },
    update(done, detail) {
      if (!phase) return;
      phase.done = done;
      phase.detail = detail;
      if (now() - drawn >= interval) draw(false);
    },
    end() {
      draw(true);
      phase = undefined;
    },
    warn(message) {
      if (++warnings > MOST_WARNINGS) return;
      const more = warnings === MOST_WARNINGS ? " (further warnings are not shown)" : "";
      stream.write(`${stream.isTTY && phase ? "\r\x1b[2K" : ""}milan: ${message}${more}\n`);
    },
  };
}

interface Phase {
  readonly name: string;
  readonly total: number;
  readonly unit: string;
  /** How far it was when it began. */
  readonly first: number;
  done: number;
  detail?: string | undefined;
  readonly began: number;
}

function lineOf({ name, total, unit, first, done, detail, began }: Phase, now: number, last: boolean): string {
  const elapsedMs = now - began;
  const rate = (done - first) / (elapsedMs / 1000);
  const share = total === 0 ? 100 : Math.floor((100 * done) / total);
  const parts = [`${name}: ${done}/${total} ${unit}s (${share}%)`];
  if (rate > 0) parts.push(`${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} ${unit}s/s`);
  if (last) parts.push(`took ${duration(elapsedMs)}`);
  else if (rate > 0) parts.push(`${duration(((total - done) / rate) * 1000)} left`);
  if (detail !== undefined) parts.push(detail);
  return parts.join(", ");
}

/** `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
