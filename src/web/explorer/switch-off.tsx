/** Units made silent: what becomes of the class probabilities of a picture. */
import type { PageProps } from "./app.js";

export function SwitchOffPage({ run }: PageProps) {
  return (
    <>
      <h1>Switch neurons off</h1>
      <p className="state">To come: how the answer to a picture changes without some units. ({run.name})</p>
    </>
  );
}
