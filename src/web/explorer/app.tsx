/** Which page the address asks for, of which run. */
import { useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { useKeys } from "../shared/keys.js";
import { Layout } from "../shared/layout.js";
import { Answered, KeyHelp } from "../shared/parts.js";
import { go, type Query, usePlace } from "../shared/router.js";
import { type Run, server } from "./client.js";
import { ComparePage } from "./compare.js";
import { DashboardPage } from "./dashboard.js";
import { listAddress, PAGES, pageAddress } from "./places.js";
import { ProbePage } from "./probe.js";
import { SwitchOffPage } from "./switch-off.js";
import { UnitView } from "./unit.js";
import { UnitsPage } from "./units.js";

/** What every page of a run is given: the run, all runs, and what the address says after the `?`. */
export interface PageProps {
  readonly run: Run;
  readonly runs: readonly Run[];
  readonly query: Query;
}

const KEYS = [
  ["/", "search"],
  ["← → ↑ ↓", "move among the units"],
  ["Enter", "open the unit"],
  ["Esc", "back to the units"],
  ["j k", "next unit, previous unit"],
  ["y n u", "on a unit: it fits, does not fit, unsure"],
  ["?", "show these keys"],
] as const;

export function App() {
  const runs = useAnswer("runs", (signal) => server.runs(signal));
  const [helps, setHelps] = useState(false);
  useKeys({ "?": () => setHelps(true) });
  return (
    <Answered answer={runs} what="Opening the runs">
      {(all) => (
        <>
          <Chosen runs={all} help={() => setHelps(true)} />
          {helps && <KeyHelp keys={KEYS} close={() => setHelps(false)} />}
        </>
      )}
    </Answered>
  );
}

function Chosen({ runs, help }: { runs: readonly Run[]; help: () => void }) {
  const { path, query } = usePlace();
  const [id = runs[0]?.id, page = "units", ...rest] = path;
  const run = runs.find((one) => one.id === id) ?? runs[0];
  if (!run) return <p className="state">There is no run to show.</p>;
  const known = run.id === id;
  const here = page === "unit" ? "units" : page;
  const tools = (
    <>
      {runs.length > 1 && (
        <select
          aria-label="Run"
          value={run.id}
          onChange={(event) => go(addressIn(event.target.value, here))}
          className="runs"
        >
          {runs.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      <button type="button" className="plain" aria-label="Keys" title="Keys (?)" onClick={help}>
        ?
      </button>
    </>
  );
  return (
    <Layout
      title={titleOf(page, run)}
      home={listAddress(run.id, {})}
      ways={PAGES.map(([way, name]) => ({ to: pageAddress(run.id, way), name, current: known && way === here }))}
      tools={tools}
    >
      {known ? (
        <Shown key={run.id} {...{ page, rest, run, runs, query }} />
      ) : (
        <p className="state">There is no run “{id}” here. Choose a page above.</p>
      )}
    </Layout>
  );
}

const addressIn = (run: string, page: string) => pageAddress(run, PAGES.find(([way]) => way === page)?.[0] ?? "units");

const titleOf = (page: string, { name }: Run) => {
  const said = PAGES.find(([way]) => way === page)?.[1];
  return said && page !== "units" ? `${said}, ${name}` : name;
};

function Shown({ page, rest, ...props }: PageProps & { page: string; rest: readonly string[] }) {
  switch (page) {
    case "units":
      return <UnitsPage {...props} />;
    case "unit":
      return <UnitView {...props} layer={Number(rest[0])} unit={Number(rest[1])} />;
    case "probe":
      return <ProbePage {...props} />;
    case "switch-off":
      return <SwitchOffPage {...props} />;
    case "compare":
      return <ComparePage {...props} />;
    case "dashboard":
      return <DashboardPage {...props} />;
    default:
      return <p className="state">There is no page “{page}”. Choose one above.</p>;
  }
}
