/** The frame of a page: name, ways to go, tools, and what is there. */
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Link } from "./router.js";
import { ThemeSwitch } from "./theme.js";

export interface Way {
  readonly to: string;
  readonly name: string;
  readonly current: boolean;
}

/** @param title of the document, before "Milan"; @param home where the name leads. */
export function Layout(props: {
  title: string;
  home: string;
  ways: readonly Way[];
  tools?: ReactNode;
  children: ReactNode;
}) {
  const { title } = props;
  useEffect(() => {
    document.title = title ? `${title} – Milan` : "Milan";
  }, [title]);
  return (
    <>
      <button type="button" className="skip unseen" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <header className="head">
        <Link className="brand" to={props.home}>
          Milan
        </Link>
        <nav aria-label="Pages">
          <ul>
            {props.ways.map(({ to, name, current }) => (
              <li key={name}>
                <Link to={to} aria-current={current ? "page" : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="tools">
          {props.tools}
          <ThemeSwitch />
        </div>
      </header>
      <main className="page" id="main" tabIndex={-1}>
        {props.children}
      </main>
    </>
  );
}
