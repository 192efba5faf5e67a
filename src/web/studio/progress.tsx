/** For reviewers: how far the study is, how far people agree, and who did what. */
import { type CSSProperties, useEffect } from "react";
import { counted, percent, real, UNKNOWN, whole } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { addressOf, Link } from "../shared/router.js";
import { type Person, type Progress, type Session, server } from "./client.js";
import { FLAG_NAMES, seconds } from "./names.js";
import { useRefreshed, useSending } from "./sending.js";

const AGAIN_MS = 5000;

export function ProgressPage({ session }: { session: Session }) {
  const progress = useRefreshed("progress", (signal) => server.progress(signal));
  const { refresh } = progress;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && refresh(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [refresh]);
  return (
    <Answered answer={progress} what="Counting">
      {(value) => <Shown session={session} progress={value} changed={refresh} />}
    </Answered>
  );
}

function Shown({ session, progress, changed }: { session: Session; progress: Progress; changed: () => void }) {
  const { units, byAnswers, answers, wanted } = progress;
  const complete = byAnswers.at(-1)!;
  return (
    <div className="progress">
      <h1>{session.title}</h1>
      {session.unchecked && (
        <p className="wrong">
          The qualification is as a program proposed it. Look through it before people are turned away by it.
        </p>
      )}
      <div className="tiles">
        <Tile name="units complete" value={`${whole(complete)} of ${whole(units)}`} />
        <Tile name="answers" value={`${whole(answers)} of ${whole(wanted)}`} />
        <Tile name="to review" value={whole(progress.pending)} to={addressOf(["review"])} />
        <Tile name="accepted" value={whole(progress.accepted)} to={addressOf(["review"], { status: "accepted" })} />
        <Tile name="rejected" value={whole(progress.rejected)} to={addressOf(["review"], { status: "rejected" })} />
        <Tile name="middle time" value={seconds(progress.medianMs)} />
      </div>
      <Bars byAnswers={byAnswers} units={units} />
      <section>
        <h2>Agreement</h2>
        <AgreementTable progress={progress} />
      </section>
      <section>
        <h2>Flags</h2>
        <FlagList progress={progress} />
      </section>
      <section>
        <h2>Annotators</h2>
        <People people={progress.people} changed={changed} />
      </section>
      <section>
        <h2>Layers</h2>
        <div className="wide">
          <table>
            <thead>
              <tr>
                <th scope="col">Layer</th>
                <th scope="col" className="number">
                  Complete
                </th>
                <th scope="col" className="number">
                  Units
                </th>
              </tr>
            </thead>
            <tbody>
              {progress.layers.map(({ layer, units, complete }) => (
                <tr key={layer}>
                  <th scope="row">{layer}</th>
                  <td className="number">{whole(complete)}</td>
                  <td className="number">{whole(units)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section>
        <h2>The table</h2>
        <p className="line">
          <a href={server.table(false)}>annotations.csv</a>
          <a href={server.table(true)}>with who, seconds, status and flags</a>
        </p>
        <p className="soft small">What was not rejected, as milan train reads it.</p>
      </section>
    </div>
  );
}

function Tile({ name, value, to }: { name: string; value: string; to?: string }) {
  return (
    <p className="tile">
      <strong>{to ? <Link to={to}>{value}</Link> : value}</strong>
      <span className="soft">{name}</span>
    </p>
  );
}

/** How many units have how many answers, as one bar. */
function Bars({ byAnswers, units }: { byAnswers: readonly number[]; units: number }) {
  const last = byAnswers.length - 1;
  const said = byAnswers.map((n, has) => [has, n] as const).reverse();
  return (
    <div className="shares">
      <div className="bar" aria-hidden="true">
        {said.map(([has, n]) => (
          <i key={has} style={{ flexGrow: n, "--part": has / last } as CSSProperties} />
        ))}
      </div>
      <ul>
        {said.map(([has, n]) => (
          <li key={has}>
            <span className="swatch" aria-hidden="true" style={{ "--part": has / last } as CSSProperties} />
            {counted(n, "unit")} with {has === last ? `all ${has}` : has === 0 ? "no" : has}{" "}
            {has === 1 && last !== 1 ? "answer" : "answers"} <span className="soft">({percent(n / units)})</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AgreementTable({ progress: { agreement, layers: all } }: { progress: Progress }) {
  if (agreement.length === 0) return <p className="soft">No unit has two answers yet.</p>;
  const metrics = [...new Set(agreement.map(({ metric }) => metric))];
  const layers = ["", ...all.map(({ layer }) => layer)].filter((one) => agreement.some(({ layer }) => layer === one));
  const row = (metric: string, layer: string) => agreement.find((one) => one.metric === metric && one.layer === layer);
  return (
    <>
      <div className="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Layer</th>
              <th scope="col" className="number">
                Units
              </th>
              {metrics.map((metric) => (
                <th key={metric} scope="col" className="number">
                  {metric}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer) => (
              <tr key={layer}>
                <th scope="row">{layer || "all"}</th>
                <td className="number">{whole(row(metrics[0], layer)?.units ?? 0)}</td>
                {metrics.map((metric) => (
                  <td key={metric} className="number">
                    {real(row(metric, layer)?.score ?? null, metric.startsWith("BLEU") ? 1 : 3)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="soft small">Each answer against the others of its unit, over units with two or more.</p>
    </>
  );
}

function FlagList({ progress: { flagged } }: { progress: Progress }) {
  const found = Object.entries(flagged) as [keyof typeof FLAG_NAMES, number][];
  if (found.length === 0) return <p className="soft">Nothing looks like spam.</p>;
  return (
    <ul className="flags">
      {found.map(([flag, n]) => (
        <li key={flag}>
          <Link to={addressOf(["review"], { status: "any", flag })}>
            {FLAG_NAMES[flag]}: {whole(n)}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function People({ people, changed }: { people: readonly Person[]; changed: () => void }) {
  const { send, sending, failure } = useSending();
  if (people.length === 0) return <p className="soft">Nobody has joined yet.</p>;
  return (
    <>
      {failure && (
        <p role="alert" className="wrong">
          {failure.message}
        </p>
      )}
      <div className="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Annotator</th>
              {["Answers", "Accepted", "Rejected", "Flagged", "Passed", "Middle time", "ROUGE-L with others"].map(
                (name) => (
                  <th key={name} scope="col" className="number">
                    {name}
                  </th>
                ),
              )}
              <th scope="col">
                <span className="unseen">Part in the study</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {people.map((person) => (
              <tr key={person.code}>
                <th scope="row">
                  <Link to={addressOf(["review"], { status: "any", annotator: person.code })}>{person.nickname}</Link>{" "}
                  <span className="soft small">{person.code.slice(0, 4)}</span>{" "}
                  {!person.qualified && <span className="tag">not qualified</span>}{" "}
                  {person.barred && <span className="tag no">sent away</span>}
                </th>
                {[person.answers, person.accepted, person.rejected, person.flagged, person.skipped].map((n, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns
                  <td key={i} className="number">
                    {whole(n)}
                  </td>
                ))}
                <td className="number">{seconds(person.medianMs)}</td>
                <td className="number">{person.agreement === null ? UNKNOWN : real(person.agreement, 3)}</td>
                <td>
                  {person.source === "studio" && (
                    <button
                      type="button"
                      disabled={sending}
                      onClick={() => send(() => server.bar(person.code, !person.barred).then(changed))}
                    >
                      {person.barred ? "Let back in" : "Send away"}
                      <span className="unseen"> {person.nickname}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
