/** A picture of one's own: which units fire on it, and where. */
import type { PageProps } from "./app.js";

export function ProbePage({ run }: PageProps) {
  return (
    <>
      <h1>Drop in a picture</h1>
      <p className="state">To come: which units fire on a picture of yours, and where. ({run.name})</p>
    </>
  );
}
