/** Light or dark: as the system has it, unless chosen. The choice stays in this browser. */
import { useEffect, useState } from "react";

const KEPT = "milan:theme";
const NEXT = { system: "light", light: "dark", dark: "system" } as const;
type Theme = keyof typeof NEXT;
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };

function kept(): Theme {
  try {
    const theme = localStorage.getItem(KEPT);
    return theme === "light" || theme === "dark" ? theme : "system";
  } catch {
    return "system"; // storage can be forbidden
  }
}

function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

show(kept());

/** A button that goes through system, light and dark. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(kept);
  useEffect(() => {
    show(theme);
    try {
      localStorage.setItem(KEPT, theme);
    } catch {
      // then it lasts as long as the page
    }
  }, [theme]);
  const name = `Colours: ${theme}. Change to ${NEXT[theme]}`;
  return (
    <button type="button" className="plain" title={name} aria-label={name} onClick={() => setTheme(NEXT[theme])}>
      <span aria-hidden="true">{SIGN[theme]}</span>
    </button>
  );
}
