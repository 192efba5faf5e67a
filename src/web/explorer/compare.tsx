/** Two runs side by side. */
import type { PageProps } from "./app.js";

export function ComparePage({ run }: PageProps) {
  return (
    <>
      <h1>Compare</h1>
      <p className="state">To come: two runs side by side. ({run.name})</p>
    </>
  );
}
