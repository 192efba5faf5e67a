/** All units of a run that the filters leave. */
import { useAnswer } from "../shared/asking.js";
import { counted } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { Link } from "../shared/router.js";
import type { PageProps } from "./app.js";
import { server } from "./client.js";
import { unitPlace } from "./places.js";
import { silenceOf, unitName } from "./words.js";

export function UnitsPage({ run, query }: PageProps) {
  const answer = useAnswer(JSON.stringify([run.id, query]), (signal) => server.units(run.id, query, signal));
  return (
    <Answered answer={answer} what="Opening the units">
      {({ total, units }) => (
        <>
          <h1>{counted(total, "unit")}</h1>
          <ul>
            {units.map((line) => (
              <li key={`${line.layer}:${line.unit}`}>
                <Link to={unitPlace(run.id, line, query)}>{line.text || silenceOf(line, run)}</Link>{" "}
                <span className="soft">{unitName(run, line)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Answered>
  );
}
