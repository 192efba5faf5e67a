/** A run at a glance: what its descriptions are made of, and the figures that studies left in it. */
import type { PageProps } from "./app.js";

export function DashboardPage({ run }: PageProps) {
  return (
    <>
      <h1>Dashboard</h1>
      <p className="state">
        To come: what the descriptions of a run are made of, and the figures of studies. ({run.name})
      </p>
    </>
  );
}
