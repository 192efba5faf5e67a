/** Units made silent: what becomes of the class probabilities of a picture. */
import { useEffect } from "react";
import { useAnswer } from "../shared/asking.js";
import { Failure, Loading } from "../shared/parts.js";
import { addressOf, currentPlace, go, type Query } from "../shared/router.js";
import type { PageProps } from "./app.js";
import { Chooser, Chosen } from "./chooser.js";
import { isSite, type Run } from "./client.js";
import { everyUnit } from "./every-unit.js";
import { filtersOf } from "./filters.js";
import { Outcome } from "./outcome.js";
import { pageAddress, unitsText } from "./places.js";
import { SaveEdited } from "./save-edited.js";
import { keepSilenced, silencedIn } from "./silenced.js";

export function SwitchOffPage({ run, query }: PageProps) {
  if (run.cannot.ablate !== null) {
    return (
      <>
        <h1>Switch neurons off</h1>
        <p className="state">
          {!isSite && "No unit of this network can be switched off. "}
          {run.cannot.ablate}
        </p>
      </>
    );
  }
  return <SwitchOff run={run} query={query} />;
}

function SwitchOff({ run, query }: { run: Run; query: Query }) {
  const { units = "" } = query;
  const gathering = useGathered(run, query);
  const change = (changes: Query) => {
    if (changes.units !== undefined) keepSilenced(run.id, changes.units);
    const { path, query } = currentPlace();
    go(addressOf(path, { ...query, ...changes }), { replace: true });
  };
  const set = (units: string) => change({ units });
  return (
    <div className="switching">
      <h1>Switch neurons off</h1>
      {gathering.failure && <Failure failure={gathering.failure} again={gathering.again} />}
      {gathering.pending && <Loading what="Gathering the units" />}
      <div className="parts">
        <div className="who">
          <Chooser run={run} units={units} set={set} />
          <Chosen run={run} units={units} set={set} />
          {units !== "" && <SaveEdited key={units} run={run} units={units} />}
        </div>
        <Outcome run={run} units={units} picture={query.picture ?? ""} choose={(picture) => change({ picture })} />
      </div>
    </div>
  );
}

/** Where an address names no units: those that a search finds, if it has one, or else those that were gathered before. */
function useGathered(run: Run, query: Query) {
  const filters = filtersOf(query);
  const said = query.units;
  const key = said === undefined && Object.keys(filters).length > 0 ? JSON.stringify([run.id, filters]) : null;
  const found = useAnswer(key, async (signal) => unitsText(await everyUnit(run, filters, signal)));
  const units = said ?? (key === null ? silencedIn(run.id) : found.key === key ? found.value : undefined);
  const { picture = "" } = query;
  useEffect(() => {
    if (units === undefined) return;
    keepSilenced(run.id, units);
    if (units !== (said ?? "") || key !== null) {
      go(pageAddress(run.id, "switch-off", { units, picture }), { replace: true });
    }
  }, [run.id, units, said, key, picture]);
  return found;
}
