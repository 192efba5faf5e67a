/** What the network does without a unit: asked for when somebody wants to know, since the model has to run. */
import { useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { counted } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { type Run, server, type UnitRef } from "./client.js";
import { unitsText } from "./places.js";
import { ClassShares } from "./shares.js";
import { SwitchOffButton } from "./switch-off-button.js";

export function EffectOf({ run, unit }: { run: Run; unit: UnitRef }) {
  const [asks, setAsks] = useState(false);
  const key = `${run.id}/${unitsText([unit])}`;
  const answer = useAnswer(asks ? key : null, (signal) => server.effect(run.id, unit, signal));
  const refusal = run.cannot.ablate;
  return (
    <section className="effect">
      <h2>Without this unit</h2>
      {refusal ? (
        <p className="soft small">{refusal}</p>
      ) : asks ? (
        <Answered answer={answer} what="Running the model">
          {({ images, changed, classes }) => (
            <>
              <p>
                The answer to {changed === 0 ? "none" : changed} of its {counted(images, "exemplar")} changes.
              </p>
              <ClassShares classes={classes} caption="Mean probabilities over the unit’s exemplars that change most" />
            </>
          )}
        </Answered>
      ) : (
        <button type="button" onClick={() => setAsks(true)}>
          Switch it off on its exemplars
        </button>
      )}
      {!refusal && (
        <p className="small elsewhere">
          On any picture, with other units: <SwitchOffButton run={run} unit={unit} />
        </p>
      )}
    </section>
  );
}
