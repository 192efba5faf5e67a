/** Pictures of what stays in view are loaded, those of what rushes past are not. All that have waited begin together. */

const CALM_MS = 60;
/** Of the window's height in that time: slower than that can be looked at. */
const CALM_SHARE = 0.25;

const loaded = new Set<string>();
const waiting = new Map<Element, string>();
let from = 0;

/** Loads a picture into all images of an element, at once if it was loaded before. @returns gives up waiting. */
export function loadWhenCalm(element: Element, source: string): () => void {
  if (loaded.has(source)) show(element, source);
  else {
    if (waiting.size === 0) wait();
    waiting.set(element, source);
  }
  return () => waiting.delete(element);
}

function wait(): void {
  from = scrollY;
  setTimeout(release, CALM_MS);
}

function release(): void {
  if (waiting.size > 0 && Math.abs(scrollY - from) > CALM_SHARE * innerHeight) {
    wait();
    return;
  }
  for (const [element, source] of waiting) {
    loaded.add(source);
    show(element, source);
  }
  waiting.clear();
}

function show(element: Element, source: string): void {
  for (const image of element.getElementsByTagName("img")) image.src = source;
}
