/**
 * How long work tells how far it is. The library only ever calls a `Progress`; what is shown, and where, is decided by
 * whoever passes one in (the command line draws a bar on a terminal and prints plain lines elsewhere).
 */
export interface Progress {
  /** Begins a named phase of `total` steps, `done` of which are already there (a resumed run). */
  begin(phase: string, total: number, unit: string, done?: number): void;
  /** Now `done` of the phase's steps are complete. @param detail what else is to be said of how things stand: "3 workers". */
  update(done: number, detail?: string): void;
  /** Ends the phase. */
  end(): void;
  /** Something the user should know, once: a skipped image, a unit without activations. */
  warn(message: string): void;
}

/** Says nothing. */
export const silent: Progress = { begin() {}, update() {}, end() {}, warn() {} };
