/** One unit, large. */
import { useAnswer } from "../shared/asking.js";
import { Answered } from "../shared/parts.js";
import type { PageProps } from "./app.js";
import { server } from "./client.js";
import { silenceOf, unitName } from "./words.js";

export function UnitView({ run, query, layer, unit }: PageProps & { layer: number; unit: number }) {
  const key = JSON.stringify([run.id, layer, unit, query]);
  const answer = useAnswer(key, (signal) => server.unit(run.id, { layer, unit }, query, signal));
  return (
    <Answered answer={answer} what="Opening the unit">
      {(page) => (
        <>
          <p className="soft">{unitName(run, page)}</p>
          <h1>{page.text || silenceOf(page, run)}</h1>
        </>
      )}
    </Answered>
  );
}
