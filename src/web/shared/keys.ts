/** Keys that work anywhere on a page, except where they are typed. */
import { useLayoutEffect, useRef } from "react";

type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Whether keys pressed there are meant for it: text, choices, sliders. */
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type));

/**
 * Listens to keys by `event.key`. Not while something is typed (except Escape), not with Ctrl, Alt or Meta, not behind an open dialog. What a key
 * does replaces what the browser does with it.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  // before the page is painted: a key is pressed as soon as what it does can be seen
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (!act || (isTyping(event.target) && event.key !== "Escape") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      act(event);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
