/** What annotators are told, before the first unit and whenever they want to read it again. */
import { useEffect, useRef } from "react";
import type { Session } from "./client.js";

/** @param begin shown as a button at the end, where it was not read yet. */
export function InstructionsPage({ session, begin }: { session: Session; begin?: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (begin) heading.current?.focus();
  }, [begin]);
  const { instructions, examples, leaseMinutes } = session;
  return (
    <section className="reading">
      <h1 ref={heading} tabIndex={-1}>
        What to do
      </h1>
      <ol className="steps">
        {instructions.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      <h2>For example</h2>
      <ul className="examples">
        {examples.map(({ text, good, why }) => (
          <li key={text} className={good ? "good" : "bad"}>
            <span className={`tag ${good ? "yes" : "no"}`}>{good ? "like this" : "not this"}</span>
            <span>
              <q>{text}</q> <span className="soft">– {why}</span>
            </span>
          </li>
        ))}
      </ul>
      <h2>Good to know</h2>
      <ul className="notes">
        <li>Spelling and grammar do not matter much; being right does. There is no hurry.</li>
        <li>A picture opens large when it is pressed. If nothing fits, pass on: the unit goes to somebody else.</li>
        <li>
          What you type stays in this browser until it is sent, also when the page is closed or the connection breaks.
        </li>
        <li>
          A unit that you leave for {leaseMinutes >= 1 ? `${Math.round(leaseMinutes)} minutes` : "a while"} may go to
          somebody else.
        </li>
        <li>
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> sends.
        </li>
      </ul>
      {begin && (
        <button type="button" className="main" onClick={begin}>
          I have read this
        </button>
      )}
    </section>
  );
}
