/** Where an annotator's part ends. */
import { useEffect, useRef } from "react";
import { counted } from "../shared/numbers.js";

function useFocusedHeading() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return heading;
}

/** Nothing is left to describe, or not now. */
export function Finished({ waiting, answers, again }: { waiting: boolean; answers: number; again: () => void }) {
  const heading = useFocusedHeading();
  return (
    <section className="reading">
      <h1 ref={heading} tabIndex={-1}>
        {waiting ? "Nothing to describe just now" : "That was all"}
      </h1>
      <p className="lead">
        {answers > 0
          ? `You have described ${counted(answers, "unit")}. Thank you!`
          : "Others have described every unit already."}{" "}
        {waiting &&
          "The last units are with other people. Some may come back, when somebody passes or leaves: look again in a while."}
      </p>
      {waiting && (
        <button type="button" className="main" onClick={again}>
          Look again
        </button>
      )}
    </section>
  );
}

/** Who did not qualify, or was sent away. */
export function Ended({ phase }: { phase: "barred" | "failed" }) {
  const heading = useFocusedHeading();
  return (
    <section className="reading">
      <h1 ref={heading} tabIndex={-1}>
        {phase === "failed" ? "The test was not passed" : "Your part has ended"}
      </h1>
      <p className="lead">
        {phase === "failed"
          ? "Thank you for trying. Only people who pass the test are shown more."
          : "A reviewer has ended your part in this study. Thank you for what you have done."}
      </p>
    </section>
  );
}
