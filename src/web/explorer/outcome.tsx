/** A picture, and what the network says of it with and without the units that are switched off. */
import { useEffect } from "react";
import { useAnswer } from "../shared/asking.js";
import { percent } from "../shared/numbers.js";
import { Failure, Loading } from "../shared/parts.js";
import { Bring } from "./bring.js";
import { type BroughtPicture, canRetry, useBrought } from "./brought.js";
import { type ClassShare, type Run, server } from "./client.js";
import { OwnPictures, useOwnPictures } from "./own-pictures.js";
import { unitsOf } from "./places.js";
import { ClassShares } from "./shares.js";

/** In an address: the picture that the visitor brought. */
const MINE = "mine";
/** Units may be added one after the other; the model runs when that rests. */
const REST_MS = 200;

interface OutcomeProps {
  readonly run: Run;
  readonly units: string;
  /** `mine`, a number of the run's, or nothing. */
  readonly picture: string;
  readonly choose: (picture: string) => void;
}

export function Outcome({ run, units, picture, choose }: OutcomeProps) {
  const brought = useBrought(run);
  const own = useOwnPictures(run, unitsOf(units));
  const first = brought.name !== undefined ? MINE : own.value?.[0]?.image;
  const chosen = picture === MINE ? MINE : /^\d{1,9}$/.test(picture) ? Number(picture) : first;
  const shown = chosen === MINE ? brought.probe?.picture : chosen;
  return (
    <div className="outcome">
      <section className="which">
        <h2>Picture</h2>
        <div className="shown">
          {shown !== undefined && <Whole run={run} picture={shown} />}
          {chosen === MINE && <Mine brought={brought} />}
          <Bring small={shown !== undefined} taken={() => choose(MINE)} />
        </div>
        <div className="others">
          {own.value && own.value.length > 0 && (
            <>
              <h3 className="soft">Or one of the run’s</h3>
              <OwnPictures
                run={run}
                pictures={own.value}
                chosen={typeof chosen === "number" ? chosen : -1}
                choose={({ image }) => choose(String(image))}
              />
            </>
          )}
          {brought.name !== undefined && chosen !== MINE && (
            <button type="button" onClick={() => choose(MINE)}>
              Take yours again
            </button>
          )}
        </div>
      </section>
      <section className="effect" aria-label="Class probabilities">
        <h2>What the network takes it for</h2>
        {units === "" ? (
          <p className="soft">As soon as a unit is switched off, its answers with and without are here.</p>
        ) : shown === undefined ? (
          <p className="soft">Choose a picture.</p>
        ) : (
          <Change run={run} units={units} picture={shown} brought={brought} />
        )}
      </section>
    </div>
  );
}

function Whole({ run, picture }: { run: Run; picture: string | number }) {
  const isMine = typeof picture === "string";
  const source = isMine ? server.pictures.brought(run, picture) : server.pictures.whole(run, picture);
  const alt = isMine ? "Your picture" : `Picture ${picture} of the run`;
  return <img className="picture" src={source} alt={alt} width={run.width} height={run.height} />;
}

/** The visitor's picture, where it is not to be seen. */
function Mine({ brought }: { brought: BroughtPicture }) {
  const { name, pending, failure, again } = brought;
  if (name === undefined) return <p className="soft">Your picture is not here any more. Give it again.</p>;
  if (pending) return <Loading what={`Showing “${name}” to the network`} />;
  if (!failure) return null;
  return <Failure failure={new Error(`“${name}”: ${failure.message}`)} {...(canRetry(failure) ? { again } : {})} />;
}

interface ChangeProps {
  readonly run: Run;
  readonly units: string;
  readonly picture: string | number;
  readonly brought: BroughtPicture;
}

function Change({ run, units, picture, brought }: ChangeProps) {
  const answer = useAnswer(
    JSON.stringify([run.id, picture, units]),
    (signal) => server.ablate(run.id, { units: unitsOf(units), picture }, signal),
    { delayMs: REST_MS },
  );
  const { value, failure, pending, again } = answer;
  const renewed = brought.renew;
  useEffect(() => {
    if (typeof picture === "string") renewed(failure);
  }, [failure, renewed, picture]);
  if (failure && !pending) return <Failure failure={failure} again={again} />;
  if (!value) return <Loading what="Running the model" />;
  const { classes } = value;
  return (
    <div className={pending ? "answer old" : "answer"} aria-busy={pending}>
      <p role="status">{summary(classes)}</p>
      <ClassShares classes={classes} caption="Probabilities with all units, and without those switched off" change />
    </div>
  );
}

/** What becomes of the answer, in a sentence. */
function summary(classes: readonly ClassShare[]): string {
  const most = (share: (one: ClassShare) => number) => classes.reduce((a, b) => (share(b) > share(a) ? b : a));
  const [was, is] = [most(({ before }) => before), most(({ after }) => after)];
  if (was.class !== is.class) {
    return `No longer “${was.name}” (${percent(was.before)}, now ${percent(was.after)}) but “${is.name}” (${percent(is.after)}).`;
  }
  return `Still “${was.name}”: ${percent(was.before)} with all units, ${percent(was.after)} without these.`;
}
