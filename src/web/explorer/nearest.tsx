/** Units like a unit: by what is said of them, and by the pictures they share. */
import { useAnswer } from "../shared/asking.js";
import { percent } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { Card } from "./card.js";
import { type Neighbour, type Run, server, type UnitRef } from "./client.js";
import { unitPlace, unitsText } from "./places.js";

export function Nearest({ run, unit }: { run: Run; unit: UnitRef }) {
  const key = `${run.id}/${unitsText([unit])}`;
  const answer = useAnswer(key, (signal) => server.neighbours(run.id, unit, signal));
  return (
    <Answered answer={answer} what="Looking for units like this one">
      {({ byDescription, byExemplars }) => (
        <>
          <Row title="Described alike" run={run} units={byDescription} />
          <Row title="Same exemplars" run={run} units={byExemplars} />
        </>
      )}
    </Answered>
  );
}

function Row({ title, run, units }: { title: string; run: Run; units: readonly Neighbour[] }) {
  if (units.length === 0) return null;
  return (
    <section className="nearest">
      <h2>{title}</h2>
      <ul className="row">
        {units.map((line, index) => (
          <li key={`${line.layer}:${line.unit}`} title={`likeness ${percent(line.likeness)}`}>
            <Card run={run} line={line} to={unitPlace(run.id, line)} words="" tabIndex={0} index={index} />
          </li>
        ))}
      </ul>
    </section>
  );
}
