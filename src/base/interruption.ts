/**
 * What is put in order when the process is asked to end (Ctrl+C, SIGTERM): locks are let go, files under way removed. It is a courtesy: a process
 * that is killed does none of it, and the next one copes. Who listens to signals is up to the program (`cli/main.ts`); a library does not.
 */
const works = new Set<() => void>();
let isAwaited = false;

/** Has something done at an interruption, which must be quick and wait for nothing. Returns what takes it back. */
export function onInterruption(work: () => void): () => void {
  works.add(work);
  return () => works.delete(work);
}

/** Puts things in order. What fails is left as a kill would leave it. */
export function tidyUp(): void {
  for (const work of works) {
    try {
      work();
    } catch {}
  }
  works.clear();
}

/** Ends when the process is asked to end: for what serves until then, and ends well by itself. */
export function untilInterrupted(): Promise<void> {
  isAwaited = true;
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
}

/** Whether someone ends by itself at the first signal. */
export const isInterruptionAwaited = (): boolean => isAwaited;
