/** A picture of one's own: which units fire on it, and where. */
import { useMemo, useState } from "react";
import { asked } from "../shared/asking.js";
import { counted, percent, whole } from "../shared/numbers.js";
import { Failure, Loading } from "../shared/parts.js";
import { addressOf, currentPlace, go, Link } from "../shared/router.js";
import { useAddressed } from "./addressed.js";
import type { PageProps } from "./app.js";
import { Bring } from "./bring.js";
import { type BroughtPicture, bring, canRetry, useBrought } from "./brought.js";
import { type FiredLine, isSite, type Probe, type Run, server } from "./client.js";
import { Fired } from "./fired.js";
import { LookedAt } from "./looked-at.js";
import { says } from "./marked.js";
import { type OwnPicture, OwnPictures, useOwnPictures } from "./own-pictures.js";
import { pageAddress, unitPlace, unitsText } from "./places.js";

export function ProbePage({ run }: PageProps) {
  const brought = useBrought(run);
  const { probe } = brought;
  const [at, setAt] = useAddressed("at", "");
  if (run.cannot.probe !== null) {
    return (
      <>
        <h1>Drop in a picture</h1>
        <p className="state">
          {!isSite && "No picture can be shown to this network. "}
          {run.cannot.probe}
        </p>
      </>
    );
  }
  return (
    <div className="probe">
      <header>
        <h1>Drop in a picture</h1>
        {probe && <Bring small taken={() => setAt("")} />}
      </header>
      {brought.name !== undefined && !probe && <Waiting brought={brought} />}
      {!probe && (
        <div className="empty">
          <Bring />
          <RunsOwn run={run} />
        </div>
      )}
      {probe && <Seen key={probe.picture} {...{ run, brought, probe, at, setAt }} />}
    </div>
  );
}

function Waiting({ brought }: { brought: BroughtPicture }) {
  const { name, failure, again } = brought;
  if (!failure) return <Loading what={`Showing “${name}” to the network`} />;
  const said = new Error(`“${name}”: ${failure.message}`);
  return <Failure failure={said} {...(canRetry(failure) ? { again } : {})} />;
}

/** Pictures of the run, for who has none at hand. */
function RunsOwn({ run }: { run: Run }) {
  const own = useOwnPictures(run, []);
  const [failure, setFailure] = useState<Error>();
  const take = async ({ image, name }: OwnPicture) => {
    try {
      bring(await (await asked(server.pictures.whole(run, image))).blob(), name);
    } catch (error) {
      setFailure(error as Error);
    }
  };
  if (!own.value || own.value.length === 0) return null;
  return (
    <section>
      <h2>Or take one of the run’s</h2>
      <OwnPictures run={run} pictures={own.value} choose={take} />
      {failure && <Failure failure={failure} />}
    </section>
  );
}

interface SeenProps {
  readonly run: Run;
  readonly brought: BroughtPicture;
  readonly probe: Probe;
  /** The unit that is chosen, as an address has it. */
  readonly at: string;
  readonly setAt: (at: string) => void;
}

function Seen({ run, brought, probe, at, setAt }: SeenProps) {
  const [words, setWords] = useAddressed("q", "");
  const [layer, setLayer] = useAddressed("layers", "");
  const [pointed, setPointed] = useState<FiredLine>();
  const lines = useMemo(
    () => probe.fired.filter((line) => (layer === "" || String(line.layer) === layer) && says(line.text, words)),
    [probe, layer, words],
  );
  const chosen = lines.find((line) => unitsText([line]) === at) ?? lines[0];
  const shown = pointed && lines.includes(pointed) ? pointed : chosen;
  return (
    <div className="seen">
      <div className="side">
        <LookedAt run={run} brought={brought} probe={probe} line={shown} />
        {probe.classes.length > 0 && <Classes classes={probe.classes} />}
      </div>
      <section className="firing">
        <h2>{heading(probe)}</h2>
        {probe.fired.length > 0 && (
          <div className="sieve">
            <input
              type="search"
              aria-label="Only descriptions with these words"
              placeholder="Only with these words"
              value={words}
              maxLength={200}
              onChange={(event) => setWords(event.target.value)}
            />
            <select aria-label="Layer" value={layer} onChange={(event) => setLayer(event.target.value)}>
              <option value="">all layers</option>
              {layersIn(probe, run).map(({ place, display, count }) => (
                <option key={place} value={place}>
                  {display} ({count})
                </option>
              ))}
            </select>
            <span className="soft" role="status">
              {lines.length === probe.fired.length ? "" : `${lines.length} of ${probe.fired.length}`}
            </span>
            {lines.length > 0 && run.cannot.ablate === null && (
              <Link to={pageAddress(run.id, "switch-off", { units: unitsText(lines), picture: "mine" })}>
                Switch these off
              </Link>
            )}
          </div>
        )}
        {probe.fired.length > 0 && lines.length === 0 && (
          <p className="state">None of them. Try fewer or shorter words, or all layers.</p>
        )}
        {lines.length > 0 && (
          <Fired
            {...{ run, lines, words, chosen }}
            choose={(line) => setAt(unitsText([line]))}
            point={setPointed}
            returns={at !== ""}
            open={(line) => {
              const { path, query } = currentPlace();
              go(addressOf(path, { ...query, at: unitsText([line]) }), { replace: true }); // for the way back
              go(unitPlace(run.id, line));
            }}
          />
        )}
      </section>
    </div>
  );
}

function heading({ total, fired }: Probe): string {
  if (total === 0) return "No described unit fires on it";
  const said = `${counted(total, "described unit")} ${total === 1 ? "fires" : "fire"} on it`;
  return fired.length < total ? `${said}; the ${whole(fired.length)} strongest` : said;
}

function layersIn({ fired }: Probe, run: Run) {
  return run.layers
    .map(({ place, display }) => ({ place, display, count: fired.filter(({ layer }) => layer === place).length }))
    .filter(({ count }) => count > 0);
}

function Classes({ classes }: { classes: Probe["classes"] }) {
  const most = Math.max(1e-9, ...classes.map(({ share }) => share));
  return (
    <section className="taken">
      <h2>What the network takes it for</h2>
      <ol>
        {classes.map(({ class: place, name, share }) => (
          <li key={place}>
            <span>{name}</span>
            <span className="number">{percent(share)}</span>
            <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
              <rect width={(100 * share) / most} height="3" />
            </svg>
          </li>
        ))}
      </ol>
    </section>
  );
}
